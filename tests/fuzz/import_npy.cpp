// The reader of NumPy's arrays, on any bytes: its header and its values.

#include <stdexcept>

#include "sim/import/npy_file.h"
#include "tests/fuzz/readers.h"

namespace dlac::fuzz {

void import_npy_file(const std::string& path) {
  const npy_file file(path);
  if (file.values().size() != file.elements()) {
    throw std::logic_error("not as many values as the shape has");
  }
}

}  // namespace dlac::fuzz
