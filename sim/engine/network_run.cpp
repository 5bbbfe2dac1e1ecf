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
#include "sim/engine/pass_run.h"

namespace dlac {
namespace {

std::string message_of(const layer_pass& pass, std::string_view what) {
  return fmt::format("layer {} ({}): {}", in_quotes(pass.of->name), to_string(pass.pass), what);
}

/// What each pass needs, with so many bytes beside it. Throws input_error for the first that cannot have it.
std::vector<memory_need> needs_of(const accelerator_config& config, const std::vector<layer_pass>& passes,
                                  std::uint32_t batch, bool values, std::uint64_t beside) {
  std::vector<memory_need> needs;
  needs.reserve(passes.size());
  for (const auto& pass : passes) {
    const auto own = memory_need_of(config, *pass.of, pass.pass, batch, values);
    needs.push_back({own.least + beside, own.most + beside});
    try {
      process_memory().check(needs.back().least);
    } catch (const memory_shortage& shortage) {
      throw input_error(message_of(pass, shortage.what()));
    }
  }
  return needs;
}

/// Throws input_error where a PE's integer has no room for the sum of a slice.
void check_slices(const accelerator_config& config, const std::vector<layer_pass>& passes, std::uint32_t batch) {
  for (const auto& [l, pass] : passes) {
    const auto shape = largest_mm_op_shape(*l, pass, batch);
    if (const auto products = slice_products(shape, formats_of(config, shape)); products > longest_slice) {
      throw input_error(
          fmt::format("config {}", in_quotes(config.name)), "/numbers",
          fmt::format("{} products of layer {} ({}) with one scale", products, in_quotes(l->name), to_string(pass)),
          fmt::format("at most {}, the sum of which an integer of a PE has room for", longest_slice));
    }
  }
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

/// Throws input_error where a block would be chosen by an energy that nobody counts.
void check_objective(const accelerator_config& config, const run_options& options) {
  const auto objective = config.mapping.objective;
  if (objective != mapping_objective::cycles && !options.energy) {
    throw input_error(fmt::format("config {}", in_quotes(config.name)), "/mapping/objective",
                      in_quotes(to_string(objective)), "\"cycles\" for a run without a technology table");
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

std::vector<layer_pass> passes_of(const network& net, const std::vector<const layer*>& layers, run_kind kind) {
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

void check_layer_formats(const accelerator_config& config, const network& net,
                         const std::vector<const layer*>& layers) {
  for (const layer* const l : layers) {
    if (!l->numbers && !l->is_matmul()) {
      continue;
    }
    const auto index = std::find_if(net.layers.begin(), net.layers.end(),
                                    [&](const layer& candidate) { return candidate.name == l->name; }) -
                       net.layers.begin();
    check_layer_numbers(config, l->numbers.value_or(given_numbers()), l->weights, net.file,
                        fmt::format("/layers/{}{}", index, l->numbers ? "/numbers" : ""));
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
  check_objective(config, options);
  check_layer_formats(config, net, layers);
  const auto passes = passes_of(net, layers, options.kind);
  check_slices(config, passes, net.batch);
  const bool values = computes_values(options.engine);
  const auto maps = options.functional;
  const auto needs =
      needs_of(config, passes, net.batch, values || maps != nullptr, maps != nullptr ? maps->most_bytes(layers) : 0);
  // Threads go to layers first; when there are more of them, the rest to the tiles of each.
  const auto jobs = std::max(jobs_of(options.engine), 1U);
  const auto most_jobs = maps != nullptr ? std::size_t{1} : passes.size();
  const auto layer_jobs = std::clamp<unsigned>(static_cast<unsigned>(most_jobs), 1U, jobs);
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
  if (maps != nullptr) {
    maps->begin(layers, operands);
  }
  const auto hear = [&](const layer& l, pass_kind pass, const std::vector<float>& output) {
    if (maps != nullptr) {
      maps->take(l, output);
    }
    if (options.outputs) {
      options.outputs(l, pass, output);
    }
  };
  ordered_tasks<layer_result> tasks(passes.size(), layer_jobs, [&](unsigned job, std::size_t i) {
    heed_stop();
    return run_in_memory(passes[i], needs[i], is_fast, [&] {
      if (maps != nullptr) {
        maps->advance_to(*passes[i].of);
      }
      return run_pass({config, net, *passes[i].of, passes[i].pass, operands, values, threads, hear,
                       maps != nullptr && !values, options.energy},
                      *engines[job]);
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
  if (maps != nullptr && !result.planned) {
    result.functional = maps->end();
  }
  if (result.planned && !options.keeps_partial) {
    throw interruption();
  }
  return result;
}

}  // namespace dlac
