#pragma once
// What one elaboration makes: a core with its memory, in a SystemC kernel of their own. It costs time and memory in
// proportion to the grid, and SystemC has no way to undo it: cores are never destroyed, but given back and taken again,
// by any config with the same grid and clock. So a process holds as many as it ever used at a time, for each of these.

#include <cstddef>
#include <memory>

#include "sim/config/accelerator_config.h"
#include "sim/hw/dlac_core.h"
#include "sim/hw/fresh_kernel.h"
#include "sim/hw/memory.h"
#include "sim/hw/memory_binding.h"

namespace dlac::hw {

class elaborated_core {
 public:
  /// With the product's memory.
  explicit elaborated_core(const accelerator_config& config);
  /// With another one. Throws input_error where `config` has ideal memory.
  elaborated_core(const accelerator_config& config, const memory_factory& make_memory);
  /// Makes it the core of `config`, which has the same grid and clock; between programs.
  void configure(const accelerator_config& config);

  /// As dlac_core::run(), in this core's kernel.
  mm_op_result run(const mm_op_program& program);
  /// Ends the simulation, for good, and destroys the memory if it is not the product's.
  void finish();

 private:
  fresh_kernel kernel_;
  dlac_core core_;
  std::unique_ptr<fixed_latency_memory> memory_;
  std::unique_ptr<off_chip_memory> other_memory_;  ///< one of the two
};

/// A new core that has a memory of its own: it is the caller's to finish(), and nobody's afterwards.
elaborated_core& make_core(const accelerator_config& config, const memory_factory& make_memory);

/// A core for `config` that nobody has: one that was given back, or a new one. For one thread, as SystemC is.
elaborated_core& take_core(const accelerator_config& config);

/// Gives a core back whose runs all ended. One that stopped in the middle of a program is of no use any more, and is
/// not given back.
void give_back(elaborated_core& core);

/// How many cores the process has elaborated.
std::size_t elaborated_cores();

}  // namespace dlac::hw
