// The reader of published figures, on any bytes.

#include "sim/validation/figure_file.h"
#include "tests/fuzz/readers.h"

namespace dlac::fuzz {

void read_figure_file(const std::string& path) {
  static_cast<void>(read_figures(path));
}

}  // namespace dlac::fuzz
