#include "sim/core/file_kind.h"

#include <array>
#include <cstddef>
#include <cstdint>
#include <stdexcept>

namespace dlac {
namespace {

using std::string_view_literals::operator""sv;

struct signature {
  std::string_view bytes;
  file_kind kind;
};

constexpr std::array signatures = {
    signature{"PK\x03\x04"sv, file_kind::zip},      signature{"PK\x05\x06"sv, file_kind::zip},
    signature{"\x93NUMPY"sv, file_kind::npy},       signature{"\x89HDF\r\n\x1a\n"sv, file_kind::hdf5},
    signature{"\x80\x02"sv, file_kind::pickle},     signature{"\x80\x03"sv, file_kind::pickle},
    signature{"\x80\x04\x95"sv, file_kind::pickle}, signature{"\x80\x05\x95"sv, file_kind::pickle},
    signature{"\x1f\x8b"sv, file_kind::gzip},       signature{"SQLite format 3\0"sv, file_kind::sqlite},
};

/// The length of a header in eight bytes, little-endian, and the header, which is an object.
bool is_safetensors(std::string_view start) {
  constexpr std::size_t length_bytes = 8;
  constexpr std::uint64_t longest_header = 100'000'000;
  if (start.size() <= length_bytes || start[length_bytes] != '{') {
    return false;
  }
  std::uint64_t length = 0;
  for (std::size_t i = 0; i < length_bytes; ++i) {
    length |= std::uint64_t{static_cast<unsigned char>(start[i])} << (8 * i);
  }
  return length >= 2 && length <= longest_header;
}

}  // namespace

std::string_view to_string(file_kind kind) {
  switch (kind) {
    case file_kind::json:
      return "a JSON file";
    case file_kind::safetensors:
      return "a safetensors file";
    case file_kind::zip:
      return "a zip archive, such as .npz or .pt";
    case file_kind::npy:
      return "a NumPy array (.npy)";
    case file_kind::hdf5:
      return "an HDF5 file";
    case file_kind::pickle:
      return "a pickle of Python";
    case file_kind::gzip:
      return "a gzip archive";
    case file_kind::sqlite:
      return "an SQLite database";
  }
  throw std::logic_error("no such file_kind");
}

std::optional<file_kind> kind_of(std::string_view start) {
  // First: a header's length may have the bytes of a pickle's beginning.
  if (is_safetensors(start)) {
    return file_kind::safetensors;
  }
  for (const signature& known : signatures) {
    if (start.starts_with(known.bytes)) {
      return known.kind;
    }
  }
  const std::size_t first = start.find_first_not_of(" \t\r\n");
  return first != std::string_view::npos && start[first] == '{' ? std::optional(file_kind::json) : std::nullopt;
}

std::string advice_for_json(file_kind kind) {
  switch (kind) {
    case file_kind::safetensors:
      return "; dlac trace info shows what it holds, and a workload names it as its trace, or --trace gives it";
    case file_kind::sqlite:
      return "; of a sweep's results dlac sweep show takes the folder";
    case file_kind::json:
    case file_kind::gzip:
      return "";
    default:
      return "; tensors go into a safetensors file, as README.md shows, which a workload names";
  }
}

std::string advice_for_trace(file_kind kind) {
  return kind == file_kind::json ? "; a workload is the argument of dlac run"
                                 : "; README.md shows how to write one from NumPy";
}

}  // namespace dlac
