#include "sim/import/layer_parameters.h"

#include <fmt/format.h>

#include <algorithm>
#include <cctype>
#include <filesystem>
#include <set>
#include <system_error>

#include "sim/core/error.h"
#include "sim/core/text.h"
#include "sim/import/imported_network.h"
#include "sim/text/csv_reader.h"

namespace dlac {
namespace {

bool is_header(const csv_row& row) {
  std::string first(row.field(0));
  std::transform(first.begin(), first.end(), first.begin(),
                 [](unsigned char c) { return static_cast<char>(std::tolower(c)); });
  return (first == "layer" || first == "layer name") &&
         std::none_of(row.fields.begin(), row.fields.end(), [](const std::string& field) {
           return !field.empty() && std::isdigit(static_cast<unsigned char>(field.front())) != 0;
         });
}

/// How many fields there are, without empty ones at the end.
std::size_t fields_of(const csv_row& row) {
  std::size_t count = row.fields.size();
  while (count > 0 && row.field(count - 1).empty()) {
    --count;
  }
  return count;
}

layer_parameters parameters_in(const csv_row& row, const std::string& file, bool is_model) {
  const std::size_t count = fields_of(row);
  const bool is_known = is_model ? count == 4 : count == 3 || count == 6 || count == 7;
  if (!is_known) {
    throw input_error(file, row.place(), fmt::format("{} fields", count),
                      is_model ? "4: layer, conv or fc, stride, padding"
                               : "3, 6 or 7: layer, [[input,] filters, kernel height, kernel width,] stride, padding");
  }
  layer_parameters layer{.name = std::string(row.field(0)), .place = row.place()};
  if (layer.name.empty() || !is_printable(layer.name)) {
    throw input_error(file, row.place(), in_quotes(layer.name), "the name of a layer");
  }
  std::replace(layer.name.begin(), layer.name.end(), '/', '-');
  if (is_model && row.field(1) != "conv" && row.field(1) != "fc") {
    throw input_error(file, row.place(), in_quotes(row.field(1)), R"("conv" or "fc")");
  }
  const auto number = [&](std::size_t field, std::uint64_t minimum, std::uint64_t maximum) {
    return whole_number(row.field(field), minimum, maximum, file, fmt::format("{}, field {}", row.place(), field + 1));
  };
  if (count >= 6) {
    layer.filters = number(count - 5, 1, largest_size);
    layer.kernel_height = number(count - 4, 1, largest_window);
    layer.kernel_width = number(count - 3, 1, largest_window);
  }
  layer.stride = number(count - 2, 1, largest_window);
  layer.padding = number(count - 1, 0, largest_window);
  return layer;
}

}  // namespace

std::optional<parameter_file> read_layer_parameters(const std::string& folder) {
  for (const char* const name : {"model.csv", "trace_params.csv"}) {
    const std::string path = (std::filesystem::path(folder) / name).string();
    std::error_code ignored;
    if (!std::filesystem::exists(path, ignored)) {
      continue;
    }
    parameter_file result{.path = path, .layers = {}};
    std::set<std::string> names;
    const std::vector<csv_row> rows = read_csv(path);
    for (const csv_row& row : rows) {
      if (&row == &rows.front() && is_header(row)) {
        continue;
      }
      layer_parameters layer = parameters_in(row, path, std::string_view(name) == "model.csv");
      if (!names.insert(layer.name).second) {
        throw input_error(path, row.place(), "a second layer " + in_quotes(layer.name), "each once");
      }
      result.layers.push_back(std::move(layer));
    }
    return result;
  }
  return std::nullopt;
}

}  // namespace dlac
