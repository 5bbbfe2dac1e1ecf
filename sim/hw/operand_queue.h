#pragma once
// Operand vectors on their way to a PE, and the queue they wait in (contract section 5).

#include <cstddef>
#include <cstdint>
#include <systemc>

#include "sim/core/bits.h"
#include "sim/core/types.h"

namespace dlac::hw {

/// Which elements of an operand vector take part in a step: all of them, or those whose bit is set.
struct element_bits {
  const std::uint64_t* words = nullptr;
  std::uint64_t first = 0;  ///< bit of element 0
  [[nodiscard]] bool operator[](std::uint32_t element) const {
    const auto bit = first + element;
    return words == nullptr || ((words[bit / bits_per_word] >> (bit % bits_per_word)) & 1U) != 0;
  }
};

/// One step's operand vector for one grid line. Without values only the scheduler's count travels.
struct operand_vector {
  std::uint32_t count = 0;        ///< elements the scheduler has to look at: na or nw
  const float* values = nullptr;  ///< Bm or Bn numbers, or none
  cycle visible_from = 0;         ///< a cycle after it came from memory; 0 with ideal memory
  element_bits elements = {};     ///< set where outputs are skipped; otherwise the count says enough
};

/// What a bus pushes into: one operand port of one PE.
class operand_sink_if : public virtual sc_core::sc_interface {
 public:
  /// Takes the vector on the bus, visible to the PE from the next cycle on. True when a slot is left: the ready signal.
  virtual bool push() = 0;
};

/// The PE's side of a bus.
class operand_wires_if : public virtual sc_core::sc_interface {
 public:
  /// The slots' contents, a ring of D vectors. What is pushed reaches all PEs of a bus alike and in the same order, so
  /// the contents are kept once, here; every queue has its own level and place to read.
  [[nodiscard]] virtual const operand_vector* slots() const = 0;
  /// A queue that was full has a free slot again: the ready signal rises.
  virtual void slot_freed() = 0;
};

/// One PE's queue of D slots. The entry being worked on keeps its slot until its step ends.
class operand_queue {
 public:
  explicit operand_queue(std::uint32_t depth) : depth_(depth) {}

  /// Empties the queue; `slots` are those of the bus.
  void begin_tile(const operand_vector* slots) {
    slots_ = slots;
    head_ = 0;
    level_ = 0;
  }
  [[nodiscard]] bool empty() const { return level_ == 0; }
  [[nodiscard]] bool full() const { return level_ == depth_; }
  [[nodiscard]] std::uint32_t level() const { return level_; }
  [[nodiscard]] const operand_vector& front() const { return slots_[head_]; }
  void push() { ++level_; }
  void pop() {
    head_ = head_ + 1 == depth_ ? 0 : head_ + 1;
    --level_;
  }

 private:
  const operand_vector* slots_ = nullptr;
  std::uint32_t depth_;
  std::uint32_t head_ = 0;
  std::uint32_t level_ = 0;
};

}  // namespace dlac::hw
