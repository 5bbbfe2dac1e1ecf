#include <fmt/format.h>

#include "sim/cli/command_line.h"
#include "sim/cli/commands.h"
#include "sim/cli/output.h"
#include "sim/core/text.h"
#include "sim/trace/safetensors.h"
#include "sim/trace/trace_summary.h"

namespace dlac {
namespace {

command_syntax trace_syntax() {
  return {.name = "dlac trace",
          .arguments = {"info|check", "FILE"},
          .description =
              "info: the tensors of a safetensors file, layer by layer: formats, shapes, densities.\n"
              "check: reads all of a file; every value finite, every ternary code legal, every tensor of a\n"
              "layer in a format and a shape that fit it.",
          .examples =
              "  dlac trace info traces/resnet34-inference.safetensors\n"
              "  dlac trace check mine.safetensors && dlac run mine.json\n"};
}

std::string check_text(const std::string& path) {
  const trace_check_result result = check_trace(path);
  return fmt::format("{}: sound: {} layers, {} tensors; {} numbers finite, {} ternary codes legal, {} mask bits\n",
                     one_line(path, 400), result.layers, result.tensors, result.float_values, result.ternary_codes,
                     result.mask_bits);
}

}  // namespace

int trace_command(const arguments& given) {
  const command_syntax syntax = trace_syntax();
  // The action's own mistakes first: without one, a missing FILE is not what is wrong.
  if (!given.empty() && !given[0].starts_with("-")) {
    choose(syntax.name, given[0], {"info", "check"});
  }
  const command_line line(syntax, given);
  if (line.wants_help()) {
    write_standard_output(help_text(syntax));
    return exit_done;
  }
  const bool is_check = choose(syntax.name, line.argument(0), {"info", "check"}) == 1;
  const std::string& path = line.argument(1);
  write_text(is_check ? check_text(path) : format_table(summarise_trace(safetensors_file(path)), output_width()));
  return exit_done;
}

}  // namespace dlac
