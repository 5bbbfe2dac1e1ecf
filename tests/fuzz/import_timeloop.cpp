// The importer of Timeloop's layer shapes, on any bytes; what it takes must be a workload.

#include "sim/import/timeloop.h"
#include "tests/fuzz/readers.h"

namespace dlac::fuzz {

void import_timeloop_file(const std::string& path) {
  static_cast<void>(write_workload(read_timeloop_shapes(path, {}), "imported.json"));
}

}  // namespace dlac::fuzz
