#include "sim/cli/main.h"
#include "sim/cli/source_revision.h"

#include <unistd.h>

#include <new>
#include <string_view>

namespace {

/// A library that runs out of memory while the program is loaded has nobody to catch what it throws.
void end_start() {
  constexpr std::string_view message =
      "dlac: error: too little memory to start, expected more than a limit leaves (ulimit -v)\n";
  // Where standard error cannot be written, the exit code is all that is left to say it.
  static_cast<void>(::write(STDERR_FILENO, message.data(), message.size()) == 0);
  ::_exit(2);
}

void begin_start() {
  std::set_new_handler(end_start);
}

/// Runs before the libraries are initialised.
[[gnu::section(".preinit_array"), gnu::used]] void (*const first)() = begin_start;

}  // namespace

int main(int argc, char** argv) {
  std::set_new_handler(nullptr);
  return dlac::dlac_main(argc, argv, dlac::source_revision);
}
