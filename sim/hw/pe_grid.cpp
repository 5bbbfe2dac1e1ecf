#include "sim/hw/pe_grid.h"

#include <algorithm>

#include "sim/contract/step_cost.h"

namespace dlac::hw {
pe_row::pe_row(sc_core::sc_module_name name, clock_domain& clock, std::uint32_t pes)
    : sc_module(name),
      barrier("barrier"),
      gate_(clock, phase::compute, pes),
      pt_wise_gate_(clock, phase::compute, pes),
      sequencers_(pes),
      pe("pe") {
  pe.init(pes, [&](const char* pe_name, std::size_t index) {
    const auto place = static_cast<std::uint32_t>(index);
    sequencers_[index].place(gate_, place);
    return new processing_element(pe_name, {sequencers_[index], pt_wise_gate_, place});
  });
  SC_METHOD(clock_edge);
  sensitive << gate_.edge();
  dont_initialize();
  SC_METHOD(pt_wise_edge);
  sensitive << pt_wise_gate_.edge();
  dont_initialize();
}

void pe_row::end_of_elaboration() {
  std::for_each(pe.begin(), pe.end(), [&](processing_element& each) { each.meet_at(*barrier.operator->()); });
}

void pe_row::clock_edge() {
  gate_.fire([this](std::size_t index) { sequencers_[index].clock_edge(); });
}

void pe_row::pt_wise_edge() {
  pt_wise_gate_.fire([this](std::size_t index) { pe[index].end_pt_wise_op(); });
}

pe_grid::pe_grid(sc_core::sc_module_name name, clock_domain& clock, const grid_shape& shape)
    : sc_module(name),
      row_bus("row_bus", shape.rows),
      column_bus("column_bus", shape.cols),
      row("row", shape.rows,
          [&](const char* row_name, std::size_t) { return new pe_row(row_name, clock, shape.cols); }),
      shape_(shape) {}

void pe_grid::configure(const accelerator_config& config) {
  for (auto* buses : {&row_bus, &column_bus}) {
    std::for_each(buses->begin(), buses->end(),
                  [&](operand_bus& bus) { bus.configure(config.pe.operand_queue_depth); });
  }
  for (std::uint32_t r = 0; r < shape_.rows; ++r) {
    for (std::uint32_t c = 0; c < shape_.cols; ++c) {
      at(r, c).configure(config);
    }
  }
}

void pe_grid::load(const mm_op_program& program) {
  for (std::uint32_t r = 0; r < shape_.rows; ++r) {
    for (std::uint32_t c = 0; c < shape_.cols; ++c) {
      at(r, c).load();
    }
  }
  step_costs_.resize(std::size_t{program.tiles.block().m} * program.tiles.block().n + 1);
  for (std::uint32_t products = 0; products < step_costs_.size(); ++products) {
    step_costs_[products] = static_cast<std::uint16_t>(step_cost(products, program.lanes));
  }
}

output_work pe_grid::counters() const {
  output_work sum;
  for (std::uint32_t r = 0; r < shape_.rows; ++r) {
    for (std::uint32_t c = 0; c < shape_.cols; ++c) {
      const auto& work = at(r, c).counters();
      sum.pt_mul_adds += work.pt_mul_adds;
      sum.pt_adds += work.pt_adds;
      sum.slice_mul_adds += work.slice_mul_adds;
      sum.slice_adds += work.slice_adds;
    }
  }
  return sum;
}

std::uint64_t pe_grid::saturated_sums() const {
  std::uint64_t sum = 0;
  for (std::uint32_t r = 0; r < shape_.rows; ++r) {
    for (std::uint32_t c = 0; c < shape_.cols; ++c) {
      sum += at(r, c).saturated_sums();
    }
  }
  return sum;
}

pe_tile pe_grid::share_of(const tile_job& job, std::uint32_t r, std::uint32_t c) const {
  const auto& rows = job.program->tiles.rows;
  const auto& cols = job.program->tiles.cols;
  return {job.program,
          step_costs_.data(),
          rows.first(job.position.mt) + std::uint64_t{r} * rows.block,
          cols.first(job.position.nt) + std::uint64_t{c} * cols.block,
          rows.valid(job.position.mt, r),
          cols.valid(job.position.nt, c),
          job.bank};
}

void pe_grid::begin_tile(const tile_job& job) {
  for (std::uint32_t r = 0; r < job.active_rows(); ++r) {
    for (std::uint32_t c = 0; c < job.active_columns(); ++c) {
      at(r, c).begin_tile(share_of(job, r, c));
    }
  }
}

void pe_grid::begin_pt_wise_op(const tile_job& job, std::size_t op) {
  for (std::uint32_t r = 0; r < job.active_rows(); ++r) {
    for (std::uint32_t c = 0; c < job.active_columns(); ++c) {
      at(r, c).begin_pt_wise_op(op);
    }
  }
}

void pe_grid::store_row(const tile_job& job, std::uint32_t row_index) {
  if (job.outputs.empty()) {
    return;
  }
  for (std::uint32_t c = 0; c < job.active_columns(); ++c) {
    at(row_index, c).store_outputs(share_of(job, row_index, c), job.outputs);
  }
}

}  // namespace dlac::hw
