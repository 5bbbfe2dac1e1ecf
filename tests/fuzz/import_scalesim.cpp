// The importer of SCALE-Sim topologies, on any bytes; what it takes must be a workload.

#include "sim/import/scalesim.h"
#include "tests/fuzz/readers.h"

namespace dlac::fuzz {

void import_scalesim_file(const std::string& path) {
  for (const bool same : {false, true}) {
    static_cast<void>(write_workload(read_scalesim_topology(path, {.same_padding = same}), "imported.json"));
  }
}

}  // namespace dlac::fuzz
