#include "sim/hw/processing_element.h"

#include <algorithm>
#include <utility>

#include "sim/contract/step_cost.h"
#include "sim/hw/pt_wise_op_unit.h"

namespace dlac::hw {

processing_element::processing_element(sc_core::sc_module_name name, const row_share& share)
    : sc_module(name), row_bus("row_bus"), column_bus("column_bus"), row_(share) {}

void processing_element::configure(const accelerator_config& config) {
  row_.sequencer.configure(config.pe.operand_queue_depth);
  scheduler_ = zero_skip_scheduler(config.skip, config.pe.output_buffers);
  outputs_ = output_buffers(config.pe.output_banks, config.pe.output_buffers);
}

void processing_element::end_of_elaboration() {
  row_.sequencer.connect(*row_bus.operator->(), *column_bus.operator->());
}

void processing_element::meet_at(barrier_if& barrier) {
  barrier_ = &barrier;
  row_.sequencer.meet_at(barrier);
}

void processing_element::begin_tile(const pe_tile& tile) {
  tile_ = tile;
  const auto* values = tile.program->values;
  if (values != nullptr) {
    if (accumulate_ == nullptr) {
      choose_accumulators(*tile.program);
    }
    outputs_.clear(tile_.bank);
  }
  slice_ = 0;
  pe_slices slices;
  if (tile.program->slices) {
    const auto outputs = std::uint64_t{tile.valid_m} * tile.valid_n;
    slices = {tile.program->slices->steps, tile.program->slices->cost(outputs), this};
  }
  row_.sequencer.begin_tile(tile.program->steps, tile.step_costs, values == nullptr ? nullptr : this,
                            tile.program->skipped ? this : nullptr, slices);
}

/// Those of a program that has values. The sums of slices are zero whenever a slice begins.
void processing_element::choose_accumulators(const mm_op_program& program) {
  const pass_formats& formats = program.values->formats();
  end_slice_ = accumulator_for(formats);
  accumulate_ = program.slices ? accumulate_codes : end_slice_;
  slice_sums_.assign(program.slices ? program.tiles.block().outputs() : 0, 0);
  sums_ = state_for(formats.accumulator);
  sums_.slice_sums = slice_sums_.data();
}

element_bits processing_element::needed_outputs(std::uint32_t i) const {
  return {tile_.program->skipped->needed->row(tile_.first_m + i).data(), tile_.first_n};
}

std::uint32_t processing_element::products(const element_bits& rows, const element_bits& columns) const {
  std::uint32_t sum = 0;
  for (std::uint32_t i = 0; i < tile_.valid_m; ++i) {
    const auto needed = needed_outputs(i);
    for (std::uint32_t j = 0; rows[i] && j < tile_.valid_n; ++j) {
      sum += columns[j] && needed[j] ? 1U : 0U;
    }
  }
  return sum;
}

void processing_element::accumulate(const float* row_values, const float* column_values) {
  const auto rows = scheduler_.select_rows(row_values, tile_.valid_m);
  const auto columns = scheduler_.select_columns(column_values, tile_.valid_n);
  const auto block_n = tile_.program->tiles.block().n;
  if (!tile_.program->skipped) {
    accumulate_({row_values, column_values, rows, columns}, block_n, outputs_.at(tile_.bank), sums_);
    return;
  }
  for (const auto& i : rows) {
    const auto needed = scheduler_.keep_needed(columns, needed_outputs(i));
    accumulate_({row_values, column_values, {&i, 1}, needed}, block_n, outputs_.at(tile_.bank), sums_);
  }
}

/// Every valid output takes the slice's sum times its scales, as if it were a product.
void processing_element::end_slice() {
  const auto& slices = *tile_.program->slices;
  const auto outputs = std::uint64_t{tile_.valid_m} * tile_.valid_n;
  (slices.multiplies ? counters_.slice_mul_adds : counters_.slice_adds) += outputs * slices.operations;
  const auto* const values = tile_.program->values;
  if (values == nullptr) {
    return;
  }
  const auto block_n = tile_.program->tiles.block().n;
  const std::uint64_t first_step = slice_++ * slices.steps;
  constexpr std::uint32_t only = 0;
  for (std::uint32_t i = 0; i < tile_.valid_m; ++i) {
    for (std::uint32_t j = 0; j < tile_.valid_n; ++j) {
      const auto place = i * block_n + j;
      const auto sum = static_cast<float>(std::exchange(slice_sums_[place], 0));
      const float scale = values->slice_scale(tile_.first_m + i, tile_.first_n + j, first_step);
      end_slice_({&sum, &scale, {&only, 1}, {&only, 1}}, 1, outputs_.at(tile_.bank) + place, sums_);
    }
  }
}

void processing_element::finish() {
  const auto& values = *tile_.program->values;
  const auto block_n = tile_.program->tiles.block().n;
  const auto for_outputs = [&](const auto& change) {
    for (std::uint32_t i = 0; i < tile_.valid_m; ++i) {
      for (std::uint32_t j = 0; j < tile_.valid_n; ++j) {
        change(outputs_.at(tile_.bank)[i * block_n + j], tile_.first_n + j);
      }
    }
  };
  if (values.formats().accumulator.is_integer()) {
    for_outputs([&](float& output, std::uint64_t n) { output = scaled_sum(output, values.sum_scale(n)); });
  } else if (const auto mantissa = values.sum_mantissa()) {
    for_outputs([&](float& output, std::uint64_t /*n*/) {
      output = rounded(values.formats().pointwise, double{output} * *mantissa);
    });
  }
  outputs_.finish(tile_.bank);
}

void processing_element::begin_pt_wise_op(std::size_t op) {
  pt_wise_op_ = op;
  const auto outputs = std::uint64_t{tile_.valid_m} * tile_.valid_n;
  const auto& instruction = tile_.program->epilogue[op];
  (instruction.multiplies ? counters_.pt_mul_adds : counters_.pt_adds) += outputs;
  pt_wise_end_ = row_.pt_wise_gate.now() + pt_wise_cost(outputs, instruction.lanes);
  row_.pt_wise_gate.wake(row_.index, pt_wise_end_);
}

void processing_element::end_pt_wise_op() {
  if (row_.pt_wise_gate.now() < pt_wise_end_) {
    row_.pt_wise_gate.wake(row_.index, pt_wise_end_);
    return;
  }
  if (tile_.program->values != nullptr) {
    run_pt_wise_op(*tile_.program->values, pt_wise_op_,
                   {outputs_.at(tile_.bank), tile_.program->tiles.block().n, tile_.first_m, tile_.first_n,
                    tile_.valid_m, tile_.valid_n});
  }
  row_.pt_wise_gate.clock().progress();
  barrier_->arrive();
}

void processing_element::store_outputs(const pe_tile& tile, std::span<float> outputs) {
  const auto& tiles = tile.program->tiles;
  for (std::uint32_t i = 0; i < tile.valid_m; ++i) {
    const auto to = outputs.subspan((tile.first_m + i) * tiles.cols.extent + tile.first_n, tile.valid_n);
    std::copy_n(outputs_.at(tile.bank) + std::size_t{i} * tiles.block().n, tile.valid_n, to.begin());
  }
}

}  // namespace dlac::hw
