#include "sim/engine/network_run.h"

#include <fmt/format.h>

#include <algorithm>
#include <limits>
#include <new>
#include <utility>
#include <variant>

#include "sim/core/error.h"
#include "sim/core/memory_pool.h"
#include "sim/core/ordered_tasks.h"
#include "sim/core/stop.h"
#include "sim/core/text.h"
#include "sim/engine/memory_need.h"
#include "sim/engine/program_choice.h"
#include "sim/engine/value_check.h"
#include "sim/mapping/mm_op.h"
#include "sim/mapping/values.h"
#include "sim/timing/fast_count.h"

namespace dlac {
namespace {

struct layer_pass {
  const layer* of = nullptr;
  pass_kind pass = pass_kind::forward;
};

std::vector<layer_pass> schedule(const network& net, const std::vector<const layer*>& layers, run_kind kind) {
  std::vector<layer_pass> passes;
  passes.reserve(3 * layers.size());
  for (const auto* l : layers) {
    passes.push_back({l, pass_kind::forward});
  }
  if (kind == run_kind::training) {
    for (auto i = layers.size(); i > 0; --i) {
      const auto* l = layers[i - 1];
      if (net.has_backward_data(*l)) {
        passes.push_back({l, pass_kind::backward_data});
      }
      passes.push_back({l, pass_kind::backward_weight});
    }
  }
  return passes;
}

layer_masks load_masks(const accelerator_config& config, const layer& l, pass_kind pass,
                       const operand_provider& operands) {
  layer_masks masks;
  if (pass != pass_kind::backward_data || skips_outputs(config, pass)) {
    masks.activations = operands.activation_mask(l);
  }
  if (pass != pass_kind::backward_weight) {
    masks.weights = operands.weight_mask(l);
  }
  if (pass != pass_kind::forward) {
    masks.gradients = operands.gradient_mask(l);
  }
  return masks;
}

void add_operands(layer_result& result, const mm_op& op) {
  if (result.mm_ops++ == 0) {
    result.m = op.m;
    result.n = op.n;
    result.k = op.k;
  }
  result.products += all_products(op);
  result.outputs += op.m * op.n;
  result.effectual_macs += effectual_macs(op);
  result.row.nonzeros += op.row_mask.count();
  result.row.elements += op.m * op.k;
  result.column.nonzeros += op.column_mask.count();
  result.column.elements += op.n * op.k;
}

/// The same machine without any skipping.
accelerator_config dense_machine(accelerator_config config) {
  config.skip = skip_mode::none;
  config.skip_outputs = false;
  return config;
}

bool skips_anything(const accelerator_config& config, pass_kind pass) {
  return config.skip != skip_mode::none || skips_outputs(config, pass);
}

/// Runs the mmOps of a pass one after the other; only one of them is in memory at a time.
class pass_run {
 public:
  pass_run(const accelerator_config& config, const network& net, const layer& l, pass_kind pass,
           const operand_provider& operands, bool with_values, unsigned threads)
      : config_(config),
        net_(net),
        layer_(l),
        pass_(pass),
        operands_(operands),
        with_values_(with_values),
        threads_(threads),
        masks_(load_masks(config, l, pass, operands)),
        epilogue_(pass_epilogue(l, pass)) {
    result_.name = l.name;
    result_.pass = pass;
    result_.dense_macs = l.dense_macs(net.batch);
    result_.formats = config.formats(pass, l.weights);
    result_.lanes = config.lanes(result_.formats);
    if (l.recorded && pass == pass_kind::forward) {
      result_.checked.recorded_of = l.recorded_shape(net.batch).elements();
    }
  }

  layer_result run(engine& runner) {
    if (with_values_) {
      values_ = load_values(net_, layer_, pass_, operands_, config_.numbers());
      output_.assign(output_shape(layer_, pass_, net_.batch).elements(), 0.0F);
    }
    const auto shapes = mm_op_shapes(layer_, pass_, net_.batch);
    for (const auto& shape : shapes) {
      auto op = make_mm_op(layer_, shape, masks_);
      if (skips_outputs(config_, pass_)) {
        op.needed = outputs_kept_by_relu(layer_, op, masks_.activations);
      }
      if (result_.mm_ops == 0) {
        choose(op, shapes);
      }
      add_operands(result_, op);
      run_mm_op(op, runner);
    }
    check_invariants(result_, config_, runner.keeps_bandwidth());
    if (with_values_) {
      check_values(net_, layer_, pass_, config_.numbers(), output_, operands_, result_.checked);
    }
    return std::move(result_);
  }

 private:
  void choose(const mm_op& first, const std::vector<mm_op_shape>& shapes) {
    const auto choice = choose_program(config_, layer_, first, shapes, masks_);
    result_.block = choice.block;
    result_.order = choice.order;
    for (const auto& op : epilogue_) {
      result_.epilogue.emplace_back(to_string(op.kind));
    }
  }

  void run_mm_op(const mm_op& op, engine& runner) {
    const auto values = with_values_ ? make_mm_op_values(layer_, values_, op) : nullptr;
    mm_op_program program(config_, op, result_.block, result_.order, epilogue_, values.get());
    program.memory = plan_mm_op(config_, op, masks_, {result_.block, result_.order});
    const auto done = runner.run(program);
    result_.counters += done.counters;
    result_.checked.engines += runner.counters_compared();
    if (program.memory) {
      result_.traffic += program.memory->traffic;
    }
    result_.dense += skips_anything(config_, pass_) ? dense_counters(op, program) : done.counters;
    if (values) {
      place_outputs(op, *values, done.outputs, output_);
    }
  }

  layer_counters dense_counters(const mm_op& op, const mm_op_program& program) const {
    const auto config = dense_machine(config_);
    mm_op_program dense(config, op, result_.block, result_.order, epilogue_);
    dense.memory = program.memory;
    return fast_count_mm_op(config, dense, threads_);
  }

  const accelerator_config& config_;
  const network& net_;
  const layer& layer_;
  pass_kind pass_;
  const operand_provider& operands_;
  bool with_values_;
  unsigned threads_;
  layer_masks masks_;
  std::vector<pt_wise_op> epilogue_;
  layer_values values_;
  std::vector<float> output_;  ///< with values
  layer_result result_;
};

std::string message_of(const layer_pass& pass, std::string_view what) {
  return fmt::format("layer {} ({}): {}", in_quotes(pass.of->name), to_string(pass.pass), what);
}

/// What each pass needs. Throws input_error for the first that cannot have it.
std::vector<memory_need> needs_of(const accelerator_config& config, const std::vector<layer_pass>& passes,
                                  std::uint32_t batch, bool values) {
  std::vector<memory_need> needs;
  needs.reserve(passes.size());
  for (const auto& pass : passes) {
    needs.push_back(memory_need_of(config, *pass.of, pass.pass, batch, values));
    try {
      process_memory().check(needs.back().least);
    } catch (const memory_shortage& shortage) {
      throw input_error(message_of(pass, shortage.what()));
    }
  }
  return needs;
}

/// Throws input_error where the clocked core cannot have what its modules take.
void check_clocked_core(const accelerator_config& config) {
  try {
    process_memory().check(clocked_core_need(config));
  } catch (const memory_shortage& shortage) {
    throw input_error(fmt::format("config {}, {} x {} PEs of the clocked core: {}", in_quotes(config.name),
                                  config.grid.rows, config.grid.cols, shortage.what()));
  }
}

/// Runs a pass when there is memory for it. What runs out of it beside others is run again when nothing else is.
template <class Run>
layer_result run_in_memory(const layer_pass& pass, const memory_need& need, bool may_repeat, const Run& run) {
  if (may_repeat) {
    try {
      const auto claim = process_memory().take(need.least, need.most);
      return run();
    } catch (const std::bad_alloc&) {  // all that it had is given back
    }
  }
  try {
    const auto all = process_memory().take(need.least, std::numeric_limits<std::uint64_t>::max());
    return run();
  } catch (const memory_shortage& shortage) {
    throw out_of_memory_error(message_of(pass, shortage.what()));
  } catch (const std::bad_alloc&) {
    throw out_of_memory_error(message_of(pass, out_of_memory_text()));
  }
}

}  // namespace

void check_machine(const accelerator_config& config, run_kind kind) {
  if (kind == run_kind::training && !trains(config.mode)) {
    std::vector<std::string_view> training_modes;
    for (const auto mode : machine_modes) {
      if (trains(mode)) {
        training_modes.push_back(to_string(mode));
      }
    }
    throw input_error(fmt::format("config {}", in_quotes(config.name)), "/mode", in_quotes(to_string(config.mode)),
                      fmt::format("{} for a training pass", quoted_list(training_modes)));
  }
}

void check_operands(const operand_provider& operands, const std::vector<const layer*>& layers, run_kind kind,
                    bool values) {
  if (kind == run_kind::training) {
    operands.check_training(layers, values);
  } else {
    operands.check_forward(layers, values);
  }
}

network_result run_layers(const accelerator_config& config, const network& net, const std::vector<const layer*>& layers,
                          const operand_provider& operands, const run_options& options) {
  check_machine(config, options.kind);
  const auto passes = schedule(net, layers, options.kind);
  const bool values = computes_values(options.engine);
  const auto needs = needs_of(config, passes, net.batch, values);
  // Threads go to layers first; when there are more of them, the rest to the tiles of each.
  const auto jobs = std::max(jobs_of(options.engine), 1U);
  const auto layer_jobs = std::clamp<unsigned>(static_cast<unsigned>(passes.size()), 1U, jobs);
  const auto threads = jobs / layer_jobs;
  const bool is_fast = std::holds_alternative<by_fast_engine>(options.engine);
  if (!is_fast) {
    check_clocked_core(config);
  }
  const auto of_a_job = is_fast ? engine_choice(by_fast_engine{threads}) : options.engine;
  std::vector<std::unique_ptr<engine>> engines;
  for (unsigned job = 0; job < layer_jobs; ++job) {
    engines.push_back(make_engine(of_a_job, config));
  }
  ordered_tasks<layer_result> tasks(passes.size(), layer_jobs, [&](unsigned job, std::size_t i) {
    heed_stop();
    return run_in_memory(passes[i], needs[i], is_fast, [&] {
      return pass_run(config, net, *passes[i].of, passes[i].pass, operands, values, threads).run(*engines[job]);
    });
  });
  network_result result{.engine = std::string(engines.front()->name()), .kind = options.kind, .layers = {}};
  for (std::size_t i = 0; i < passes.size(); ++i) {
    const auto& [l, pass] = passes[i];
    if (options.progress) {
      options.progress(i, passes.size(),
                       pass == pass_kind::forward ? l->name : fmt::format("{}, {}", l->name, to_string(pass)));
    }
    try {
      result.layers.push_back(tasks.result(i));
    } catch (const interruption&) {
      result.planned = passes.size();  // with several jobs a later one may be done
    }
  }
  if (result.planned && !options.keeps_partial) {
    throw interruption();
  }
  return result;
}

}  // namespace dlac
