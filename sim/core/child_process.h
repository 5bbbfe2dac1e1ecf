#pragma once
// Other programs, run to their end.

#include <string>
#include <vector>

namespace dlac {

struct finished_process {
  int exit_code = 0;  ///< 128 + the signal that ended it
  std::string out;
  std::string err;
};

/// Runs words[0], found on the PATH, with the other words as its arguments and no standard input, and waits for it.
/// Throws input_error if there is no such program, std::system_error if it cannot be started.
finished_process run_process(const std::vector<std::string>& words);

}  // namespace dlac
