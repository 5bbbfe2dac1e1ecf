#pragma once
// Networks out of other tools' files, as the command `dlac import` has them.

#include <cstdint>
#include <string>
#include <vector>

#include "sim/import/imported_network.h"
#include "sim/workload/network.h"

namespace dlac {

/// Whose files they are.
enum class import_format { scalesim, timeloop, npy };

struct import_request {
  import_format format = import_format::scalesim;
  std::string from;    ///< the file, or the folder
  std::string folder;  ///< that the network is written to; made where it does not exist
  import_options options = {};
};

/// What was written.
struct import_result {
  network net;
  std::uint64_t macs = 0;  ///< of its batch
  std::vector<std::string> files;
  std::vector<std::string> warnings;  ///< a line each: what the files do not say, and what was taken for it
};

/// Writes FOLDER/NAME.json, NAME as the file's or folder's, and FOLDER/NAME.safetensors where there are tensors.
/// Nothing is written where anything of it is wrong: throws input_error.
import_result import_network(const import_request& request);

}  // namespace dlac
