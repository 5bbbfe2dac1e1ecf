#include "sim/cli/main.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <csignal>
#include <exception>
#include <new>
#include <string>
#include <string_view>
#include <system_error>
#include <vector>

#include "sim/cli/commands.h"
#include "sim/cli/output.h"
#include "sim/core/error.h"
#include "sim/core/memory_pool.h"
#include "sim/core/text.h"
#include "sim/core/version.h"

namespace dlac {
namespace {

struct command {
  std::string_view name;
  std::string_view summary;
  int (*run)(const arguments& given);
};

constexpr std::array commands = {
    command{"run", "simulate a network, print its report", run_command},
    command{"sweep", "simulate a network on many machines; show and gather what came out", sweep_command},
    command{"evaluate", "what number formats cost: how often a network is right in each", evaluate_command},
    command{"import", "a workload out of another tool's description of a network", import_command},
    command{"ops", "how many operations a network takes, and how large its model is", ops_command},
    command{"area", "area of an accelerator, part by part, and its peak figures", area_command},
    command{"validate", "published figures beside simulated ones, with the deviation", validate_command},
    command{"trace", "what a trace of tensors holds, and whether it is sound", trace_command},
    command{"numbers", "what a number format makes of tensors, and which values it has", numbers_command},
    command{"diff", "two reports side by side, layer by layer", diff_command},
    command{"explain", "what a number of a report means: definition, formula, unit, rule", explain_command},
    command{"schema", "the JSON Schema of a file: config, workload, sweep, report or technology table", schema_command},
};

std::string help() {
  std::string text =
      "Usage: dlac COMMAND [ARGUMENTS]\n\n"
      "Simulates DLAC, an accelerator for sparse, ternary-weight neural networks, cycle by cycle.\n\nCommands:\n";
  for (const command& c : commands) {
    text += fmt::format("  {:<10}{}\n", c.name, c.summary);
  }
  return text +
         "\nOptions:\n"
         "  -h, --help     show this help; dlac COMMAND --help tells more\n"
         "      --version  show the version\n\n"
         "Examples:\n"
         "  dlac run resnet34\n"
         "  dlac run resnet34 --engine fast --set grid.rows=4 --format json\n"
         "  dlac sweep pe-count --out pe-count\n"
         "  dlac evaluate mine.json --data /usr/share/datasets/fashion-mnist --numbers int8-absmax\n"
         "  dlac import scalesim alexnet.csv --out imported\n"
         "  dlac ops resnet20\n"
         "  dlac area --config dlac-fp32-training\n"
         "  dlac validate --out results\n"
         "  dlac trace info mine.safetensors\n"
         "  dlac diff before.json after.json\n"
         "  dlac explain share_of_peak\n"
         "  dlac schema workload\n\n"
         "Where a JSON file is asked for, - is the standard input.\n\n"
         "Exit codes: 0 done; 1 the simulation found an error of its own, dlac diff a difference, or standard output\n"
         "took no results; 2 bad input or usage, or a file that cannot be written; 130 after Ctrl-C, 143 after "
         "SIGTERM.\n";
}

int run_named_command(const std::string& name, const arguments& given) {
  std::vector<std::string_view> names;
  for (const command& c : commands) {
    if (c.name == name) {
      return c.run(given);
    }
    names.push_back(c.name);
  }
  throw input_error("dlac", "",
                    (name.starts_with("-") ? "an unknown option " : "an unknown command ") + in_quotes(name),
                    quoted_list(names) + did_you_mean(name, names));
}

/// "dlac 0.2.0 (3f2a9c0d1b7e)"
std::string version_text(std::string_view revision) {
  return revision.empty() ? fmt::format("dlac {}\n", version) : fmt::format("dlac {} ({})\n", version, revision);
}

int dispatch(const arguments& given, std::string_view revision) {
  if (given.empty()) {
    throw input_error("dlac", "", "no command", "one (see dlac --help)");
  }
  if (given[0] == "--help" || given[0] == "-h") {
    write_standard_output(help());
    return exit_done;
  }
  if (given[0] == "--version") {
    write_standard_output(version_text(revision));
    return exit_done;
  }
  return run_named_command(given[0], {given.begin() + 1, given.end()});
}

int fail(const char* message, int exit_code) {
  // Where standard error cannot be written, the exit code is all that is left to say it.
  write_message(fmt::format("error: {}", message));
  return exit_code;
}

}  // namespace

int dlac_main(int argc, char** argv, std::string_view revision) {
  // A reader that goes away shall be an error message of ours, not the end of the process.
  static_cast<void>(std::signal(SIGPIPE, SIG_IGN));
  // Nor shall a limit on the size of files: writing beyond it fails like a full disk.
  static_cast<void>(std::signal(SIGXFSZ, SIG_IGN));
  try {
    return dispatch(arguments(argv + std::min(argc, 1), argv + argc), revision);
  } catch (const input_error& error) {
    return fail(error.what(), exit_bad_input);
  } catch (const memory_shortage& shortage) {
    return fail(shortage.what(), exit_bad_input);
  } catch (const std::bad_alloc&) {
    return fail(out_of_memory_text().c_str(), exit_bad_input);
  } catch (const std::system_error& error) {
    const bool is_shortage =
        error.code() == std::errc::resource_unavailable_try_again || error.code() == std::errc::not_enough_memory;
    return is_shortage
               ? fail("found too few threads or too little memory, expected larger limits (ulimit -u, ulimit -v)",
                      exit_bad_input)
               : fail(error.what(), exit_failed);
  } catch (const std::exception& error) {  // a simulation_error may have many lines: the state of the grid
    return fail(error.what(), exit_failed);
  }
}

}  // namespace dlac
