#pragma once
// NumPy's .npy files for tests, sound or hostile.

#include <string>
#include <string_view>

namespace dlac::test {

/// Of version 1.0, or another with a length of four bytes.
inline std::string npy_with_header(const std::string& header, std::string_view data, char version = 1) {
  std::string bytes("\x93NUMPY");
  bytes += version;
  bytes += '\0';
  for (unsigned i = 0; i < (version == 1 ? 2U : 4U); ++i) {
    bytes += static_cast<char>(header.size() >> (8 * i) & 0xFFU);
  }
  return bytes + header + std::string(data);
}

/// `shape` is the text in brackets, such as "1, 3, 4, 4".
inline std::string npy_bytes(const std::string& descr, const std::string& shape, std::string_view data,
                             bool is_fortran_order = false, char version = 1) {
  const std::string order = is_fortran_order ? "True" : "False";
  return npy_with_header(
      "{'descr': '" + descr + "', 'fortran_order': " + order + ", 'shape': (" + shape + "), }      \n", data, version);
}

}  // namespace dlac::test
