#include "sim/engine/engine.h"

#include "sim/engine/checked_engine.h"
#include "sim/engine/clocked_module.h"
#include "sim/engine/fast_engine.h"

namespace dlac {
namespace {

struct values_of {
  bool operator()(const by_fast_engine& /*choice*/) const { return false; }
  bool operator()(const by_systemc_engine& choice) const { return choice.values; }
  bool operator()(const by_both_engines& choice) const { return choice.values; }
};

struct engine_of {
  const accelerator_config& config;

  std::unique_ptr<engine> operator()(const by_fast_engine& choice) const {
    return std::make_unique<fast_engine>(config, choice.jobs);
  }
  std::unique_ptr<engine> operator()(const by_systemc_engine& choice) const {
    return make_clocked_engine(config, choice.make_memory);
  }
  std::unique_ptr<engine> operator()(const by_both_engines& /*choice*/) const {
    return std::make_unique<checked_engine>(config);
  }
};

}  // namespace

std::vector<mm_op_result> engine::run_alike(std::span<const mm_op_program> programs) {
  std::vector<mm_op_result> results;
  results.reserve(programs.size());
  for (const auto& program : programs) {
    results.push_back(run(program));
  }
  return results;
}

bool computes_values(const engine_choice& choice) {
  return std::visit(values_of{}, choice);
}

unsigned jobs_of(const engine_choice& choice) {
  const auto* const fast = std::get_if<by_fast_engine>(&choice);
  return fast != nullptr ? fast->jobs : 1;
}

std::unique_ptr<engine> make_engine(const engine_choice& choice, const accelerator_config& config) {
  return std::visit(engine_of{config}, choice);
}

}  // namespace dlac
