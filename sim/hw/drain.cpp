#include "sim/hw/drain.h"

#include <algorithm>

#include "sim/contract/step_cost.h"

namespace dlac::hw {

row_drain::row_drain(sc_core::sc_module_name name, clock_domain& clock, std::uint32_t row)
    : sc_module(name), done("done"), clock_(clock), row_(row) {
  SC_METHOD(end);
  sensitive << end_event_;
  dont_initialize();
}

void row_drain::begin(std::uint64_t elements) {
  clock_.wake(phase::compute, clock_.now() + row_drain_cost(elements, elements_per_cycle_), end_event_);
}

void row_drain::end() {
  clock_.progress();
  done->row_drained(row_);
}

drain::drain(sc_core::sc_module_name name, clock_domain& clock, std::uint32_t rows)
    : sc_module(name),
      channel("channel", clock),
      source("source"),
      bank_freed("bank_freed"),
      row("row", rows, [&](const char* row_name, std::size_t index) {
        return new row_drain(row_name, clock, static_cast<std::uint32_t>(index));
      }) {
  channel.serve(*this);
}

void drain::configure(std::uint32_t elements_per_cycle) {
  std::for_each(row.begin(), row.end(), [&](row_drain& each) { each.configure(elements_per_cycle); });
}

void drain::place(const memory_limits& limits) {
  channel.limit_requests(limits);
  region_ = memory_map(limits).outputs;
}

void drain::load() {
  elements_ = 0;
  offset_ = 0;
}

void drain::request(const tile_job& job) {
  jobs_.push_back(job);
  if (jobs_.size() == 1) {
    begin_next();
  }
}

void drain::begin_next() {
  const auto& job = jobs_.front();
  const auto channels = job.program->tiles.cols.valid(job.position.nt);
  draining_parts_ = job.active_rows() + (job.program->memory ? 1 : 0);
  for (std::uint32_t r = 0; r < job.active_rows(); ++r) {
    const auto outputs = job.program->tiles.rows.valid(job.position.mt, r) * channels;
    row[r].begin(outputs);
    elements_ += outputs;
  }
  if (job.program->memory) {
    const auto bytes = job.program->memory->output_bytes[job.index];
    channel.transfer(tlm::TLM_WRITE_COMMAND, region_, offset_, bytes, job.index);
    offset_ = channel.aligned(offset_ + bytes);
  }
}

void drain::row_drained(std::uint32_t row_index) {
  source->store_row(jobs_.front(), row_index);
  part_done();
}

void drain::part_done() {
  if (--draining_parts_ > 0) {
    return;
  }
  const auto bank = jobs_.front().bank;
  jobs_.pop_front();
  bank_freed->bank_freed(bank);
  if (!jobs_.empty()) {
    begin_next();
  }
}

}  // namespace dlac::hw
