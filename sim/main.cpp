// The program: all that happens before and after the command line is read.

#include "sim/cli/main.h"
#include "sim/cli/source_revision.h"

#include <cxxabi.h>
#include <unistd.h>

#include <exception>
#include <new>
#include <string_view>
#include <typeinfo>

namespace {

std::terminate_handler default_handler = nullptr;

/// Where memory runs out while the program is loaded, or while what failed is cleaned up, nobody can catch it.
void end_without_memory() {
  const std::type_info* const thrown = abi::__cxa_current_exception_type();
  if (thrown == nullptr || *thrown != typeid(std::bad_alloc)) {
    default_handler();
  }
  constexpr std::string_view message =
      "dlac: error: out of memory, expected more than a limit leaves the program (ulimit -v)\n";
  // Where standard error cannot be written, the exit code is all that is left to say it.
  static_cast<void>(::write(STDERR_FILENO, message.data(), message.size()) == 0);
  ::_exit(2);
}

void begin_start() {
  default_handler = std::set_terminate(end_without_memory);
}

/// Runs before the libraries are initialised.
[[gnu::section(".preinit_array"), gnu::used]] void (*const first)() = begin_start;

}  // namespace

int main(int argc, char** argv) {
  return dlac::dlac_main(argc, argv, dlac::source_revision);
}
