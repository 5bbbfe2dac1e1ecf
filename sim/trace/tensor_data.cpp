#include "sim/trace/tensor_data.h"

#include <algorithm>
#include <array>
#include <bit>
#include <cmath>
#include <cstring>
#include <optional>

#include "sim/core/error.h"
#include "sim/core/half.h"

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
  const packing kind = packing_of(tensor.name);
  if (kind == packing::mask && !tensor.data.empty()) {
    std::memcpy(words.data(), tensor.data.data(), tensor.data.size());
  } else if (kind == packing::ternary) {
    pack_ternary(tensor.data, words);
  } else if (tensor.dtype == tensor_dtype::f32) {
    pack_magnitudes<std::uint32_t>(tensor.data, 0x7fff'ffff, words);
  } else if (tensor.dtype == tensor_dtype::f16) {
    pack_magnitudes<std::uint16_t>(tensor.data, 0x7fff, words);
  } else if (kind == packing::none) {
    pack_magnitudes<std::uint8_t>(tensor.data, 0xff, words);
  }
  return words;
}

/// Index of the first element with all bits of `exponent` set. Whole blocks are tested first, which vectorises.
template <typename Element>
std::optional<std::uint64_t> first_with(std::span<const std::byte> data, Element exponent) {
  constexpr std::size_t block = 64;
  const std::uint64_t count = data.size() / sizeof(Element);
  for (std::uint64_t first = 0; first < count; first += block) {
    const auto elements = load<Element, block>(data, first);
    Element any = 0;
    for (const Element element : elements) {
      any = static_cast<Element>(any | ((element & exponent) == exponent ? 1 : 0));
    }
    if (any != 0) {
      const auto found = std::find_if(elements.begin(), elements.end(),
                                      [=](Element element) { return (element & exponent) == exponent; });
      return first + static_cast<std::uint64_t>(found - elements.begin());
    }
  }
  return std::nullopt;
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

packing packing_of(std::string_view name) {
  if (name.ends_with(".mask")) {
    return packing::mask;
  }
  return name.ends_with(".t2") ? packing::ternary : packing::none;
}

std::string_view format_name(const tensor_view& tensor) {
  switch (packing_of(tensor.name)) {
    case packing::mask:
      return "mask";
    case packing::ternary:
      return "ternary";
    case packing::none:
      break;
  }
  return to_string(tensor.dtype);
}

const std::vector<std::uint64_t>& logical_shape(const tensor_view& tensor) {
  return packing_of(tensor.name) == packing::none ? tensor.shape : tensor.packed_shape;
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

std::vector<float> float_values(const tensor_view& tensor) {
  if (packing_of(tensor.name) == packing::ternary) {
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
  }
  return {};
}

void check_finite(const std::string& path, const tensor_view& tensor) {
  std::optional<std::uint64_t> place;
  float value = 0;
  if (tensor.dtype == tensor_dtype::f32) {
    place = first_with<std::uint32_t>(tensor.data, 0x7f80'0000);
    value = place ? load<float, 1>(tensor.data, *place)[0] : 0;
  } else if (tensor.dtype == tensor_dtype::f16) {
    place = first_with<std::uint16_t>(tensor.data, 0x7c00);
    value = place ? half_to_float(load<std::uint16_t, 1>(tensor.data, *place)[0]) : 0;
  }
  if (place) {
    throw input_error(path, element_place(tensor, *place),
                      std::isnan(value) ? "NaN"
                      : value < 0       ? "-infinity"
                                        : "infinity",
                      "a finite number");
  }
}

void check_ternary(const std::string& path, const tensor_view& tensor) {
  if (packing_of(tensor.name) == packing::ternary) {
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
