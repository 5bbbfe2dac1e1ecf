#include "sim/api/import.h"

#include <filesystem>
#include <stdexcept>
#include <utility>

#include "sim/core/error.h"
#include "sim/core/file_io.h"
#include "sim/import/scalesim.h"
#include "sim/import/timeloop.h"

namespace dlac {
namespace {

imported_network read_source(const import_request& request) {
  switch (request.format) {
    case import_format::scalesim:
      return read_scalesim_topology(request.from, request.options);
    case import_format::timeloop:
      return read_timeloop_shapes(request.from, request.options);
  }
  throw std::logic_error("no such import_format");
}

std::uint64_t macs_of(const network& net) {
  std::uint64_t macs = 0;
  for (const layer& l : net.layers) {
    macs += l.dense_macs(net.batch);
  }
  return macs;
}

}  // namespace

import_result import_network(const import_request& request) {
  const imported_network imported = read_source(request);
  const std::string path = (std::filesystem::path(request.folder) / (imported.file.name + ".json")).string();
  workload_text workload = write_workload(imported, path);
  new_folders made;
  made.make(request.folder);
  atomic_files files;
  files.add(path, workload.text);
  files.commit();
  const std::uint64_t macs = macs_of(workload.net);
  return {.net = std::move(workload.net), .macs = macs, .files = {path}, .warnings = imported.warnings};
}

}  // namespace dlac
