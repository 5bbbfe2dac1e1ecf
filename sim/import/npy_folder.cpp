#include "sim/import/npy_folder.h"

#include <fmt/format.h>

#include <algorithm>
#include <charconv>
#include <cmath>
#include <filesystem>
#include <map>
#include <memory>
#include <optional>
#include <set>
#include <string_view>
#include <system_error>
#include <utility>

#include "sim/core/error.h"
#include "sim/core/memory_pool.h"
#include "sim/core/text.h"
#include "sim/import/layer_parameters.h"
#include "sim/import/npy_file.h"
#include "sim/import/npy_layer.h"
#include "sim/import/source_files.h"
#include "sim/numbers/half.h"
#include "sim/trace/tensor_data.h"

namespace dlac {
namespace {

using shared_array = std::shared_ptr<const npy_file>;

/// The files of a layer.
struct layer_files {
  std::optional<std::string> weights;
  std::map<std::uint64_t, std::string> activations;  ///< by their batch
};

struct named_part {
  std::string layer;
  std::optional<std::uint64_t> batch;  ///< none: weights
};

/// What "wgt-conv1.npy" or "act-conv1-0.npy" holds; nothing of other names.
std::optional<named_part> part_of(std::string_view name) {
  name.remove_suffix(std::string_view(".npy").size());
  const bool is_weights = name.starts_with("wgt-");
  if (!is_weights && !name.starts_with("act-")) {
    return std::nullopt;
  }
  name.remove_prefix(4);
  if (is_weights) {
    return name.empty() ? std::nullopt : std::optional(named_part{std::string(name), std::nullopt});
  }
  const std::size_t dash = name.rfind('-');
  if (dash == std::string_view::npos || dash == 0) {
    return std::nullopt;
  }
  const std::string_view digits = name.substr(dash + 1);
  std::uint64_t batch = 0;
  const auto [end, error] = std::from_chars(digits.data(), digits.data() + digits.size(), batch);
  if (error != std::errc() || end != digits.data() + digits.size()) {
    return std::nullopt;
  }
  return named_part{std::string(name.substr(0, dash)), batch};
}

/// Values with bytes as the trace has them.
void write_values(safetensors_writer& writer, const std::vector<float>& values, std::string_view dtype) {
  if (dtype == "F32") {
    writer.write(std::as_bytes(std::span(values)));
  } else if (dtype == "F16") {
    std::vector<std::uint16_t> halves(values.size());
    std::transform(values.begin(), values.end(), halves.begin(), float_to_half);
    writer.write(std::as_bytes(std::span(halves)));
  } else {
    std::vector<std::int8_t> codes(values.size());
    std::transform(values.begin(), values.end(), codes.begin(), [](float v) { return static_cast<std::int8_t>(v); });
    writer.write(std::as_bytes(std::span(codes)));
  }
}

std::vector<float> values_of(const npy_file& array) {
  constexpr std::uint64_t bytes_an_element = 8;  // the value, and what is written of it
  require_memory(array.elements() * bytes_an_element);
  return array.values();
}

bool are_ternary(const std::vector<float>& values) {
  return std::all_of(values.begin(), values.end(), [](float v) { return v == 0 || v == 1 || v == -1; });
}

/// The sign of what is above 0.7 times the mean magnitude: ternary weight networks' rule.
std::vector<float> ternarised(std::vector<float> values) {
  double sum = 0;
  for (const float value : values) {
    sum += std::abs(static_cast<double>(value));
  }
  const double threshold = 0.7 * sum / static_cast<double>(values.size());
  for (float& value : values) {
    value = std::abs(static_cast<double>(value)) > threshold ? std::copysign(1.0F, value) : 0.0F;
  }
  return values;
}

class folder_reader {
 public:
  folder_reader(const std::string& folder, const import_options& options) : folder_(folder), options_(options) {
    if (options.same_padding) {
      throw input_error("--padding", "", "npy", "scalesim: arrays have their padding in model.csv");
    }
    std::error_code ignored;
    if (!std::filesystem::is_directory(folder, ignored)) {
      throw input_error(folder, "", "no folder", "a folder of wgt-LAYER.npy and act-LAYER-BATCH.npy");
    }
  }

  imported_trace read() {
    workload_file& file = result_.network.file;
    file.name = network_name(folder_);
    file.trace = file.name + ".safetensors";
    result_.network.source = fmt::format("folder of NumPy arrays, {}", file.name);
    list_files();
    const auto given = read_layer_parameters(folder_);
    for (const layer_parameters& layer : given ? given->layers : layers_by_name()) {
      add(layer, given ? given->path : folder_);
    }
    if (file.layers.empty() || file.layers.size() > most_imported_layers) {
      throw input_error(folder_, "", fmt::format("{} layers", file.layers.size()),
                        fmt::format("1 to {}: wgt-LAYER.npy and act-LAYER-BATCH.npy", most_imported_layers));
    }
    tell(given.has_value());
    return std::move(result_);
  }

 private:
  void list_files() {
    for (const std::string& path : files_of(folder_, {".npy"})) {
      const std::string name = std::filesystem::path(path).filename().string();
      const auto part = part_of(name);
      if (!part) {
        passed_over_.push_back(name);
      } else if (!part->batch) {
        files_[part->layer].weights = path;
        by_name_.push_back(part->layer);
      } else if (!files_[part->layer].activations.emplace(*part->batch, path).second) {
        throw input_error(path, "", fmt::format("batch {} of {} again", *part->batch, in_quotes(part->layer)),
                          "each once");
      }
    }
  }

  /// Those that have weights.
  [[nodiscard]] std::vector<layer_parameters> layers_by_name() const {
    std::vector<layer_parameters> layers;
    for (const std::string& name : by_name_) {
      layers.push_back({.name = name, .place = ""});
    }
    return layers;
  }

  void add(const layer_parameters& parameters, const std::string& told_by) {
    const auto found = files_.find(parameters.name);
    if (found == files_.end() || !found->second.weights || found->second.activations.empty()) {
      const bool has_weights = found != files_.end() && found->second.weights;
      throw input_error(told_by, parameters.place,
                        fmt::format("no {}{}", has_weights ? "act-" : "wgt-",
                                    one_line(parameters.name, 100) + (has_weights ? "-0.npy" : ".npy")),
                        "weights and activations of every layer");
    }
    used_.insert(parameters.name);
    const auto weights = std::make_shared<const npy_file>(*found->second.weights);
    std::vector<shared_array> batches;
    for (const auto& [batch, path] : found->second.activations) {
      batches.push_back(std::make_shared<const npy_file>(path));
    }
    const std::vector<std::uint64_t> maps = shape_of_all(batches);
    layer_entry entry = layer_of_shapes({weights->shape(), maps, weights->path()}, parameters);
    check_told(entry, parameters, told_by);
    take_batch(maps[0], batches.front()->path());
    check_layer(entry, result_.network.file.batch, weights->path(), "");
    add_weights(entry, weights);
    add_activations(entry, batches);
    result_.network.file.layers.push_back(std::move(entry));
  }

  /// Of the batches one after the other.
  static std::vector<std::uint64_t> shape_of_all(const std::vector<shared_array>& batches) {
    std::vector<std::uint64_t> all = batches.front()->shape();
    if (all.empty()) {
      throw input_error(batches.front()->path(), "", "a single number", "[images, channels, height, width]");
    }
    for (std::size_t i = 1; i < batches.size(); ++i) {
      const std::vector<std::uint64_t>& shape = batches[i]->shape();
      if (shape.size() != all.size() || !std::equal(shape.begin() + 1, shape.end(), all.begin() + 1)) {
        throw input_error(batches[i]->path(), "", shape_text(shape),
                          fmt::format("images as those of the first batch, {}", shape_text(batches.front()->shape())));
      }
      all[0] += shape[0];
    }
    return all;
  }

  void check_told(const layer& l, const layer_parameters& told, const std::string& file) const {
    const auto expect = [&](const std::optional<std::uint32_t>& given, std::uint32_t found, std::string_view what) {
      if (given && *given != found) {
        throw input_error(file, told.place, fmt::format("{} {}", *given, what),
                          fmt::format("{}, as wgt-{}.npy has", found, one_line(told.name, 100)));
      }
    };
    expect(told.filters, l.out_channels, "filters");
    if (l.type != layer_type::linear) {
      expect(told.kernel_height, l.kernel.h, "rows of a filter");
      expect(told.kernel_width, l.kernel.w, "columns of a filter");
    }
  }

  /// A workload has one batch.
  void take_batch(std::uint64_t images, const std::string& file) {
    std::uint32_t& batch = result_.network.file.batch;
    if (images > largest_size || (!result_.network.file.layers.empty() && images != batch)) {
      throw input_error(file, "", fmt::format("{} images", images),
                        fmt::format("{}, as the layers before have", batch));
    }
    batch = static_cast<std::uint32_t>(images);
  }

  void add_weights(layer_entry& entry, const shared_array& array) {
    const bool is_ternary = are_ternary(values_of(*array));
    entry.weights = is_ternary || options_.ternary ? weight_format::ternary : weight_format::full;
    const std::string dtype = entry.weights == weight_format::ternary ? "I8" : dtype_of({array});
    const bool is_made_ternary = options_.ternary && !is_ternary;
    has_ternarised_ = has_ternarised_ || is_made_ternary;
    std::vector<std::uint64_t> shape = array->shape();
    if (entry.type == layer_type::linear) {
      shape.resize(2);
    }
    add_tensor(entry.name + ".weights", dtype, shape, [=](safetensors_writer& writer) {
      std::vector<float> values = values_of(*array);
      write_values(writer, is_made_ternary ? ternarised(std::move(values)) : values, dtype);
    });
  }

  void add_activations(const layer_entry& entry, const std::vector<shared_array>& batches) {
    const std::string dtype = dtype_of(batches);
    std::vector<std::uint64_t> shape = shape_of_all(batches);
    if (entry.type == layer_type::linear) {
      shape = entry.input_size.w == 1 ? std::vector<std::uint64_t>{shape[0], entry.in_channels}
                                      : std::vector<std::uint64_t>{shape[0], entry.input_size.w, entry.in_channels};
    }
    add_tensor(entry.name + ".activations", dtype, shape, [=](safetensors_writer& writer) {
      std::vector<float> all;
      for (const shared_array& batch : batches) {
        const std::vector<float> values = values_of(*batch);
        all.insert(all.end(), values.begin(), values.end());
      }
      write_values(writer, all, dtype);
    });
  }

  /// Halves stay halves.
  static std::string dtype_of(const std::vector<shared_array>& arrays) {
    const bool are_halves = std::all_of(arrays.begin(), arrays.end(), [](const shared_array& array) {
      return array->dtype().kind == 'f' && array->dtype().bytes == 2;
    });
    return are_halves ? "F16" : "F32";
  }

  void add_tensor(const std::string& name, const std::string& dtype, const std::vector<std::uint64_t>& shape,
                  std::function<void(safetensors_writer&)> write) {
    std::uint64_t bytes = dtype == "F32" ? 4 : dtype == "F16" ? 2 : 1;
    for (const std::uint64_t extent : shape) {
      bytes *= extent;
    }
    result_.tensors.push_back({{name, dtype, shape, bytes}, std::move(write)});
  }

  void tell(bool has_parameters) {
    std::vector<std::string>& warnings = result_.network.warnings;
    if (!has_parameters) {
      warnings.emplace_back(
          "Arrays say nothing of stride and padding: 1 and 0 were taken (a model.csv beside them, with layer, conv or "
          "fc, "
          "stride, padding in each row, would tell)");
    }
    std::vector<std::string> left_out;
    for (const auto& [name, files] : files_) {
      if (!used_.contains(name)) {
        left_out.push_back(name);
      }
    }
    if (!left_out.empty()) {
      warnings.push_back("Layers that were left out, for want of a row or of weights: " + some_of(left_out));
    }
    if (!passed_over_.empty()) {
      warnings.push_back("Arrays that were passed over, neither wgt-LAYER.npy nor act-LAYER-BATCH.npy: " +
                         some_of(passed_over_));
    }
    if (has_ternarised_) {
      warnings.emplace_back(
          "Weights above 0.7 times the mean magnitude of their layer became -1 and 1, the others 0; their scale is "
          "lost");
    }
  }

  std::string folder_;
  import_options options_;
  std::map<std::string, layer_files> files_;
  std::vector<std::string> by_name_;  ///< layers with weights
  std::set<std::string> used_;
  std::vector<std::string> passed_over_;
  bool has_ternarised_ = false;
  imported_trace result_;
};

}  // namespace

imported_trace read_npy_folder(const std::string& folder, const import_options& options) {
  return folder_reader(folder, options).read();
}

}  // namespace dlac
