#pragma once
// The command line program. Results go to standard output or to files, progress and errors to standard error.

#include <string_view>

namespace dlac {

/// Runs the command that `argv` names; returns the exit code of the process: 0 done, 1 the simulation or its output
/// failed, 2 bad input or usage (one line on standard error), 130 and 143 ended by SIGINT and SIGTERM. `revision` is
/// that of the sources, for --version.
int dlac_main(int argc, char** argv, std::string_view revision);

}  // namespace dlac
