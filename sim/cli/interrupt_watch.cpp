#include "sim/cli/interrupt_watch.h"

#include "sim/core/stop.h"

namespace dlac {
namespace {

void set_action(int signal, void (*handler)(int), struct sigaction* previous) {
  struct sigaction action {};
  action.sa_handler = handler;
  action.sa_flags = SA_RESTART;
  static_cast<void>(::sigaction(signal, &action, previous));
}

void note_signal(int signal) {
  request_stop(signal);
  for (const int next : {SIGINT, SIGTERM}) {
    set_action(next, SIG_DFL, nullptr);
  }
}

}  // namespace

interrupt_watch::interrupt_watch() {
  request_stop(0);
  set_action(SIGINT, note_signal, &previous_interrupt_);
  set_action(SIGTERM, note_signal, &previous_termination_);
}

interrupt_watch::~interrupt_watch() {
  static_cast<void>(::sigaction(SIGINT, &previous_interrupt_, nullptr));
  static_cast<void>(::sigaction(SIGTERM, &previous_termination_, nullptr));
}

bool interrupt_watch::is_interrupted() {
  return stop_signal() != 0;
}

int interrupt_watch::exit_code() {
  constexpr int first_signal_code = 128;
  return first_signal_code + stop_signal();
}

}  // namespace dlac
