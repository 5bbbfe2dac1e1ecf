#include "sim/api/numbers.h"

#include <fmt/format.h>

#include <algorithm>
#include <span>
#include <string_view>
#include <utility>

#include "sim/core/error.h"
#include "sim/core/memory_pool.h"
#include "sim/core/stop.h"
#include "sim/core/text.h"
#include "sim/trace/safetensors.h"
#include "sim/trace/safetensors_writer.h"
#include "sim/trace/tensor_data.h"
#include "sim/workload/layer_selection.h"

namespace dlac {
namespace {

/// [n, c, h, w], trailing ones left out; dimensions behind the third are one.
shape_4d shape_of(const std::vector<std::uint64_t>& dimensions) {
  shape_4d shape;
  const std::vector<std::uint64_t*> places = {&shape.n, &shape.c, &shape.h, &shape.w};
  for (std::size_t i = 0; i < dimensions.size(); ++i) {
    *places[std::min<std::size_t>(i, 3)] *= dimensions[i];
  }
  return shape;
}

tensor_role role_of(std::string_view name) {
  return name.ends_with(".weights")     ? tensor_role::weights
         : name.ends_with(".gradients") ? tensor_role::gradients
                                        : tensor_role::activations;
}

bool is_converted(const conversion_request& request, const tensor_view& tensor) {
  const bool is_float = tensor.dtype == tensor_dtype::f32 || tensor.dtype == tensor_dtype::f16;
  return is_float && matches_glob(request.tensors, tensor.name);
}

template <class T>
std::span<const std::byte> bytes_of(const std::vector<T>& values) {
  return std::as_bytes(std::span(values));
}

/// The tensor in its format, from a file that is read once for what it is and once to write it: what a format makes of
/// a tensor is the same both times.
held_tensor held_of(const safetensors_file& file, const tensor_view& tensor, const conversion_request& request,
                    converted_tensor& told) {
  constexpr std::uint64_t bytes_an_element = 16;  // the value, what is held, the code, and on the way
  const shape_4d shape = shape_of(tensor.shape);
  require_memory(shape.elements() * bytes_an_element);
  heed_stop();
  const std::vector<float> values = file.reading([&] { return float_values(tensor); });
  told.name = tensor.name;
  told.role = request.role.value_or(role_of(tensor.name));
  held_tensor held;
  try {
    held = convert(request.format, {tensor.name, told.role, shape, values});
  } catch (const input_error& error) {
    throw input_error(fmt::format("{}: {}", one_line(file.path(), 400), error.what()));
  }
  told.elements = values.size();
  told.zeros = static_cast<std::uint64_t>(std::count(held.values.begin(), held.values.end(), 0.0F));
  told.zeros_made = held.zeros_made;
  told.saturated = held.saturated;
  told.sqnr_db = signal_to_noise_db(values, held.values);
  return held;
}

/// What a converted tensor is written as, in this order.
std::vector<std::pair<tensor_entry, std::span<const std::byte>>> parts_of(const tensor_view& tensor,
                                                                          const held_tensor& held, bool with_codes) {
  std::vector<std::pair<tensor_entry, std::span<const std::byte>>> parts;
  const auto add = [&](const std::string& name, const std::string& dtype, const std::vector<std::uint64_t>& shape,
                       std::span<const std::byte> data) {
    parts.push_back({{name, dtype, shape, data.size()}, data});
  };
  add(tensor.name, "F32", tensor.shape, bytes_of(held.values));
  if (with_codes && !held.codes.empty()) {
    add(tensor.name + ".codes", "I32", tensor.shape, bytes_of(held.codes));
  }
  if (with_codes && !held.scales.empty()) {
    add(tensor.name + ".scales", "F32", {held.scales.size()}, bytes_of(held.scales));
  }
  if (with_codes && !held.shifted.empty()) {
    add(tensor.name + ".shifted", "U8", tensor.shape, bytes_of(held.shifted));
  }
  return parts;
}

/// Names that would stand in the file twice.
void check_names(const std::string& path, const std::vector<tensor_entry>& entries) {
  std::vector<std::string_view> names(entries.size());
  std::transform(entries.begin(), entries.end(), names.begin(),
                 [](const tensor_entry& entry) { return std::string_view(entry.name); });
  std::sort(names.begin(), names.end());
  if (const auto twice = std::adjacent_find(names.begin(), names.end()); twice != names.end()) {
    throw input_error(path, one_line(*twice, 200), "a tensor of this name", "none, because --codes writes it");
  }
}

}  // namespace

std::vector<converted_tensor> convert_file(const conversion_request& request) {
  const safetensors_file file(request.from);
  const auto tensors = file.in_file_order();
  std::vector<tensor_entry> entries;
  bool converts_one = false;
  // What the header says of all tensors, then their data; one of them at a time is in memory. Only how many scales
  // there are is not known before a tensor is converted.
  for (const tensor_view* const tensor : tensors) {
    const bool converts = is_converted(request, *tensor);
    converts_one = converts_one || converts;
    if (!converts) {
      entries.push_back({tensor->name, tensor->dtype_name, tensor->shape, tensor->data.size()});
    } else if (!request.with_codes) {
      entries.push_back({tensor->name, "F32", tensor->shape, element_count(*tensor) * sizeof(float)});
    } else {
      converted_tensor untold;
      const held_tensor held = held_of(file, *tensor, request, untold);
      for (auto& [entry, data] : parts_of(*tensor, held, true)) {
        entries.push_back(std::move(entry));
      }
    }
  }
  if (!converts_one) {
    throw input_error(request.from, "", "no tensor of F32 or F16 to convert",
                      request.tensors ? "one whose name matches " + in_quotes(*request.tensors) : "one");
  }
  check_names(request.from, entries);
  safetensors_writer writer(request.to, entries, file.metadata());
  std::vector<converted_tensor> told;
  for (const tensor_view* const tensor : tensors) {
    if (!is_converted(request, *tensor)) {
      file.reading([&] { writer.write(tensor->data); });
      continue;
    }
    const held_tensor held = held_of(file, *tensor, request, told.emplace_back());
    for (const auto& [entry, data] : parts_of(*tensor, held, request.with_codes)) {
      writer.write(data);
    }
  }
  writer.commit();
  return told;
}

}  // namespace dlac
