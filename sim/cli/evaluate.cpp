// `dlac evaluate`: what number formats cost on labelled images.

#include <fmt/format.h>

#include <filesystem>
#include <nlohmann/json.hpp>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "sim/api/evaluate.h"
#include "sim/cli/command_line.h"
#include "sim/cli/commands.h"
#include "sim/cli/interrupt_watch.h"
#include "sim/cli/output.h"
#include "sim/cli/output_format.h"
#include "sim/cli/progress_line.h"
#include "sim/core/error.h"
#include "sim/core/file_io.h"
#include "sim/core/stop.h"
#include "sim/core/text.h"
#include "sim/evaluation/evaluation_report.h"

namespace dlac {
namespace {

command_syntax evaluate_syntax() {
  command_syntax syntax{
      .name = "dlac evaluate",
      .arguments = {"WORKLOAD"},
      .description =
          "Runs a whole network, each layer on the output of the one before, over labelled images in several sets of\n"
          "number formats, and prints for each how often it is right (top-1, top-5), how often it agrees with fp32, "
          "the\n"
          "model's size, zeros, and the cycles, energy and off-chip bytes of an image on the machine. fp32 comes "
          "first.\n"
          "DATA is a folder of IDX files (Debian's dataset-fashion-mnist: /usr/share/datasets/fashion-mnist), of\n"
          "CIFAR-10's binary files, or of a folder of PNG or JPEG pictures for each class; or a safetensors file with\n"
          "images [n, channels, height, width] and labels [n]. Bytes become byte / 255.",
      .examples =
          "  dlac evaluate mine.json --data /usr/share/datasets/fashion-mnist --numbers fp16 --numbers int8-absmax\n"
          "  dlac evaluate mine.json --data cifar-10-batches-bin --images 1000 --calibrate 100 --numbers fp8-e4m3\n"
          "  dlac evaluate mine.json --data set.safetensors --search --margin 0.01 --out search\n"};
  syntax.add("data", text_value("DATA"), "images with labels; needed");
  syntax.add("images", text_value("N"), "test with the first N (default: all)");
  syntax.add("numbers", texts_value("NAME|FILE"),
             "number formats (docs/numbers.md); repeatable (default: the config's own)");
  syntax.add("config", text_value("NAME|FILE"), "accelerator config (default: dlac-fp16-inference)");
  syntax.add("set", texts_value("KEY=VALUE"), "change a config key; repeatable");
  syntax.add("trace", text_value("FILE"), "parameters, in place of the trace that the workload names");
  syntax.add("calibrate", text_value("N"),
             "take ranges of tensors from N images that are not tested, in place of each tensor's own");
  syntax.add("search", "find the fewest bits of dynamic fixed point for activations and for weights");
  syntax.add("margin", text_value("X"), "of --search: top-1 may be so much below fp32's (default: 0.01)");
  syntax.add("simulate", text_value("N"), "images for cycles and energy: the mean of the first N (default: 1)");
  syntax.add("engine", text_value("NAME"),
             "that simulates them: fast (default); systemc: the clocked PEs compute their values, too");
  syntax.add("jobs", text_value("N"), "images at a time (default: 0, as many as there are cores)");
  syntax.add("out", text_value("DIR"), "write evaluation.json, .csv and .svg there, and ranges.json of --calibrate");
  add_format(syntax);
  return syntax;
}

std::optional<std::size_t> count_of(const command_line& line, const std::string& option) {
  const auto text = line.text(option);
  if (!text) {
    return std::nullopt;
  }
  const auto count = count_in("--" + option, *text, "a number from 1 on");
  if (count == 0) {
    throw input_error("--" + option, "", "\"0\"", "a number from 1 on");
  }
  return count;
}

double margin_of(const command_line& line) {
  const std::string text = line.text("margin").value_or("0.01");
  std::size_t used = 0;
  double margin = -1;
  try {
    margin = std::stod(text, &used);
  } catch (const std::exception&) {  // said below
  }
  if (used != text.size() || !(margin >= 0 && margin <= 1)) {
    throw input_error("--margin", "", in_quotes(text), "a number from 0 to 1");
  }
  return margin;
}

evaluation_options options_of(const command_line& line) {
  evaluation_options options{.config = line.text("config").value_or(std::string(default_config_name)),
                             .settings = line.texts("set"),
                             .numbers = line.texts("numbers"),
                             .trace = line.text("trace"),
                             .images = count_of(line, "images"),
                             .calibration = count_of(line, "calibrate").value_or(0),
                             .simulated = count_of(line, "simulate").value_or(1),
                             .threads = job_count(line, "0")};
  if (line.has("search")) {
    options.search_margin = margin_of(line);
  } else if (line.has("margin")) {
    throw input_error("--margin", "", "no search", "--search beside it");
  }
  if (choose("--engine", line.text("engine").value_or("fast"), {"fast", "systemc"}) == 1) {
    options.engine = by_systemc_engine{.values = true};
  }
  return options;
}

int run(const command_line& line, const std::string& command) {
  const auto data = line.text("data");
  if (!data) {
    throw input_error("dlac evaluate", "", "no images", "--data DATA");
  }
  const output_format format = chosen_format(line);
  evaluation_options options = options_of(line);
  progress_line shown;
  options.progress = [&](std::size_t done, std::size_t of, const std::string& what) { shown.show(done, of, what); };
  new_folders made;
  const auto out = line.text("out");
  const auto in_folder = [&](const char* name) { return (std::filesystem::path(*out) / name).string(); };
  if (out) {
    prepare_folder(*out, made);
    for (const char* const name : {"evaluation.json", "evaluation.csv", "evaluation.svg", "ranges.json"}) {
      check_file_to_write(in_folder(name));
    }
  }
  const interrupt_watch watch;
  evaluation found;
  try {
    found = evaluate(line.argument(0), *data, options);
  } catch (const interruption&) {
    shown.erase();
    write_message("interrupted: nothing was written");
    return interrupt_watch::exit_code();
  }
  shown.erase();
  if (out) {
    atomic_files files;
    files.add(in_folder("evaluation.json"), json_text(evaluation_json(found, command)));
    files.add(in_folder("evaluation.csv"), evaluation_csv(found));
    files.add(in_folder("evaluation.svg"), evaluation_svg(found));
    if (found.ranges) {
      files.add(in_folder("ranges.json"), json_text(ranges_json(*found.ranges)));
    }
    files.commit();
  }
  write_formatted(out ? output_format::table : format,
                  {.table = [&](const text_width& width) { return evaluation_table(found, width); },
                   .json = [&] { return evaluation_json(found, command); },
                   .csv = [&] { return evaluation_csv(found); }});
  return exit_done;
}

}  // namespace

int evaluate_command(const arguments& given) {
  const command_syntax syntax = evaluate_syntax();
  const command_line line(syntax, given);
  if (line.wants_help()) {
    write_standard_output(help_text(syntax));
    return exit_done;
  }
  return run(line, command_text("dlac evaluate", given));
}

}  // namespace dlac
