#pragma once
// Independent tasks on a few threads, whose results are taken in order: what comes out does not depend on how many
// threads there are.

#include <condition_variable>
#include <cstddef>
#include <exception>
#include <functional>
#include <mutex>
#include <new>
#include <optional>
#include <stop_token>
#include <system_error>
#include <thread>
#include <utility>
#include <vector>

namespace dlac {

template <typename Result>
class ordered_tasks {
 public:
  /// task(thread, i) is called once for every i < count, in increasing order, on one of `threads` threads; with a
  /// single one, on the caller's, when its result is asked for. Where the system gives fewer threads, those do the
  /// work. Destruction skips what has not begun.
  using task_function = std::function<Result(unsigned thread, std::size_t i)>;

  ordered_tasks(std::size_t count, unsigned threads, task_function task) : task_(std::move(task)), outcomes_(count) {
    threads_.reserve(threads);
    try {
      for (unsigned thread = 0; threads > 1 && thread < threads; ++thread) {
        threads_.emplace_back([this, thread](const std::stop_token& stop) { work(stop, thread); });
      }
    } catch (const std::system_error&) {  // a limit on processes or on memory
    } catch (const std::bad_alloc&) {
    }
  }

  /// Waits for task i; throws what it threw. To be asked for once each.
  Result result(std::size_t i) {
    if (threads_.empty()) {
      return task_(0, i);
    }
    std::unique_lock lock(mutex_);
    finished_.wait(lock, [&] { return outcomes_[i].result || outcomes_[i].error; });
    if (outcomes_[i].error) {
      std::rethrow_exception(outcomes_[i].error);
    }
    return std::move(*std::exchange(outcomes_[i].result, std::nullopt));
  }

 private:
  struct outcome {
    std::optional<Result> result;
    std::exception_ptr error;
  };

  void work(const std::stop_token& stop, unsigned thread) {
    while (!stop.stop_requested()) {
      std::unique_lock lock(mutex_);
      const auto i = next_++;
      lock.unlock();
      if (i >= outcomes_.size()) {
        return;
      }
      outcome done;
      try {
        done.result = task_(thread, i);
      } catch (...) {
        done.error = std::current_exception();
      }
      lock.lock();
      outcomes_[i] = std::move(done);
      finished_.notify_all();
    }
  }

  task_function task_;
  std::mutex mutex_;
  std::condition_variable finished_;
  std::vector<outcome> outcomes_;
  std::size_t next_ = 0;
  std::vector<std::jthread> threads_;  ///< last: they end before what they use
};

}  // namespace dlac
