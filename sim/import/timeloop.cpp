#include "sim/import/timeloop.h"

#include <fmt/format.h>

#include <algorithm>
#include <filesystem>
#include <set>
#include <utility>

#include "sim/core/error.h"
#include "sim/core/text.h"
#include "sim/import/source_files.h"
#include "sim/import/timeloop_problem.h"

namespace dlac {
namespace {

class shapes_reader {
 public:
  shapes_reader(const std::string& path, const import_options& options) : path_(path), options_(options) {
    if (options.same_padding) {
      throw input_error("--padding", "", "timeloop", "scalesim: Timeloop's bounds are those of the outputs");
    }
  }

  imported_network read() {
    std::error_code ignored;
    const bool is_folder = std::filesystem::is_directory(path_, ignored);
    const std::vector<std::string> files = is_folder ? files_of(path_, {".yaml", ".yml"}) : std::vector{path_};
    if (files.empty() || files.size() > most_imported_layers) {
      throw input_error(path_, "", fmt::format("{} YAML files", files.size()),
                        fmt::format("1 to {}, a layer each", most_imported_layers));
    }
    result_.file.name = network_name(path_);
    result_.source = fmt::format("layer shape{} of Timeloop, {}", is_folder ? "s" : "",
                                 std::filesystem::path(path_).lexically_normal().filename().string());
    for (const std::string& file : files) {
      add(file);
    }
    tell();
    return std::move(result_);
  }

 private:
  void add(const std::string& file) {
    const timeloop_problem problem = read_timeloop_problem(read_yaml(file));
    layer_entry entry;
    entry.name = names_.unique(network_name(file));
    entry.weights = options_.ternary ? weight_format::ternary : weight_format::full;
    if (problem.kind == problem_kind::product) {
      entry.type = layer_type::linear;
      entry.input_size = {1, problem.number("M")};
      entry.in_channels = problem.number("K");
      entry.out_channels = problem.number("N");
    } else {
      add_window(entry, problem, file);
      has_windows_ = true;
    }
    take_batch(problem.kind == problem_kind::product ? 1 : problem.number("N"), file);
    add_operands(entry, problem);
    check_layer(entry, result_.file.batch, file, "problem");
    result_.file.layers.push_back(std::move(entry));
    passed_over_.insert(problem.passed_over.begin(), problem.passed_over.end());
    distributions_.insert(problem.distributions.begin(), problem.distributions.end());
  }

  static void add_window(layer_entry& entry, const timeloop_problem& problem, const std::string& file) {
    const auto side = [&](const char* outputs, const char* filter, const char* stride, const char* dilation) {
      const std::uint64_t length = (problem.number(outputs) - std::uint64_t{1}) * problem.number(stride) +
                                   (problem.number(filter) - std::uint64_t{1}) * problem.number(dilation) + 1;
      if (length > largest_size) {
        throw input_error(file, "problem", fmt::format("a feature map of {} pixels a side", length),
                          fmt::format("at most {}", largest_size));
      }
      return static_cast<std::uint32_t>(length);
    };
    const auto channels = [&](std::uint64_t count) {
      if (count > largest_size) {
        throw input_error(file, "problem", fmt::format("{} channels in all groups", count),
                          fmt::format("at most {}", largest_size));
      }
      return static_cast<std::uint32_t>(count);
    };
    entry.type = layer_type::conv2d;
    entry.kernel = {problem.number("S"), problem.number("R")};
    entry.stride = {problem.number("hstride"), problem.number("wstride")};
    entry.dilation = {problem.number("hdilation"), problem.number("wdilation")};
    entry.input_size = {side("Q", "S", "hstride", "hdilation"), side("P", "R", "wstride", "wdilation")};
    const bool is_depthwise = problem.kind == problem_kind::depthwise;
    const std::uint64_t groups = std::uint64_t{problem.number("G")} * (is_depthwise ? problem.number("C") : 1);
    entry.groups = channels(groups);
    entry.in_channels = channels(groups * (is_depthwise ? 1 : problem.number("C")));
    entry.out_channels = channels(groups * std::max(problem.number("K"), problem.number("M")));
  }

  /// A workload has one batch.
  void take_batch(std::uint32_t images, const std::string& file) {
    if (result_.file.layers.empty()) {
      result_.file.batch = images;
    } else if (result_.file.batch != images) {
      throw input_error(file, "problem", fmt::format("{} images", images),
                        fmt::format("{}, as in the files before", result_.file.batch));
    }
  }

  static void add_operands(layer_entry& entry, const timeloop_problem& problem) {
    if (!problem.input_density && !problem.weight_density) {
      return;
    }
    entry.given_operands.emplace();
    if (problem.input_density) {
      entry.given_operands->activations = source_of_density(*problem.input_density);
    }
    if (problem.weight_density) {
      entry.given_operands->weights = source_of_density(*problem.weight_density);
    }
  }

  void tell() {
    if (has_windows_) {
      result_.warnings.emplace_back(
          "Shapes of Timeloop have no padding: feature maps are as large as the outputs need, with what was padding");
    }
    if (!passed_over_.empty()) {
      result_.warnings.push_back("Keys that Timeloop does not read were passed over: " +
                                 some_of({passed_over_.begin(), passed_over_.end()}));
    }
    if (!distributions_.empty()) {
      result_.warnings.push_back("Zeros are drawn independently, not as these distributions say: " +
                                 some_of({distributions_.begin(), distributions_.end()}));
    }
    if (!names_.repeated().empty()) {
      result_.warnings.push_back("Names that stand there again got a number behind them: " +
                                 some_of(names_.repeated()));
    }
  }

  std::string path_;
  import_options options_;
  imported_network result_;
  layer_names names_;
  bool has_windows_ = false;
  std::set<std::string> passed_over_;
  std::set<std::string> distributions_;
};

}  // namespace

imported_network read_timeloop_shapes(const std::string& path, const import_options& options) {
  return shapes_reader(path, options).read();
}

}  // namespace dlac
