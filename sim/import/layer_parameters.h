#pragma once
// What DNNsim's model files say of layers, and arrays do not: which there are, stride and padding.

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

namespace dlac {

struct layer_parameters {
  std::string name;   ///< as in names of files: "/" is "-"
  std::string place;  ///< "row 3"
  std::uint32_t stride = 1;
  std::uint32_t padding = 0;
  // Where the file has them, to be held against the arrays:
  std::optional<std::uint32_t> filters = {};
  std::optional<std::uint32_t> kernel_height = {};
  std::optional<std::uint32_t> kernel_width = {};
};

struct parameter_file {
  std::string path;
  std::vector<layer_parameters> layers;
};

/// model.csv (layer, conv or fc, stride, padding) of the folder, or else trace_params.csv (layer, input, filters,
/// kernel height, kernel width, stride, padding; the input, or all between layer and stride, may be missing); nothing
/// where there is neither. A first row that begins with "layer" and has no numbers is a header. Throws input_error with
/// the row.
std::optional<parameter_file> read_layer_parameters(const std::string& folder);

}  // namespace dlac
