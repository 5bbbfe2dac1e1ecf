#include "sim/hw/operand_buffer.h"

#include <algorithm>
#include <utility>

namespace dlac::hw {

operand_buffer::operand_buffer(sc_core::sc_module_name name, clock_domain& clock, std::uint32_t lines)
    : sc_module(name),
      fetcher("fetcher"),
      lines_(lines),
      gate_(clock, phase::feed, lines),
      feeder("feeder", lines, [this](const char* feeder_name, std::size_t line) {
        return new operand_feeder(feeder_name, gate_, *this, static_cast<std::uint32_t>(line));
      }) {
  SC_METHOD(clock_edge);
  sensitive << gate_.edge();
  dont_initialize();
}

void operand_buffer::clock_edge() {
  gate_.fire([this](std::size_t line) { feeder[line].clock_edge(); });
}

void operand_buffer::load(const mm_op_program& program) {
  program_ = &program;
  slab_tile_.reset();
  streamed_uses_ = 0;
  for (std::uint32_t line = 0; line < lines_; ++line) {
    feeder[line].load();
  }
  arrived_.assign(program.memory ? std::max(program.memory->row_fetches, program.memory->column_fetches) : 0,
                  std::nullopt);
  lines_streaming_.assign(program.memory ? program.memory->uses.size() : 0, 0);
}

feeder_counters operand_buffer::counters() const {
  feeder_counters sum;
  for (std::uint32_t line = 0; line < lines_; ++line) {
    sum.elements_read += feeder[line].counters().elements_read;
    sum.elements_queued += feeder[line].counters().elements_queued;
  }
  return sum;
}

void operand_buffer::chunk_arrived(std::uint64_t fetch) {
  arrived_[fetch] = gate_.now();
  for (const auto line : std::exchange(waiting_lines_, {})) {
    gate_.wake(line, gate_.now());
  }
}

std::optional<cycle> operand_buffer::visible_from(std::uint64_t use) const {
  if (!program_->memory) {
    return 0;
  }
  const auto arrived = arrived_[operand_of(program_->memory->uses[use]).fetch];
  return arrived ? std::optional(*arrived + 1) : std::nullopt;
}

std::uint64_t operand_buffer::chunk_end(std::uint64_t use) const {
  if (!program_->memory) {
    return program_->steps;
  }
  return program_->memory->uses[use].first_step + program_->memory->uses[use].steps;
}

// Lines may be a chunk apart, but they end each chunk in order.
void operand_buffer::chunk_streamed(std::uint64_t use) {
  if (program_->memory && --lines_streaming_[use] == 0) {
    streamed_uses_ = use + 1;
    fetcher->use_streamed();
  }
}

void operand_buffer::fill_slab(const operand& source, std::uint64_t tile) {
  if (program_->values == nullptr || slab_tile_ == tile) {
    return;
  }
  const auto stride = source.dimension->tile_extent();
  slab_.resize(program_->steps * stride);
  (program_->values->*source.gather)(source.dimension->first(tile), source.dimension->valid(tile), slab_, stride);
  slab_tile_ = tile;
}

void operand_buffer::begin_lines(const operand& source, std::uint64_t tile, std::uint64_t tile_index,
                                 std::uint32_t active_pes_per_line) {
  fill_slab(source, tile);
  const auto first_use = program_->memory ? program_->memory->first_use[tile_index] : 0;
  if (program_->memory) {
    std::fill(lines_streaming_.begin() + static_cast<std::ptrdiff_t>(first_use),
              lines_streaming_.begin() + static_cast<std::ptrdiff_t>(program_->memory->first_use[tile_index + 1]),
              source.dimension->active_lines(tile));
  }
  for (std::uint32_t line = 0; line < source.dimension->active_lines(tile); ++line) {
    operand_stream stream{source.counts, tile, program_->steps};
    stream.first_use = first_use;
    stream.elements = source.dimension->valid(tile, line);
    stream.mask = source.mask;
    stream.first_element = source.dimension->first(tile) + std::uint64_t{line} * source.dimension->block;
    if (program_->values != nullptr) {
      stream.values = slab_.data() + std::uint64_t{line} * source.dimension->block;
      stream.stride = source.dimension->tile_extent();
    }
    feeder[line].begin_tile(stream, active_pes_per_line);
  }
}

void weight_buffer::begin_tile(tile position, std::uint64_t tile_index) {
  const auto& tiles = program().tiles;
  const auto* mask = program().skipped ? program().skipped->columns : nullptr;
  begin_lines({&program().column_counts, &tiles.cols, mask, &mm_op_values::gather_columns}, position.nt, tile_index,
              tiles.rows.active_lines(position.mt));
}

feature_map_buffer::feature_map_buffer(sc_core::sc_module_name name, clock_domain& clock, std::uint32_t lines)
    : operand_buffer(name, clock, lines), barrier("barrier") {
  SC_METHOD(streaming_done);
  sensitive << streaming_done_event_;
  dont_initialize();
}

void feature_map_buffer::begin_tile(tile position, std::uint64_t tile_index) {
  const auto& tiles = program().tiles;
  const auto* mask = program().skipped ? program().skipped->rows : nullptr;
  begin_lines({&program().row_counts, &tiles.rows, mask, &mm_op_values::gather_rows}, position.mt, tile_index,
              tiles.cols.active_lines(position.nt));
}

void feature_map_buffer::load(const mm_op_program& program) {
  operand_buffer::load(program);
  pt_wise_elements_ = 0;
}

void feature_map_buffer::stream_pt_wise_operand(tile position) {
  const auto& tiles = program().tiles;
  const auto channels = tiles.cols.valid(position.nt);
  pt_wise_elements_ += channels * tiles.rows.valid(position.mt);
  clock().wake(phase::compute, clock().now() + channels, streaming_done_event_);
}

void feature_map_buffer::streaming_done() {
  clock().progress();
  barrier->arrive();
}

}  // namespace dlac::hw
