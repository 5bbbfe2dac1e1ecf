#include "sim/hw/pe_grid.h"

namespace dlac::hw {
namespace {

pe_tile share_of(const tile_job& job, std::uint32_t r, std::uint32_t c) {
  const auto& rows = job.program->tiles.rows;
  const auto& cols = job.program->tiles.cols;
  return {job.program,
          rows.first(job.position.mt) + std::uint64_t{r} * rows.block,
          cols.first(job.position.nt) + std::uint64_t{c} * cols.block,
          rows.valid(job.position.mt, r),
          cols.valid(job.position.nt, c),
          job.bank};
}

auto make_bus(clock_domain& clock, const accelerator_config& config) {
  return [&clock, depth = config.pe.operand_queue_depth](const char* name, std::size_t) {
    return new operand_bus(name, clock, depth);
  };
}

}  // namespace

pe_row::pe_row(sc_core::sc_module_name name, clock_domain& clock, const accelerator_config& config)
    : sc_module(name),
      gate_(clock, config.grid.cols),
      pe("pe", config.grid.cols, [&](const char* pe_name, std::size_t index) {
        return new processing_element(pe_name, gate_, static_cast<std::uint32_t>(index), config);
      }) {
  SC_METHOD(clock_edge);
  sensitive << gate_.edge();
  dont_initialize();
}

void pe_row::clock_edge() {
  gate_.fire([this](std::size_t index) { pe[index].clock_edge(); });
}

pe_grid::pe_grid(sc_core::sc_module_name name, clock_domain& clock, const accelerator_config& config)
    : sc_module(name),
      row_bus("row_bus", config.grid.rows, make_bus(clock, config)),
      column_bus("column_bus", config.grid.cols, make_bus(clock, config)),
      row("row", config.grid.rows,
          [&](const char* row_name, std::size_t) { return new pe_row(row_name, clock, config); }),
      shape_(config.grid) {}

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
  if (job.program->values == nullptr) {
    return;
  }
  for (std::uint32_t c = 0; c < job.active_columns(); ++c) {
    at(row_index, c).store_outputs(share_of(job, row_index, c));
  }
}

}  // namespace dlac::hw
