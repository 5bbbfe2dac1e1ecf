#pragma once
// The header of a .npy file: a Python literal, {'descr': '<f4', 'fortran_order': False, 'shape': (1, 3, 4, 4), }, read
// strictly.

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace dlac {

struct npy_header {
  std::string descr;
  bool is_fortran_order = false;
  std::vector<std::uint64_t> shape;
};

/// Throws input_error for anything but these three keys, each once, with values of their kinds. `file` names it.
npy_header parse_npy_header(std::string_view text, const std::string& file);

}  // namespace dlac
