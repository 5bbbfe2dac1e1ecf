#include "sim/hw/loader.h"

#include <map>
#include <tuple>

namespace dlac::hw {
namespace {

/// A fetch and the operand it is of, as the tag of its request.
std::uint64_t tag_of(std::uint64_t fetch, bool columns) {
  return fetch * 2 + (columns ? 1 : 0);
}

/// Gives the chunks of one operand their places, one behind the other in the order of their first fetch. A chunk that
/// is fetched again is found where it was.
class chunk_layout {
 public:
  explicit chunk_layout(const memory_channel& channel) : channel_(channel) {}

  /// The offset of the chunk of tile row or column `tile` that `use` names.
  std::uint64_t place(std::uint64_t tile, const chunk_use& use, std::uint64_t bytes) {
    const auto [entry, is_new] = places_.try_emplace({tile, use.first_step, use.steps}, end_);
    if (is_new) {
      end_ = channel_.aligned(end_ + bytes);
    }
    return entry->second;
  }

 private:
  const memory_channel& channel_;
  std::map<std::tuple<std::uint64_t, std::uint64_t, std::uint64_t>, std::uint64_t> places_;
  std::uint64_t end_ = 0;
};

}  // namespace

loader::loader(sc_core::sc_module_name name, clock_domain& clock)
    : sc_module(name), channel("channel", clock), feature_maps("feature_maps"), weights("weights"), clock_(clock) {
  channel.serve(*this);
  SC_METHOD(proceed);
  sensitive << slot_event_;
  dont_initialize();
}

void loader::place(const memory_limits& limits) {
  const memory_map map(limits);
  channel.limit_requests(limits);
  row_region_ = map.rows;
  column_region_ = map.columns;
}

void loader::start(const mm_op_program& program) {
  plan_ = &*program.memory;
  next_use_ = 0;
  at_columns_ = false;
  lay_out(program);
  proceed();
}

void loader::lay_out(const mm_op_program& program) {
  chunk_layout rows(channel);
  chunk_layout columns(channel);
  row_offsets_.resize(plan_->row_fetches);
  column_offsets_.resize(plan_->column_fetches);
  for (std::uint64_t i = 0; i + 1 < plan_->first_use.size(); ++i) {
    const auto position = program.tiles.at(i);
    for (auto u = plan_->first_use[i]; u < plan_->first_use[i + 1]; ++u) {
      const auto& use = plan_->uses[u];
      if (use.row.begins_fetch) {
        row_offsets_[use.row.fetch] = rows.place(position.mt, use, use.row.bytes);
      }
      if (use.column.begins_fetch) {
        column_offsets_[use.column.fetch] = columns.place(position.nt, use, use.column.bytes);
      }
    }
  }
}

// The slot is free in the cycle after the last push.
void loader::use_streamed() {
  clock_.wake(phase::compute, clock_.now() + 1, slot_event_);
}
void loader::channel_free() {
  proceed();
}

void loader::responded(std::uint64_t tag) {
  (tag % 2 == 0 ? feature_maps : weights)->chunk_arrived(tag / 2);
}

void loader::proceed() {
  while (!channel.busy() && next_use_ < plan_->uses.size() && fetch_next()) {
  }
}

void loader::begin_fetch(const chunk_operand& operand) {
  const auto tag = tag_of(operand.fetch, at_columns_);
  if (operand.bytes == 0) {
    channel.skip_transfer(plan_->latency, tag);
  } else {
    const auto& offsets = at_columns_ ? column_offsets_ : row_offsets_;
    channel.transfer(tlm::TLM_READ_COMMAND, at_columns_ ? column_region_ : row_region_, offsets[operand.fetch],
                     operand.bytes, tag);
  }
}

/// Looks at the next operand; false when its slot is not free yet.
bool loader::fetch_next() {
  const auto& use = plan_->uses[next_use_];
  const auto& operand = at_columns_ ? use.column : use.row;
  if (operand.begins_fetch) {
    auto& buffer = at_columns_ ? weights : feature_maps;
    if (buffer->streamed_uses() < operand.free_after) {
      return false;
    }
    begin_fetch(operand);
  }
  next_use_ += at_columns_ ? 1 : 0;
  at_columns_ = !at_columns_;
  return true;
}

}  // namespace dlac::hw
