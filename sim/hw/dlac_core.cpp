#include "sim/hw/dlac_core.h"

#include <fmt/format.h>

#include <algorithm>
#include <iterator>
#include <utility>
#include <vector>

#include "sim/contract/step_cost.h"
#include "sim/core/error.h"
#include "sim/core/stop.h"

namespace dlac::hw {
namespace {

// No legal wait for progress is longer than a step of B products on one lane, than delivering or draining one element
// per cycle of a whole row of output buffers, or than a transfer: of a slot of a buffer, or of all outputs of a tile,
// at the memory's bandwidth or a byte per cycle. Twice their sum is certainly a deadlock.
cycle idleness_limit(const accelerator_config& config) {
  cycle limit = std::uint64_t{config.pe.output_buffers} * (config.grid.cols + 1);
  if (config.memory) {
    const auto outputs = config.processing_elements() * config.pe.output_buffers;
    const auto output_bytes = outputs * formats_built_for(config).accumulator_bits / 8;
    const auto bytes = std::max({config.weight_buffer_bytes, config.feature_map_buffer_bytes, output_bytes});
    limit += config.memory->latency_cycles +
             std::max(bytes, transfer_cycles(bytes, config.memory->bytes_per_cycle.thousandths));
  }
  return 2 * limit;
}

}  // namespace

dlac_core::dlac_core(sc_core::sc_module_name name, const accelerator_config& config)
    : sc_module(name),
      clock("clock", config.clock_mhz),
      feature_maps("feature_map_buffer", clock, config.grid.rows),
      weights("weight_buffer", clock, config.grid.cols),
      grid("grid", clock, config.grid),
      barrier("barrier", clock),
      output_drain("drain", clock, config.grid.rows),
      fetcher("loader", clock),
      control("controller", {clock, feature_maps, weights, grid, barrier, output_drain, fetcher}) {
  configure(config);
  bind_ports();
}

void dlac_core::configure(const accelerator_config& config) {
  longest_wait_ = idleness_limit(config);
  clock.limit_idleness(longest_wait_ + memory_patience_);
  grid.configure(config);
  output_drain.configure(config.drain_elements_per_cycle);
  control.configure(config.pe.output_banks);
}

void dlac_core::bind_ports() {
  for (std::uint32_t r = 0; r < grid.shape().rows; ++r) {
    feature_maps.feeder[r].bus.bind(grid.row_bus[r]);
    output_drain.row[r].done.bind(output_drain);
    grid.row[r].barrier.bind(barrier);
    for (std::uint32_t c = 0; c < grid.shape().cols; ++c) {
      auto& pe = grid.at(r, c);
      grid.row_bus[r].to_pe.bind(pe.row_operands());
      grid.column_bus[c].to_pe.bind(pe.column_operands());
      pe.row_bus.bind(grid.row_bus[r]);
      pe.column_bus.bind(grid.column_bus[c]);
    }
  }
  for (std::uint32_t c = 0; c < grid.shape().cols; ++c) {
    weights.feeder[c].bus.bind(grid.column_bus[c]);
  }
  feature_maps.barrier.bind(barrier);
  output_drain.source.bind(grid);
  output_drain.bank_freed.bind(control);
  feature_maps.fetcher.bind(fetcher);
  weights.fetcher.bind(fetcher);
  fetcher.feature_maps.bind(feature_maps);
  fetcher.weights.bind(weights);
}

void dlac_core::bind_memory(memory_socket& read, memory_socket& write, const memory_limits& limits) {
  fetcher.place(limits);
  output_drain.place(limits);
  memory_patience_ = limits.patience_cycles;
  clock.limit_idleness(longest_wait_ + memory_patience_);
  if (!limits.acts_ahead) {
    clock.let_others_first();
  }
  fetcher.channel.socket.bind(read);
  output_drain.channel.socket.bind(write);
}

mm_op_result dlac_core::run(const mm_op_program& program) {
  std::vector<float> outputs(program.values != nullptr ? program.tiles.rows.extent * program.tiles.cols.extent : 0);
  control.start(program, outputs);
  sc_core::sc_start();
  heed_stop();
  for (const auto* channel : {&fetcher.channel, &output_drain.channel}) {
    if (!channel->failure().empty()) {
      throw simulation_error(channel->failure());
    }
  }
  if (!control.done() || clock.expired()) {
    throw simulation_error(fmt::format("deadlock: no progress since cycle {}\n{}", clock.last_progress(), state()));
  }
  return {control.counters(), std::move(outputs), program.values != nullptr ? grid.saturated_sums() : 0};
}

std::string dlac_core::state() {
  std::string text;
  auto out = std::back_inserter(text);
  const auto& job = control.job();
  fmt::format_to(out, "controller: {}, tile {} of {}, barrier waits for {}\n", control.state_name(),
                 control.tile_index(), job.program->tiles.tiles(), barrier.missing());
  fmt::format_to(out, "drain: {} tiles pending, {} rows and writes draining\n", output_drain.pending(),
                 output_drain.draining_parts());
  if (job.program->memory) {
    fmt::format_to(out, "loader: at use {} of {}, channel {}, {} row chunks and {} column chunks streamed\n",
                   fetcher.next_use(), fetcher.uses(), fetcher.channel.busy() ? "busy" : "free",
                   feature_maps.streamed_uses(), weights.streamed_uses());
  }
  const auto feeder_line = [&](const char* what, std::uint32_t line, operand_feeder& feeder, operand_bus& bus) {
    fmt::format_to(out, "{} feeder {}: pushed {} of {} steps, {} full queues\n", what, line, feeder.pushed(),
                   feeder.steps(), bus.full_queues());
  };
  for (std::uint32_t r = 0; r < job.active_rows(); ++r) {
    feeder_line("row", r, feature_maps.feeder[r], grid.row_bus[r]);
  }
  for (std::uint32_t c = 0; c < job.active_columns(); ++c) {
    feeder_line("column", c, weights.feeder[c], grid.column_bus[c]);
  }
  for (std::uint32_t r = 0; r < job.active_rows(); ++r) {
    for (std::uint32_t c = 0; c < job.active_columns(); ++c) {
      const auto& pe = grid.at(r, c).sequencer();
      fmt::format_to(out, "PE({},{}): {} of {} steps done, {}, {} row operands and {} column operands queued\n", r, c,
                     job.program->steps - pe.steps_left(), job.program->steps, pe.busy() ? "busy" : "waiting",
                     pe.row_queue().level(), pe.column_queue().level());
    }
  }
  return text;
}

}  // namespace dlac::hw
