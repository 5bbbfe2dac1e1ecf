#include "sim/engine/fast_engine.h"

#include "sim/timing/fast_count.h"

namespace dlac {

layer_counters fast_engine::run(const mm_op_program& program) {
  return fast_count_mm_op(config_, program, threads_);
}

}  // namespace dlac
