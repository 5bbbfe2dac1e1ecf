#pragma once
// Folders of NumPy arrays as DNNsim has them: wgt-LAYER.npy [filters, channels / groups, height, width] and
// act-LAYER-BATCH.npy [images, channels, height, width] of each layer; stride and padding in model.csv or
// trace_params.csv beside them.

#include <functional>
#include <span>
#include <string>
#include <vector>

#include "sim/import/imported_network.h"
#include "sim/trace/safetensors_writer.h"

namespace dlac {

/// The tensors of a trace, each made when it is written: one at a time is in memory.
struct imported_tensor {
  tensor_entry entry;
  std::function<void(safetensors_writer&)> write;
};

struct imported_trace {
  imported_network network;  ///< its file names the trace NAME.safetensors
  std::vector<imported_tensor> tensors;
};

/// Throws input_error with the file and the place.
imported_trace read_npy_folder(const std::string& folder, const import_options& options);

}  // namespace dlac
