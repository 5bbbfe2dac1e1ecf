#pragma once
// The accelerator core: every module of the machine, and the only place where ports are bound.

#include <string>
#include <systemc>

#include "sim/config/accelerator_config.h"
#include "sim/hw/barrier.h"
#include "sim/hw/clock_domain.h"
#include "sim/hw/controller.h"
#include "sim/hw/drain.h"
#include "sim/hw/loader.h"
#include "sim/hw/memory_binding.h"
#include "sim/hw/operand_buffer.h"
#include "sim/hw/pe_grid.h"
#include "sim/stats/mm_op_result.h"

namespace dlac::hw {

class dlac_core : public sc_core::sc_module {
 public:
  /// Without memory the core runs programs for ideal memory only. The two sockets for reading and writing are
  /// fetcher.channel.socket and output_drain.channel.socket.
  dlac_core(sc_core::sc_module_name name, const accelerator_config& config);
  /// Makes this core that of another config with the same grid and clock, which is all that elaboration fixes; between
  /// programs.
  void configure(const accelerator_config& config);

  /// Binds a memory: any two TLM-2.0 target sockets that speak the approximately-timed base protocol.
  void bind_memory(memory_socket& read, memory_socket& write, const memory_limits& limits = {});

  /// Runs one mmOp in simulated time; returns when the memory has answered all requests. Throws
  /// simulation_error with the state of every queue when the core stops making progress before it is done, or when the
  /// memory refuses a request; the core is of no use then.
  mm_op_result run(const mm_op_program& program);

  clock_domain clock;
  feature_map_buffer feature_maps;
  weight_buffer weights;
  pe_grid grid;
  grid_barrier barrier;
  drain output_drain;
  loader fetcher;
  controller control;

 private:
  void bind_ports();
  /// One line per busy module: who waits for what.
  std::string state();

  cycle longest_wait_ = 0;     ///< for anything in the core, or for the config's memory
  cycle memory_patience_ = 0;  ///< what the bound one may take beyond
};

}  // namespace dlac::hw
