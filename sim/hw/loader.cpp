#include "sim/hw/loader.h"

namespace dlac::hw {
namespace {

/// Where the operands of a mmOp lie: in the order of their fetches, rows and columns apart.
constexpr std::uint64_t row_operand_base = 0x1'0000'0000ULL;
constexpr std::uint64_t column_operand_base = 0x2'0000'0000ULL;

/// A fetch and the operand it is of, as the tag of its request.
std::uint64_t tag_of(std::uint64_t fetch, bool columns) {
  return fetch * 2 + (columns ? 1 : 0);
}

}  // namespace

loader::loader(sc_core::sc_module_name name, clock_domain& clock)
    : sc_module(name), channel("channel", clock), feature_maps("feature_maps"), weights("weights"), clock_(clock) {
  channel.serve(*this);
  SC_METHOD(proceed);
  sensitive << slot_event_;
  dont_initialize();
}

void loader::start(const memory_plan& plan) {
  plan_ = &plan;
  next_use_ = 0;
  at_columns_ = false;
  row_address_ = row_operand_base;
  column_address_ = column_operand_base;
  proceed();
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
    auto& address = at_columns_ ? column_address_ : row_address_;
    channel.transfer(tlm::TLM_READ_COMMAND, address, operand.bytes, tag);
    address += operand.bytes;
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
