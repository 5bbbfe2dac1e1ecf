#include "sim/api/import.h"

#include <filesystem>
#include <stdexcept>
#include <utility>

#include "sim/core/error.h"
#include "sim/core/file_io.h"
#include "sim/core/stop.h"
#include "sim/import/npy_folder.h"
#include "sim/import/scalesim.h"
#include "sim/import/timeloop.h"
#include "sim/trace/safetensors_writer.h"

namespace dlac {
namespace {

imported_trace read_source(const import_request& request) {
  switch (request.format) {
    case import_format::scalesim:
      return {.network = read_scalesim_topology(request.from, request.options), .tensors = {}};
    case import_format::timeloop:
      return {.network = read_timeloop_shapes(request.from, request.options), .tensors = {}};
    case import_format::npy:
      return read_npy_folder(request.from, request.options);
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

void write_trace(atomic_file& file, const std::vector<imported_tensor>& tensors) {
  std::vector<tensor_entry> entries;
  entries.reserve(tensors.size());
  for (const imported_tensor& tensor : tensors) {
    entries.push_back(tensor.entry);
  }
  safetensors_writer writer(file, entries, {});
  for (const imported_tensor& tensor : tensors) {
    heed_stop();
    tensor.write(writer);
  }
  writer.commit();
}

}  // namespace

import_result import_network(const import_request& request) {
  const imported_trace imported = read_source(request);
  const workload_file& workload = imported.network.file;
  const auto in_folder = [&](const std::string& name) {
    return (std::filesystem::path(request.folder) / name).string();
  };
  const std::string path = in_folder(workload.name + ".json");
  workload_text written = write_workload(imported.network, path);
  import_result result{.net = {}, .macs = macs_of(written.net), .files = {path}, .warnings = imported.network.warnings};
  new_folders made;
  made.make(request.folder);
  atomic_files files;
  files.add(path, written.text);
  if (workload.trace) {
    result.files.push_back(in_folder(*workload.trace));
    write_trace(files.add(result.files.back()), imported.tensors);
  }
  files.commit();
  result.net = std::move(written.net);
  return result;
}

}  // namespace dlac
