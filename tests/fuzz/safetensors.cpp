// The reader and the checks of traces, on any bytes.

#include "sim/trace/safetensors.h"

#include "sim/trace/trace_summary.h"
#include "tests/fuzz/readers.h"

namespace dlac::fuzz {

void read_safetensors_file(const std::string& path) {
  static_cast<void>(format_table(summarise_trace(safetensors_file(path))));
  static_cast<void>(check_trace(path, formats_of(machine_mode::fp16_inference)));
}

}  // namespace dlac::fuzz
