#pragma once
// The control of one PE as plain C++: takes steps from the two operand queues, one after the other, and keeps their
// slots until they end (contract section 5). The SystemC shell around it is processing_element; the sequencers of a
// grid row lie side by side in memory, because every cycle touches many of them and little else.

#include <cstdint>

#include "sim/hw/barrier.h"
#include "sim/hw/clock_gate.h"
#include "sim/hw/operand_queue.h"

namespace dlac::hw {

/// Where the numbers of a step go, when there are any.
class datapath_if {
 public:
  virtual ~datapath_if() = default;
  virtual void accumulate(const float* row_values, const float* column_values) = 0;
  virtual void finish() = 0;
};

/// Tells the products of a step where that is not na * nw.
class product_count_if {
 public:
  virtual ~product_count_if() = default;
  [[nodiscard]] virtual std::uint32_t products(const element_bits& rows, const element_bits& columns) const = 0;
};

/// Told when a slice's last step has ended, whose sums are to be scaled.
class slice_end_if {
 public:
  virtual ~slice_end_if() = default;
  virtual void end_slice() = 0;
};

/// The slices of a tile in a PE.
struct pe_slices {
  std::uint64_t steps = 0;  ///< of a slice; 0: there are none
  std::uint32_t cost = 0;   ///< cycles that the last step of each takes longer
  slice_end_if* listener = nullptr;
};

/// What a PE counted over a tile. Unit: cycles, products.
struct pe_counters {
  std::uint64_t busy = 0;
  std::uint64_t memory = 0;
  std::uint64_t neighbour = 0;
  std::uint64_t products = 0;
  cycle last_end = 0;  ///< when the last step ended or will end; before it, when the tile began
};

inline constexpr std::size_t cache_line_bytes = 64;

class alignas(cache_line_bytes) step_sequencer {
 public:
  /// Gives the sequencer its place in a row; before anything else.
  void place(clock_gate& gate, std::uint32_t index) {
    gate_ = &gate;
    index_ = index;
  }
  /// Gives the queues their depth.
  void configure(std::uint32_t queue_depth) {
    row_queue_ = operand_queue(queue_depth);
    column_queue_ = operand_queue(queue_depth);
  }

  /// Connects what the shell's ports are bound to.
  void connect(operand_wires_if& row_bus, operand_wires_if& column_bus) {
    row_bus_ = &row_bus;
    column_bus_ = &column_bus;
  }
  void meet_at(barrier_if& barrier) { barrier_ = &barrier; }
  [[nodiscard]] operand_sink_if& row_input() { return row_input_; }
  [[nodiscard]] operand_sink_if& column_input() { return column_input_; }

  /// Starts a tile of `steps` steps in this cycle. `step_costs` tells the cycles of a step by its number of products;
  /// `datapath` may be null; so may `product_count`: a step then has na * nw products. Arrives at the barrier when the
  /// last step ends.
  void begin_tile(std::uint64_t steps, const std::uint16_t* step_costs, datapath_if* datapath,
                  const product_count_if* product_count, const pe_slices& slices);

  /// The rising edge, in the compute phase.
  void clock_edge();

  [[nodiscard]] const pe_counters& counters() const { return counters_; }
  [[nodiscard]] std::uint64_t steps_left() const { return steps_left_; }
  [[nodiscard]] const operand_queue& row_queue() const { return row_queue_; }
  [[nodiscard]] const operand_queue& column_queue() const { return column_queue_; }
  [[nodiscard]] bool busy() const { return busy_; }

  /// Stops the clock for good, as a debugger would: how tests provoke a deadlock.
  void halt() { halted_ = true; }

 private:
  /// An operand port: one of the two queues, and the sequencer that it wakes.
  template <operand_queue step_sequencer::*queue>
  class operand_input final : public operand_sink_if {
   public:
    explicit operand_input(step_sequencer& owner) : owner_(owner) {}
    bool push() override {
      (owner_.*queue).push();
      owner_.operand_arrived();
      return !(owner_.*queue).full();
    }

   private:
    step_sequencer& owner_;
  };

  // What is pushed in one cycle is seen in the next.
  void operand_arrived() {
    if (waiting_ && !row_queue_.empty() && !column_queue_.empty()) {
      waiting_ = false;
      gate_->wake(index_, gate_->now() + 1);
    }
  }
  void start_step();
  void end_step();

  operand_queue row_queue_{1};
  operand_queue column_queue_{1};
  std::uint32_t index_ = 0;
  bool busy_ = false;
  bool waiting_ = false;
  bool halted_ = false;
  operand_input<&step_sequencer::row_queue_> row_input_{*this};
  operand_input<&step_sequencer::column_queue_> column_input_{*this};
  clock_gate* gate_ = nullptr;
  std::uint64_t steps_left_ = 0;
  pe_slices slices_;
  std::uint64_t slice_left_ = 0;  ///< steps until the slice ends
  const std::uint16_t* step_costs_ = nullptr;
  datapath_if* datapath_ = nullptr;
  const product_count_if* product_count_ = nullptr;
  pe_counters counters_;
  operand_wires_if* row_bus_ = nullptr;
  operand_wires_if* column_bus_ = nullptr;
  barrier_if* barrier_ = nullptr;
};

static_assert(sizeof(step_sequencer) <= 4 * cache_line_bytes, "128 of them should fit a 32 KiB cache");

}  // namespace dlac::hw
