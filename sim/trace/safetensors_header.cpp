#include "sim/trace/safetensors_header.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <bit>
#include <cstring>
#include <nlohmann/json.hpp>
#include <optional>
#include <utility>
#include <vector>

#include "sim/core/error.h"
#include "sim/core/file_kind.h"
#include "sim/core/text.h"
#include "sim/json/json_reader.h"
#include "sim/trace/tensor_data.h"

namespace dlac {

namespace {

using json = nlohmann::json;

constexpr std::uint64_t length_bytes = 8;
constexpr std::uint64_t longest_header = 100'000'000;  // as the format's reference implementation
constexpr std::size_t highest_rank = 8;                // a trace's tensors have four dimensions at most

/// Half-open range of bytes after the header, as `data_offsets` gives it.
struct byte_range {
  std::uint64_t begin = 0;
  std::uint64_t end = 0;
};

/// Reads one header of one file; keeps what every message and every check needs.
class header_reader {
 public:
  header_reader(const std::string& path, std::span<const std::byte> file) : path_(path), file_(file) {}

  safetensors_contents read();

 private:
  [[noreturn]] void fail(std::string_view where, const std::string& found, const std::string& expected) const {
    throw input_error(path_, where, found, expected);
  }
  [[nodiscard]] std::string_view header_text();
  void read_entry(const std::string& name, const json& entry);
  [[nodiscard]] std::string read_dtype(const std::string& name, const json& value) const;
  [[nodiscard]] std::vector<std::uint64_t> read_shape(const std::string& where, const json& value) const;
  [[nodiscard]] byte_range read_offsets(const std::string& name, const json& value) const;
  void check_coverage() const;
  void read_metadata(const json& value);
  void read_packed_shapes();
  void check_packed(const tensor_view& tensor) const;

  const std::string& path_;
  std::span<const std::byte> file_;
  std::span<const std::byte> data_;  // what follows the header
  std::map<std::string, byte_range> ranges_;
  safetensors_contents contents_;
};

tensor_dtype dtype_of(std::string_view name) {
  for (const tensor_dtype dtype : {tensor_dtype::f32, tensor_dtype::f16, tensor_dtype::i8, tensor_dtype::u8}) {
    if (name == to_string(dtype)) {
      return dtype;
    }
  }
  return tensor_dtype::other;
}

/// Of every dtype of the format whose elements are whole bytes; 0 of any other, whose tensors may be of any length.
std::uint64_t element_bytes_of(std::string_view dtype_name) {
  static constexpr std::array<std::pair<std::string_view, std::uint64_t>, 17> sizes = {{{"F32", 4},
                                                                                        {"F16", 2},
                                                                                        {"I8", 1},
                                                                                        {"U8", 1},
                                                                                        {"BOOL", 1},
                                                                                        {"I16", 2},
                                                                                        {"U16", 2},
                                                                                        {"BF16", 2},
                                                                                        {"I32", 4},
                                                                                        {"U32", 4},
                                                                                        {"F64", 8},
                                                                                        {"I64", 8},
                                                                                        {"U64", 8},
                                                                                        {"C64", 8},
                                                                                        {"F8_E4M3", 1},
                                                                                        {"F8_E5M2", 1},
                                                                                        {"F8_E8M0", 1}}};
  const auto* const found =
      std::find_if(sizes.begin(), sizes.end(), [&](const auto& entry) { return entry.first == dtype_name; });
  return found == sizes.end() ? 0 : found->second;
}

/// Bytes of a tensor, or nothing when they cannot be counted in 64 bits.
std::optional<std::uint64_t> tensor_bytes(const std::vector<std::uint64_t>& shape, std::uint64_t element_bytes) {
  std::uint64_t bytes = element_bytes;
  for (const std::uint64_t extent : shape) {
    if (__builtin_mul_overflow(bytes, extent, &bytes)) {
      return std::nullopt;
    }
  }
  return bytes;
}

std::string_view header_reader::header_text() {
  if (file_.size() < length_bytes) {
    fail("", fmt::format("{} bytes", file_.size()), "at least 8 bytes, the length of the header");
  }
  std::uint64_t length = 0;
  static_assert(std::endian::native == std::endian::little, "the format is little-endian and is viewed in place");
  std::memcpy(&length, file_.data(), length_bytes);
  const std::uint64_t rest = file_.size() - length_bytes;
  if (length > rest) {
    fail("", fmt::format("a header length of {} bytes", length),
         fmt::format("at most the file's other {} bytes", rest));
  }
  if (length > longest_header) {
    fail("", fmt::format("a header length of {} bytes", length), fmt::format("at most {} bytes", longest_header));
  }
  if (length == 0) {
    fail("", "a header length of 0", "a JSON header");
  }
  data_ = file_.subspan(length_bytes + length);
  return {reinterpret_cast<const char*>(file_.data()) + length_bytes, length};
}

std::string header_reader::read_dtype(const std::string& name, const json& value) const {
  if (!value.is_string() || value.get_ref<const std::string&>().empty()) {
    fail(name, value.is_string() ? "an empty dtype" : fmt::format("a dtype of type {}", value.type_name()),
         "the name of a dtype, such as F32");
  }
  return value.get<std::string>();
}

std::vector<std::uint64_t> header_reader::read_shape(const std::string& where, const json& value) const {
  static constexpr std::string_view expected = "an array of non-negative integers";
  if (!value.is_array()) {
    fail(where, fmt::format("a shape of type {}", value.type_name()), std::string(expected));
  }
  if (value.size() > highest_rank) {
    fail(where, fmt::format("a shape of {} dimensions", value.size()), fmt::format("at most {}", highest_rank));
  }
  std::vector<std::uint64_t> shape;
  for (const json& extent : value) {
    if (!extent.is_number_unsigned()) {
      fail(where, fmt::format("{} in the shape", extent.is_number() ? extent.dump() : extent.type_name()),
           std::string(expected));
    }
    shape.push_back(extent.get<std::uint64_t>());
  }
  return shape;
}

byte_range header_reader::read_offsets(const std::string& name, const json& value) const {
  if (!value.is_array() || value.size() != 2 || !value[0].is_number_unsigned() || !value[1].is_number_unsigned()) {
    fail(name, "data_offsets that are no pair of non-negative integers", "[begin, end]");
  }
  const byte_range range{value[0].get<std::uint64_t>(), value[1].get<std::uint64_t>()};
  if (range.begin > range.end) {
    fail(name, fmt::format("data_offsets [{}, {}]", range.begin, range.end), "begin not after end");
  }
  if (range.end > data_.size()) {
    fail(name, fmt::format("data_offsets [{}, {}]", range.begin, range.end),
         fmt::format("an end within the {} bytes of data", data_.size()));
  }
  return range;
}

void header_reader::read_entry(const std::string& name, const json& entry) {
  static constexpr std::string_view expected = "an object of dtype, shape and data_offsets";
  if (!entry.is_object()) {
    fail(name, fmt::format("an entry of type {}", entry.type_name()), std::string(expected));
  }
  for (const char* const key : {"dtype", "shape", "data_offsets"}) {
    if (!entry.contains(key)) {
      fail(name, fmt::format("no key {}", in_quotes(key)), std::string(expected));
    }
  }
  for (const auto& item : entry.items()) {
    if (item.key() != "dtype" && item.key() != "shape" && item.key() != "data_offsets") {
      fail(name, fmt::format("an unknown key {}", in_quotes(item.key())), std::string(expected));
    }
  }
  tensor_view tensor;
  tensor.name = name;
  tensor.dtype_name = read_dtype(name, entry["dtype"]);
  tensor.dtype = dtype_of(tensor.dtype_name);
  tensor.shape = read_shape(name, entry["shape"]);
  const byte_range range = read_offsets(name, entry["data_offsets"]);
  const std::uint64_t element_bytes = element_bytes_of(tensor.dtype_name);
  const std::optional<std::uint64_t> bytes = tensor_bytes(tensor.shape, std::max<std::uint64_t>(element_bytes, 1));
  if (!bytes) {
    fail(name, fmt::format("shape {}", shape_text(tensor.shape)), "a product below 2^64 bytes");
  }
  if (element_bytes != 0 && *bytes != range.end - range.begin) {
    fail(name, fmt::format("data_offsets of {} bytes", range.end - range.begin),
         fmt::format("{} bytes for {} {}", *bytes, tensor.dtype_name, shape_text(tensor.shape)));
  }
  tensor.data = data_.subspan(range.begin, range.end - range.begin);
  ranges_.emplace(name, range);
  contents_.tensors.emplace(name, std::move(tensor));
}

/// The format demands that the tensors, sorted by place, follow each other without a gap up to the end of the file.
void header_reader::check_coverage() const {
  std::vector<std::pair<byte_range, std::string_view>> sorted;
  for (const auto& [name, range] : ranges_) {
    sorted.emplace_back(range, name);
  }
  std::stable_sort(sorted.begin(), sorted.end(), [](const auto& a, const auto& b) {
    return std::pair(a.first.begin, a.first.end) < std::pair(b.first.begin, b.first.end);
  });
  std::uint64_t covered = 0;
  std::string_view previous;
  for (const auto& [range, name] : sorted) {
    if (range.begin < covered) {
      fail(name, fmt::format("data that overlaps tensor {}", in_quotes(previous)),
           fmt::format("a begin of {}", covered));
    }
    if (range.begin > covered) {
      fail(name, fmt::format("{} bytes before it that belong to no tensor", range.begin - covered),
           fmt::format("a begin of {}", covered));
    }
    covered = range.end;
    previous = name;
  }
  if (covered != data_.size()) {
    fail("", fmt::format("{} bytes after the last tensor", data_.size() - covered),
         "tensors up to the end of the file");
  }
}

void header_reader::read_metadata(const json& value) {
  if (!value.is_object()) {
    fail("__metadata__", fmt::format("a value of type {}", value.type_name()), "an object of strings");
  }
  for (const auto& item : value.items()) {
    if (!item.value().is_string()) {
      fail("__metadata__/" + item.key(), fmt::format("a value of type {}", item.value().type_name()), "a string");
    }
    contents_.metadata.emplace(item.key(), item.value().get<std::string>());
  }
}

void header_reader::read_packed_shapes() {
  const auto text = contents_.metadata.find("shapes");
  if (text == contents_.metadata.end()) {
    return;
  }
  static constexpr std::string_view where = "__metadata__/shapes";
  const json shapes = parse_json(text->second, path_ + ": " + std::string(where));
  if (!shapes.is_object()) {
    fail(where, fmt::format("JSON of type {}", shapes.type_name()), "an object from packed tensors to their shapes");
  }
  for (const auto& item : shapes.items()) {
    const std::string place = fmt::format("{}/{}", where, item.key());
    const auto tensor = contents_.tensors.find(item.key());
    if (tensor == contents_.tensors.end()) {
      fail(place, "a tensor that the file does not hold", "a packed tensor of this file");
    }
    if (packing_by_name(item.key()) == packing::none) {
      fail(place, "a tensor that is not packed", "a name that ends in .mask or .t2");
    }
    if (tensor->second.dtype != tensor_dtype::u8) {
      fail(place, fmt::format("the shape of a tensor of dtype {}", tensor->second.dtype_name),
           "U8 for a packed tensor");
    }
    tensor->second.packed_shape = read_shape(place, item.value());
  }
}

/// A packed tensor is flat bytes with a logical shape beside it; the bits after its last element are zero.
void header_reader::check_packed(const tensor_view& tensor) const {
  const packing kind = packing_of(tensor);
  if (kind == packing::none) {
    return;
  }
  const std::optional<std::uint64_t> elements = tensor_bytes(tensor.packed_shape, 1);
  if (!elements) {
    fail(tensor.name, fmt::format("packed shape {}", shape_text(tensor.packed_shape)), "a product below 2^64 elements");
  }
  const std::uint64_t per_byte = kind == packing::mask ? 8 : 4;
  const std::uint64_t bytes = *elements / per_byte + (*elements % per_byte != 0 ? 1 : 0);
  if (bytes != tensor.data.size()) {
    fail(tensor.name, fmt::format("{} bytes", tensor.data.size()),
         fmt::format("{} bytes for the packed shape {}", bytes, shape_text(tensor.packed_shape)));
  }
  const std::uint64_t bits_in_last = *elements % per_byte * (8 / per_byte);
  if (bits_in_last != 0 && (std::to_integer<unsigned>(tensor.data.back()) >> bits_in_last) != 0) {
    fail(tensor.name, "bits set after the last element", "zero bits up to the end of the last byte");
  }
}

safetensors_contents header_reader::read() {
  const json header = parse_json(header_text(), path_ + ": header");
  if (!header.is_object()) {
    fail("header", fmt::format("JSON of type {}", header.type_name()), "an object");
  }
  for (const auto& item : header.items()) {
    if (item.key() == "__metadata__") {
      read_metadata(item.value());
    } else {
      read_entry(item.key(), item.value());
    }
  }
  check_coverage();
  read_packed_shapes();
  for (const auto& [name, tensor] : contents_.tensors) {
    check_packed(tensor);
  }
  return std::move(contents_);
}

}  // namespace

safetensors_contents read_safetensors(const std::string& path, std::span<const std::byte> file) {
  const auto kind = kind_of({reinterpret_cast<const char*>(file.data()), std::min<std::size_t>(file.size(), 64)});
  if (kind && *kind != file_kind::safetensors) {
    throw input_error(path, "", to_string(*kind), "a safetensors file" + advice_for_trace(*kind));
  }
  return header_reader(path, file).read();
}

}  // namespace dlac
