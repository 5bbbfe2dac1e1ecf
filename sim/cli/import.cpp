// `dlac import`: networks out of other tools' files.

#include <fmt/format.h>

#include <string>
#include <string_view>
#include <vector>

#include "sim/api/import.h"
#include "sim/cli/command_line.h"
#include "sim/cli/commands.h"
#include "sim/cli/interrupt_watch.h"
#include "sim/cli/output.h"
#include "sim/core/error.h"
#include "sim/core/stop.h"

namespace dlac {
namespace {

command_syntax import_syntax() {
  command_syntax syntax{
      .name = "dlac import",
      .arguments = {"scalesim|timeloop|npy", "FROM"},
      .description =
          "Makes a workload, DIR/NAME.json, of another tool's description of a network, and tells on standard error\n"
          "what that does not say. docs/import.md has every convention.\n"
          "scalesim: FROM is a topology of SCALE-Sim, a CSV table of convolutions or of matrix products.\n"
          "timeloop: FROM is a YAML file with a layer's shape, or a folder of them in the order of their names.\n"
          "npy: FROM is a folder of NumPy arrays as DNNsim has them, wgt-LAYER.npy and act-LAYER-BATCH.npy, with "
          "stride and\n"
          "padding in its model.csv or trace_params.csv; DIR/NAME.safetensors is written, too.",
      .examples =
          "  dlac import scalesim topologies/alexnet.csv --out imported\n"
          "  dlac import scalesim topologies/mobilenet.csv --padding same --out imported\n"
          "  dlac import timeloop layer_shapes/AlexNet --out imported\n"
          "  dlac import npy net_traces/alexnet --out imported\n"
          "  dlac run imported/alexnet.json\n"};
  syntax.add("out", text_value("DIR"), "the folder that is written to; needed");
  syntax.add("padding", text_value("NAME"),
             "same: of scalesim, add the zeros that keep ceil(size / stride) outputs a side");
  syntax.add("ternary", "weights are two-bit {-1, 0, 1}, not floats");
  return syntax;
}

/// In the order of import_format.
const std::vector<std::string_view> formats = {"scalesim", "timeloop", "npy"};

import_request request_of(const command_line& line) {
  import_request request{.format = static_cast<import_format>(choose("dlac import", line.argument(0), formats)),
                         .from = line.argument(1),
                         .folder = line.text("out").value_or("")};
  if (request.folder.empty()) {
    throw input_error("dlac import", "", "no folder to write to", "--out DIR");
  }
  if (const auto padding = line.text("padding")) {
    choose("--padding", *padding, {"same"});
    request.options.same_padding = true;
  }
  request.options.ternary = line.has("ternary");
  return request;
}

std::string result_text(const import_result& result) {
  std::string text = fmt::format("{}: {} layer{}, {} multiply-accumulates{}\n", result.net.name,
                                 result.net.layers.size(), result.net.layers.size() == 1 ? "" : "s", result.macs,
                                 result.net.batch == 1 ? "" : fmt::format(", batch {}", result.net.batch));
  for (const std::string& file : result.files) {
    text += "written  " + file + "\n";
  }
  return text;
}

}  // namespace

int import_command(const arguments& given) {
  const command_syntax syntax = import_syntax();
  // The format's own mistakes first: without one, a missing FROM is not what is wrong.
  if (!given.empty() && !given[0].starts_with("-")) {
    choose(syntax.name, given[0], formats);
  }
  const command_line line(syntax, given);
  if (line.wants_help()) {
    write_standard_output(help_text(syntax));
    return exit_done;
  }
  const import_request request = request_of(line);
  const interrupt_watch watch;
  import_result result;
  try {
    result = import_network(request);
  } catch (const interruption&) {
    write_message("interrupted: nothing was written");
    return interrupt_watch::exit_code();
  }
  for (const std::string& warning : result.warnings) {
    write_message("warning: " + warning);
  }
  write_text(result_text(result));
  return exit_done;
}

}  // namespace dlac
