#include "sim/engine/fast_engine.h"

#include "sim/timing/fast_count.h"

namespace dlac {

mm_op_result fast_engine::run(const mm_op_program& program) {
  return {.counters = fast_count_mm_op(config_, program, threads_), .outputs = {}};
}

std::size_t fast_engine::wanted_at_once(const mm_op_program& program) const {
  return mm_ops_side_by_side(program);
}

std::vector<mm_op_result> fast_engine::run_alike(std::span<const mm_op_program> programs) {
  if (programs.size() == 1) {
    return {run(programs.front())};
  }
  std::vector<mm_op_result> results;
  results.reserve(programs.size());
  for (const auto& counters : fast_count_alike_mm_ops(config_, programs)) {
    results.push_back({.counters = counters, .outputs = {}});
  }
  return results;
}

}  // namespace dlac
