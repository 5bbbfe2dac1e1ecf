#pragma once
// The wires from one feeder to the PEs of its row or column. Valid and data are broadcast; ready is the AND of the
// active PEs' ready signals, kept as the number of PEs whose queue is full.

#include <cstdint>
#include <systemc>
#include <utility>
#include <vector>

#include "sim/hw/operand_queue.h"

namespace dlac::hw {

/// A feeder that waits for its bus.
class ready_listener_if {
 public:
  virtual ~ready_listener_if() = default;
  virtual void bus_ready() = 0;
};

/// The feeder's side.
class operand_bus_if : public virtual sc_core::sc_interface {
 public:
  /// Chooses the PEs that take part in a tile: the first `active_sinks`. Their queues are empty.
  virtual void begin_tile(std::uint32_t active_sinks) = 0;
  [[nodiscard]] virtual bool ready() const = 0;
  virtual void push(const operand_vector& operands) = 0;
  /// Tells `listener`, once, when a bus that is not ready becomes ready.
  virtual void notify_when_ready(ready_listener_if& listener) = 0;
};

class operand_bus : public sc_core::sc_module, public operand_bus_if, public operand_wires_if {
 public:
  sc_core::sc_port<operand_sink_if, 0> to_pe;

  explicit operand_bus(sc_core::sc_module_name name) : sc_module(name), to_pe("to_pe") {}
  /// The depth of the queues behind the bus: before the first program, and between programs.
  void configure(std::uint32_t queue_depth) { slots_.resize(queue_depth); }

  void end_of_elaboration() override {
    for (int i = 0; i < to_pe.size(); ++i) {
      sinks_.push_back(to_pe[i]);
    }
  }

  void begin_tile(std::uint32_t active_sinks) override {
    active_sinks_ = active_sinks;
    full_queues_ = 0;
    tail_ = 0;
  }
  [[nodiscard]] bool ready() const override { return full_queues_ == 0; }
  void push(const operand_vector& operands) override {
    slots_[tail_] = operands;
    tail_ = tail_ + 1 == slots_.size() ? 0 : tail_ + 1;
    std::uint32_t full = 0;
    for (std::uint32_t i = 0; i < active_sinks_; ++i) {
      full += sinks_[i]->push() ? 0U : 1U;
    }
    full_queues_ += full;
  }
  void notify_when_ready(ready_listener_if& listener) override { waiting_feeder_ = &listener; }

  [[nodiscard]] const operand_vector* slots() const override { return slots_.data(); }
  void slot_freed() override {
    if (--full_queues_ == 0 && waiting_feeder_ != nullptr) {
      std::exchange(waiting_feeder_, nullptr)->bus_ready();
    }
  }
  [[nodiscard]] std::uint32_t full_queues() const { return full_queues_; }

 private:
  std::vector<operand_sink_if*> sinks_;
  std::vector<operand_vector> slots_;
  std::size_t tail_ = 0;
  std::uint32_t active_sinks_ = 0;
  std::uint32_t full_queues_ = 0;
  ready_listener_if* waiting_feeder_ = nullptr;
};

}  // namespace dlac::hw
