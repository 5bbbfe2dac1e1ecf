#pragma once
// Arrays of NumPy, .npy of versions 1.0, 2.0 and 3.0: mapped, checked, and read as floats in C order. None of its
// numbers is trusted.

#include <cstdint>
#include <string>
#include <vector>

#include "sim/trace/mapped_file.h"

namespace dlac {

/// What the elements are.
struct npy_dtype {
  char kind = 'f';        ///< f: IEEE float, i: signed, u: unsigned, b: bool
  std::size_t bytes = 4;  ///< of an element
  bool is_big_endian = false;
};

class npy_file {
 public:
  /// Throws input_error naming the file and the part of its header.
  explicit npy_file(const std::string& path);

  [[nodiscard]] const std::string& path() const { return path_; }
  [[nodiscard]] const npy_dtype& dtype() const { return dtype_; }
  [[nodiscard]] const std::vector<std::uint64_t>& shape() const { return shape_; }
  [[nodiscard]] std::uint64_t elements() const { return elements_; }
  /// In C order, each the nearest float. Throws input_error, naming the element, for one that is not finite or too
  /// large for a float; changed_file if the file has changed by then.
  [[nodiscard]] std::vector<float> values() const;

 private:
  std::string path_;
  mapped_file file_;
  npy_dtype dtype_;
  bool is_fortran_order_ = false;
  std::vector<std::uint64_t> shape_;
  std::uint64_t elements_ = 1;
  std::size_t data_begin_ = 0;
};

}  // namespace dlac
