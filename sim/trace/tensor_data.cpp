#include "sim/trace/tensor_data.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <bit>
#include <cmath>
#include <cstring>
#include <limits>
#include <optional>
#include <stdexcept>

#include "sim/core/error.h"
#include "sim/numbers/half.h"

namespace dlac {

namespace {

constexpr std::uint64_t even_bits = 0x5555'5555'5555'5555;
constexpr std::uint64_t ternary_per_word = 32;

/// Up to `Count` elements from `first` on, zero past the end of the tensor. The array makes one load of them whatever
/// their alignment, and gives the loops over it a length that the compiler knows.
template <typename Element, std::size_t Count>
std::array<Element, Count> load(std::span<const std::byte> data, std::uint64_t first) {
  std::array<Element, Count> elements;
  const std::uint64_t begin = first * sizeof(Element);
  if (data.size() - begin >= sizeof(elements)) {
    std::memcpy(elements.data(), data.data() + begin, sizeof(elements));
  } else {
    elements.fill(0);
    std::memcpy(elements.data(), data.data() + begin, data.size() - begin);
  }
  return elements;
}

/// Eight bytes of 0 or 1 become the low eight bits: byte i moves to bit i (its product's other terms fall below bit
/// 56).
std::uint64_t gather_bytes(std::uint64_t flags) {
  return (flags * 0x0102'0408'1020'4080) >> 56U;
}

/// Even bits, packed into the low half.
std::uint64_t gather_even_bits(std::uint64_t word) {
  word &= even_bits;
  word = (word | word >> 1U) & 0x3333'3333'3333'3333;
  word = (word | word >> 2U) & 0x0f0f'0f0f'0f0f'0f0f;
  word = (word | word >> 4U) & 0x00ff'00ff'00ff'00ff;
  word = (word | word >> 8U) & 0x0000'ffff'0000'ffff;
  return (word | word >> 16U) & 0x0000'0000'ffff'ffff;
}

/// Sets bit i of `words` where element i has a bit of `magnitude` set. Comparisons go to bytes first, which vectorises.
template <typename Element>
void pack_magnitudes(std::span<const std::byte> data, Element magnitude, std::span<std::uint64_t> words) {
  for (std::uint64_t w = 0; w < words.size(); ++w) {
    const auto elements = load<Element, bits_per_word>(data, w * bits_per_word);
    std::array<std::uint8_t, bits_per_word> flags;
    for (std::size_t i = 0; i < bits_per_word; ++i) {
      flags[i] = (elements[i] & magnitude) != 0 ? 1 : 0;
    }
    std::uint64_t word = 0;
    for (std::size_t i = 0; i < bits_per_word; i += 8) {
      std::uint64_t eight = 0;
      std::memcpy(&eight, &flags[i], sizeof(eight));
      word |= gather_bytes(eight) << i;
    }
    words[w] = word;
  }
}

void pack_ternary(std::span<const std::byte> data, std::span<std::uint64_t> words) {
  for (std::uint64_t w = 0; w < words.size(); ++w) {
    const auto codes = load<std::uint8_t, 2 * sizeof(std::uint64_t)>(data, w * 2 * sizeof(std::uint64_t));
    std::array<std::uint64_t, 2> pairs;
    std::memcpy(pairs.data(), codes.data(), sizeof(pairs));
    words[w] = gather_even_bits(pairs[0] | pairs[0] >> 1U) | gather_even_bits(pairs[1] | pairs[1] >> 1U)
                                                                 << ternary_per_word;
  }
}

/// One bit an element, in the tensor's order.
std::vector<std::uint64_t> flat_nonzero_bits(const tensor_view& tensor) {
  std::vector<std::uint64_t> words(words_for_bits(element_count(tensor)));
  const packing kind = packing_of(tensor);
  if (tensor.data.empty()) {
    return words;
  }
  if (kind == packing::mask) {
    std::memcpy(words.data(), tensor.data.data(), tensor.data.size());
  } else if (kind == packing::ternary) {
    pack_ternary(tensor.data, words);
  } else if (tensor.dtype == tensor_dtype::f32) {
    pack_magnitudes<std::uint32_t>(tensor.data, 0x7fff'ffff, words);
  } else if (tensor.dtype == tensor_dtype::f16) {
    pack_magnitudes<std::uint16_t>(tensor.data, 0x7fff, words);
  } else if (tensor.dtype != tensor_dtype::other) {
    pack_magnitudes<std::uint8_t>(tensor.data, 0xff, words);
  } else {
    throw std::logic_error("the elements of an unknown dtype are neither zero nor not");
  }
  return words;
}

/// The largest of the elements' bits without the sign, which order like the magnitudes: an infinity is above every
/// number, a NaN above that. Signed, because every vector unit compares such numbers. Whole blocks are compared first,
/// which vectorises.
template <typename Signed>
Signed largest_magnitude_bits(std::span<const std::byte> data) {
  constexpr std::size_t block = 64;
  const std::uint64_t count = data.size() / sizeof(Signed);
  std::array<Signed, block> largest{};
  for (std::uint64_t first = 0; first < count; first += block) {
    const auto elements = load<Signed, block>(data, first);
    for (std::size_t i = 0; i < block; ++i) {
      const auto magnitude = static_cast<Signed>(elements[i] & std::numeric_limits<Signed>::max());
      largest[i] = largest[i] < magnitude ? magnitude : largest[i];
    }
  }
  return *std::max_element(largest.begin(), largest.end());
}

float element_value(const tensor_view& tensor, std::uint64_t index) {
  return tensor.dtype == tensor_dtype::f32 ? load<float, 1>(tensor.data, index)[0]
                                           : half_to_float(load<std::uint16_t, 1>(tensor.data, index)[0]);
}

std::optional<std::uint64_t> first_illegal_code(std::span<const std::byte> data) {
  for (std::uint64_t first = 0; first < data.size(); first += sizeof(std::uint64_t)) {
    const auto codes = std::bit_cast<std::uint64_t>(load<std::uint8_t, sizeof(std::uint64_t)>(data, first));
    const std::uint64_t illegal = codes & (codes >> 1U) & even_bits;
    if (illegal != 0) {
      return first * 4 + static_cast<std::uint64_t>(std::countr_zero(illegal)) / 2;
    }
  }
  return std::nullopt;
}

/// "conv1.weights[17]"
std::string element_place(const tensor_view& tensor, std::uint64_t index) {
  return tensor.name + "[" + std::to_string(index) + "]";
}

template <typename Element, typename Convert>
std::vector<float> convert(std::span<const std::byte> data, Convert to_float) {
  std::vector<float> values(data.size() / sizeof(Element));
  for (std::size_t i = 0; i < values.size(); ++i) {
    Element element;
    std::memcpy(&element, data.data() + i * sizeof(Element), sizeof(Element));
    values[i] = to_float(element);
  }
  return values;
}

std::vector<float> ternary_values(const tensor_view& tensor) {
  static constexpr std::array<float, 4> value_of_code{0, 1, -1, 0};
  std::vector<float> values(element_count(tensor));
  for (std::size_t i = 0; i < values.size(); ++i) {
    values[i] = value_of_code[(std::to_integer<unsigned>(tensor.data[i / 4]) >> (2 * (i % 4))) & 3U];
  }
  return values;
}

}  // namespace

packing packing_by_name(std::string_view name) {
  if (name.ends_with(".mask")) {
    return packing::mask;
  }
  return name.ends_with(".t2") ? packing::ternary : packing::none;
}

packing packing_of(const tensor_view& tensor) {
  const bool is_packed = tensor.dtype == tensor_dtype::u8 && !tensor.packed_shape.empty();
  return is_packed ? packing_by_name(tensor.name) : packing::none;
}

std::string_view format_name(const tensor_view& tensor) {
  switch (packing_of(tensor)) {
    case packing::mask:
      return "mask";
    case packing::ternary:
      return "ternary";
    case packing::none:
      break;
  }
  return tensor.dtype_name;
}

const std::vector<std::uint64_t>& logical_shape(const tensor_view& tensor) {
  return packing_of(tensor) == packing::none ? tensor.shape : tensor.packed_shape;
}

std::uint64_t element_count(const tensor_view& tensor) {
  std::uint64_t count = 1;
  for (const std::uint64_t extent : logical_shape(tensor)) {
    count *= extent;  // the reader has checked that it fits
  }
  return count;
}

std::string shape_text(const std::vector<std::uint64_t>& shape) {
  std::string text = "[";
  for (const std::uint64_t extent : shape) {
    text += (text.size() > 1 ? ", " : "") + std::to_string(extent);
  }
  return text + "]";
}

bit_matrix nonzero_bits(const tensor_view& tensor, std::uint64_t cols) {
  const std::vector<std::uint64_t> flat = flat_nonzero_bits(tensor);
  bit_matrix bits(cols == 0 ? 0 : element_count(tensor) / cols, cols);
  for (std::uint64_t r = 0; r < bits.rows(); ++r) {
    copy_bits(bits.row(r), 0, flat, r * cols, cols);
  }
  return bits;
}

bit_matrix nonzero_bits(std::span<const float> values, std::uint64_t cols) {
  tensor_view tensor;
  tensor.dtype = tensor_dtype::f32;
  tensor.shape = {values.size()};
  tensor.data = std::as_bytes(values);
  return nonzero_bits(tensor, cols);
}

std::vector<float> float_values(const tensor_view& tensor) {
  if (packing_of(tensor) == packing::ternary) {
    return ternary_values(tensor);
  }
  switch (tensor.dtype) {
    case tensor_dtype::f32:
      return convert<float>(tensor.data, [](float value) { return value; });
    case tensor_dtype::f16:
      return convert<std::uint16_t>(tensor.data, [](std::uint16_t half) { return half_to_float(half); });
    case tensor_dtype::i8:
      return convert<std::int8_t>(tensor.data, [](std::int8_t value) { return static_cast<float>(value); });
    case tensor_dtype::u8:
      return convert<std::uint8_t>(tensor.data, [](std::uint8_t value) { return static_cast<float>(value); });
    case tensor_dtype::other:
      break;
  }
  throw std::logic_error("a tensor of an unknown dtype has no values");
}

float largest_magnitude(const tensor_view& tensor) {
  if (tensor.dtype == tensor_dtype::f32) {
    return std::bit_cast<float>(std::min(largest_magnitude_bits<std::int32_t>(tensor.data), 0x7f80'0000));
  }
  if (tensor.dtype == tensor_dtype::f16) {
    const auto bits = static_cast<std::uint16_t>(largest_magnitude_bits<std::int16_t>(tensor.data));
    return half_to_float(std::min<std::uint16_t>(bits, 0x7c00));
  }
  return 0;
}

void check_range(const std::string& path, const tensor_view& tensor, const number_format& format, float largest) {
  if (is_in_range(largest, format)) {
    return;
  }
  const std::uint64_t count = element_count(tensor);
  std::uint64_t index = 0;
  while (index < count && is_in_range(std::fabs(element_value(tensor, index)), format)) {
    ++index;
  }
  if (index == count) {
    return;  // the file has changed since then, which is for its reader to find
  }
  throw not_held(path, element_place(tensor, index), element_value(tensor, index), format,
                 fmt::format(": of a magnitude below {}, from where it rounds to infinity", smallest_infinite_half));
}

void check_ternary(const std::string& path, const tensor_view& tensor) {
  if (packing_of(tensor) == packing::ternary) {
    if (const std::optional<std::uint64_t> place = first_illegal_code(tensor.data)) {
      throw input_error(path, element_place(tensor, *place), "code 3", "0 (0), 1 (+1) or 2 (-1)");
    }
    return;
  }
  const auto values = std::span(reinterpret_cast<const std::int8_t*>(tensor.data.data()), tensor.data.size());
  const auto illegal = std::find_if(values.begin(), values.end(), [](std::int8_t v) { return v < -1 || v > 1; });
  if (illegal != values.end()) {
    throw input_error(path, element_place(tensor, static_cast<std::uint64_t>(illegal - values.begin())),
                      std::to_string(*illegal), "-1, 0 or 1");
  }
}

}  // namespace dlac
