#include "sim/import/npy_layer.h"

#include <fmt/format.h>

#include <algorithm>
#include <numeric>

#include "sim/core/error.h"
#include "sim/import/imported_network.h"
#include "sim/trace/tensor_data.h"

namespace dlac {
namespace {

using extents = std::vector<std::uint64_t>;

/// Of an image.
std::uint64_t features_of(const extents& activations) {
  return std::accumulate(activations.begin() + 1, activations.end(), std::uint64_t{1}, std::multiplies<>());
}

class shape_reader {
 public:
  shape_reader(const array_shapes& shapes, const layer_parameters& parameters)
      : weights_(shapes.weights), maps_(shapes.activations), file_(shapes.file), parameters_(parameters) {}

  layer_entry read() {
    for (const extents* const all : {&weights_, &maps_}) {
      if (std::any_of(all->begin(), all->end(), [](std::uint64_t extent) { return extent > largest_size; })) {
        fail();
      }
    }
    if (maps_.size() < 2 || weights_.size() < 2) {
      fail();
    }
    if (is_product()) {
      add_product();
    } else if (weights_.size() == maps_.size() && (weights_.size() == 3 || weights_.size() == 4)) {
      add_window();
    } else {
      fail();
    }
    entry_.name = parameters_.name;
    entry_.out_channels = size(weights_[0]);
    return entry_;
  }

 private:
  [[noreturn]] void fail() const {
    throw input_error(
        file_, "", fmt::format("weights {} for activations {}", shape_text(weights_), shape_text(maps_)),
        "[filters, channels / groups, height, width] for [images, channels, height, width], or [filters, features]");
  }
  static std::uint32_t size(std::uint64_t extent) { return static_cast<std::uint32_t>(extent); }

  /// Whether every filter has a weight for each feature of a token or an image.
  [[nodiscard]] bool is_product() const {
    const bool is_flat = std::all_of(weights_.begin() + 2, weights_.end(), [](std::uint64_t e) { return e == 1; });
    if (!is_flat) {
      return false;
    }
    if (weights_.size() == 2 || maps_.size() == 2) {
      return true;
    }
    return maps_.size() == 4 && weights_[1] != maps_[1] && weights_[1] == features_of(maps_);
  }

  void add_product() {
    entry_.type = layer_type::linear;
    entry_.in_channels = size(weights_[1]);
    entry_.input_size = {1, 1};
    if (maps_.size() == 3 && maps_[2] == weights_[1]) {
      entry_.input_size.w = size(maps_[1]);
    } else if (features_of(maps_) != weights_[1]) {
      fail();
    }
    if (parameters_.padding != 0) {
      throw input_error(file_, "", fmt::format("a padding of {} for a linear layer", parameters_.padding), "0");
    }
  }

  void add_window() {
    const bool is_line = weights_.size() == 3;
    const std::uint64_t groups = weights_[1] != 0 ? maps_[1] / weights_[1] : 0;
    if (groups == 0 || groups * weights_[1] != maps_[1] || weights_[0] % groups != 0 ||
        std::max(weights_[2], weights_.back()) > largest_window) {
      fail();
    }
    const std::uint32_t stride = parameters_.stride;
    const std::uint32_t padding = parameters_.padding;
    entry_.type = is_line ? layer_type::conv1d : layer_type::conv2d;
    entry_.in_channels = size(maps_[1]);
    entry_.groups = size(groups);
    entry_.input_size = {is_line ? 1 : size(maps_[2]), size(maps_.back())};
    entry_.kernel = {is_line ? 1 : size(weights_[2]), size(weights_.back())};
    entry_.stride = {is_line ? 1 : stride, stride};
    entry_.padding = {is_line ? 0 : padding, padding};
  }

  const extents& weights_;
  const extents& maps_;
  const std::string& file_;
  const layer_parameters& parameters_;
  layer_entry entry_;
};

}  // namespace

layer_entry layer_of_shapes(const array_shapes& shapes, const layer_parameters& parameters) {
  return shape_reader(shapes, parameters).read();
}

}  // namespace dlac
