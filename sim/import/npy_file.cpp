#include "sim/import/npy_file.h"

#include <fmt/format.h>

#include <array>
#include <bit>
#include <cmath>
#include <cstring>
#include <limits>
#include <string_view>

#include "sim/core/error.h"
#include "sim/core/text.h"
#include "sim/import/npy_header.h"
#include "sim/numbers/half.h"

namespace dlac {
namespace {

constexpr std::string_view magic = "\x93NUMPY";
constexpr std::uint64_t most_elements = std::uint64_t{1} << 40U;
constexpr std::size_t largest_header_bytes = 65536;

/// Kind and size of '<f4', '>i2', '|u1'.
npy_dtype dtype_of(const std::string& descr, const std::string& file) {
  constexpr std::string_view known = " f2 f4 f8 i1 i2 i4 i8 u1 u2 u4 u8 b1 ";
  const bool has_order = descr.size() == 3 && std::string_view("<>|=").find(descr[0]) != std::string_view::npos;
  if (!has_order || known.find(" " + descr.substr(1) + " ") == std::string_view::npos ||
      (descr[0] == '|' && descr[2] != '1')) {
    throw input_error(file, "header, descr", in_quotes(descr),
                      "f2, f4, f8, i1, i2, i4, i8, u1, u2, u4, u8 or b1 behind <, > or |");
  }
  return {.kind = descr[1], .bytes = static_cast<std::size_t>(descr[2] - '0'), .is_big_endian = descr[0] == '>'};
}

/// The bits of an element, whatever its order of bytes.
std::uint64_t bits_at(const std::byte* from, const npy_dtype& dtype) {
  std::uint64_t bits = 0;
  for (std::size_t i = 0; i < dtype.bytes; ++i) {
    const std::size_t place = dtype.is_big_endian ? i : dtype.bytes - 1 - i;
    bits = bits << 8U | static_cast<std::uint64_t>(from[place]);
  }
  return bits;
}

double value_of(std::uint64_t bits, const npy_dtype& dtype) {
  if (dtype.kind == 'f') {
    return dtype.bytes == 8   ? std::bit_cast<double>(bits)
           : dtype.bytes == 4 ? static_cast<double>(std::bit_cast<float>(static_cast<std::uint32_t>(bits)))
                              : static_cast<double>(half_to_float(static_cast<std::uint16_t>(bits)));
  }
  if (dtype.kind != 'i') {
    return static_cast<double>(bits);
  }
  const auto shift = static_cast<unsigned>(8 * (sizeof(bits) - dtype.bytes));
  return static_cast<double>(static_cast<std::int64_t>(bits << shift) >> shift);
}

}  // namespace

npy_file::npy_file(const std::string& path) : path_(path), file_(path) {
  file_.reading([&] {
    const auto bytes = file_.bytes();
    const std::string_view text(reinterpret_cast<const char*>(bytes.data()), bytes.size());
    if (!text.starts_with(magic)) {
      throw input_error(path, "", "other bytes at the beginning", "a .npy file: \\x93NUMPY");
    }
    const auto at = [&](std::size_t i) { return i < bytes.size() ? static_cast<unsigned>(bytes[i]) : 0U; };
    const unsigned version = at(6);
    if (version < 1 || version > 3 || at(7) != 0) {
      throw input_error(path, "", fmt::format("version {}.{}", version, at(7)), "1.0, 2.0 or 3.0");
    }
    const std::size_t length_bytes = version == 1 ? 2 : 4;
    std::size_t length = 0;
    for (std::size_t i = 0; i < length_bytes; ++i) {
      length |= std::size_t{at(8 + i)} << (8 * i);
    }
    data_begin_ = 8 + length_bytes + length;
    if (length > largest_header_bytes || data_begin_ > bytes.size()) {
      throw input_error(path, "header", fmt::format("{} bytes of it in a file of {}", length, bytes.size()),
                        fmt::format("all of it, at most {} bytes", largest_header_bytes));
    }
    const npy_header header = parse_npy_header(text.substr(8 + length_bytes, length), path);
    dtype_ = dtype_of(header.descr, path);
    shape_ = header.shape;
    is_fortran_order_ = header.is_fortran_order;
    for (const std::uint64_t extent : shape_) {
      if (extent == 0 || extent > most_elements / elements_) {
        throw input_error(path, "header, shape", extent == 0 ? "no elements" : fmt::format("an axis of {}", extent),
                          fmt::format("1 to {} elements", most_elements));
      }
      elements_ *= extent;
    }
    if (bytes.size() - data_begin_ != elements_ * dtype_.bytes) {
      throw input_error(path, "", fmt::format("{} bytes of data", bytes.size() - data_begin_),
                        fmt::format("{}, as the shape has", elements_ * dtype_.bytes));
    }
  });
}

std::vector<float> npy_file::values() const {
  std::vector<float> values(elements_);
  // Where an element of C order lies: its place along each axis times the axis' distance.
  std::vector<std::uint64_t> distance(shape_.size());
  std::uint64_t step = 1;
  for (std::size_t i = 0; i < shape_.size(); ++i) {
    const std::size_t axis = is_fortran_order_ ? i : shape_.size() - 1 - i;
    distance[axis] = step;
    step *= shape_[axis];
  }
  file_.reading([&] {
    const std::byte* const data = file_.bytes().data() + data_begin_;
    std::vector<std::uint64_t> place(shape_.size());
    std::uint64_t from = 0;
    for (std::uint64_t i = 0; i < elements_; ++i) {
      const double exact = value_of(bits_at(data + from * dtype_.bytes, dtype_), dtype_);
      const auto value = static_cast<float>(exact);
      if (!std::isfinite(value)) {
        throw input_error(path_, fmt::format("element {}", i), fmt::format("{}", exact), "a finite float");
      }
      values[i] = value;
      for (std::size_t axis = shape_.size(); axis-- > 0;) {
        from += distance[axis];
        if (++place[axis] < shape_[axis]) {
          break;
        }
        from -= distance[axis] * shape_[axis];
        place[axis] = 0;
      }
    }
  });
  return values;
}

}  // namespace dlac
