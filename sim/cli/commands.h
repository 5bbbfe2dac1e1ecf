#pragma once
// The commands of the program, one file each. A command takes the arguments after its name and returns the exit code;
// it throws for what went wrong (sim/core/error.h). After Ctrl-C or SIGTERM the exit code is interrupt_watch's.

#include <string>
#include <vector>

namespace dlac {

inline constexpr int exit_done = 0;
inline constexpr int exit_failed = 1;
inline constexpr int exit_bad_input = 2;

using arguments = std::vector<std::string>;

int run_command(const arguments& given);
int sweep_command(const arguments& given);
int evaluate_command(const arguments& given);
int import_command(const arguments& given);
int ops_command(const arguments& given);
int area_command(const arguments& given);
int validate_command(const arguments& given);
int trace_command(const arguments& given);
int numbers_command(const arguments& given);
int diff_command(const arguments& given);
int explain_command(const arguments& given);
int schema_command(const arguments& given);

}  // namespace dlac
