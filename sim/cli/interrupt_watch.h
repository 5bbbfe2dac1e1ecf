#pragma once
// Ctrl-C (SIGINT) and SIGTERM: the first asks the simulation to stop (sim/core/stop.h), the second ends the process.

#include <csignal>

namespace dlac {

/// While it lives, the first of the two signals only raises the request to stop; whichever comes second ends the
/// process as if nobody watched.
class interrupt_watch {
 public:
  interrupt_watch();
  ~interrupt_watch();
  interrupt_watch(const interrupt_watch&) = delete;
  interrupt_watch& operator=(const interrupt_watch&) = delete;

  [[nodiscard]] static bool is_interrupted();
  /// What shells report for a process that the signal ended: 130 after SIGINT, 143 after SIGTERM.
  [[nodiscard]] static int exit_code();

 private:
  struct sigaction previous_interrupt_ {};
  struct sigaction previous_termination_ {};
};

}  // namespace dlac
