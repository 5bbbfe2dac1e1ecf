#pragma once
// The request to stop, as Ctrl-C makes it: raised once, by a signal handler, and looked at by whatever takes longer
// than a moment (a tile, a plan, a plane of noise), so that it is heeded within a second wherever a run is.

#include <atomic>

namespace dlac {

/// Ends what was asked to stop. No std::exception: nothing has failed.
struct interruption {};

namespace detail {
inline std::atomic<int> stopping_signal = 0;
static_assert(std::atomic<int>::is_always_lock_free, "a signal handler must not wait for a lock");
}  // namespace detail

/// `signal` is what asks; 0 takes the request back. A signal handler may call it.
inline void request_stop(int signal) noexcept {
  detail::stopping_signal.store(signal, std::memory_order_relaxed);
}

/// The signal that asked to stop, or 0.
[[nodiscard]] inline int stop_signal() noexcept {
  return detail::stopping_signal.load(std::memory_order_relaxed);
}

/// Throws interruption once a stop is asked for. Costs a load.
inline void heed_stop() {
  if (stop_signal() != 0) [[unlikely]] {
    throw interruption();
  }
}

}  // namespace dlac
