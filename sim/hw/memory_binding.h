#pragma once
// What stands between the core and an off-chip memory: two TLM-2.0 target sockets, what the memory takes, and how a
// chunk becomes requests and addresses. docs/memory.md tells all that a memory has to keep.

#include <cstdint>
#include <functional>
#include <memory>
#include <tlm>

#include "sim/config/accelerator_config.h"

namespace dlac::hw {

using memory_socket = tlm::tlm_base_target_socket_b<>;

/// What a memory takes.
struct memory_limits {
  /// The longest request, bytes: a power of two. No request reaches over a multiple of it.
  std::uint64_t request_bytes = std::uint64_t{1} << 20U;
  /// Requests begin at multiples of it: a power of two, at most the longest request.
  std::uint64_t alignment_bytes = 64;
  /// Addresses are below: at least three requests, one for each kind of data.
  std::uint64_t size_bytes = std::uint64_t{3} << 32U;
  /// The watchdog lets a run go on for so many cycles longer than the config's memory could make it wait.
  std::uint64_t patience_cycles = 0;
  /// Whatever it says it says in the cycle of its request, with the time when it is due: it never acts on a later edge
  /// of the core's clock. Runs are faster then.
  bool acts_ahead = false;
};

/// A memory to be bound in place of the product's.
class off_chip_memory {
 public:
  off_chip_memory() = default;
  off_chip_memory(const off_chip_memory&) = delete;
  off_chip_memory& operator=(const off_chip_memory&) = delete;
  virtual ~off_chip_memory() = default;

  virtual memory_socket& read() = 0;
  virtual memory_socket& write() = 0;
  [[nodiscard]] virtual memory_limits limits() const = 0;
};

/// Makes a memory in the kernel that is current when it is called. It is destroyed after its simulation has been
/// stopped; its modules may stand in it or beside it.
using memory_factory = std::function<std::unique_ptr<off_chip_memory>(const accelerator_config& config)>;

/// The part of the address space that one kind of data has.
struct memory_region {
  std::uint64_t base = 0;
  std::uint64_t bytes = 1;  ///< a multiple of the longest request
  /// What lies beyond the region's end is folded into it.
  [[nodiscard]] std::uint64_t address(std::uint64_t offset) const { return base + offset % bytes; }
};

/// The address space: a third for each kind. Throws input_error where the limits make no sense.
struct memory_map {
  explicit memory_map(const memory_limits& limits);
  memory_region outputs;
  memory_region rows;
  memory_region columns;
};

/// An ignorable extension of every request: where a chunk begins. Only a memory that counts the cycles of a whole
/// chunk, as the contract does, has to know.
struct chunk_start : tlm::tlm_extension<chunk_start> {
  bool begins_chunk = false;
  [[nodiscard]] tlm::tlm_extension_base* clone() const override { return new chunk_start(*this); }
  void copy_from(const tlm::tlm_extension_base& other) override { *this = static_cast<const chunk_start&>(other); }
};

}  // namespace dlac::hw
