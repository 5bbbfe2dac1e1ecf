#pragma once
// The values that a run computes, as a safetensors file: of every pass its output, F32, laid out as in a trace.
//
//   forward          LAYER.output
//   backward-data    LAYER.input_gradients
//   backward-weight  LAYER.updated_weights, of a matmul LAYER.column_gradients

#include <cstdint>
#include <string>
#include <vector>

#include "sim/engine/network_run.h"
#include "sim/trace/safetensors_writer.h"

namespace dlac {

class saved_values {
 public:
  /// The file appears with commit(). Throws input_error for a place that takes no file.
  saved_values(const std::string& path, const network& net, const std::vector<layer_pass>& passes);

  /// The output of the next pass.
  void take(const layer& l, pass_kind pass, const std::vector<float>& output);
  /// Once all of them are there.
  void commit() { writer_.commit(); }

 private:
  std::uint32_t batch_;
  safetensors_writer writer_;
};

}  // namespace dlac
