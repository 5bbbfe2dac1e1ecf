#pragma once
// Plays the tile program of a mmOp: streams a tile, runs the pointwise operations, hands the outputs to the drain and
// goes on with the next tile as soon as an output bank is free (contract section 6). Counts where the cycles go
// (section 9).

#include <cstdint>
#include <span>
#include <systemc>
#include <vector>

#include "sim/hw/barrier.h"
#include "sim/hw/clock_domain.h"
#include "sim/hw/drain.h"
#include "sim/hw/loader.h"
#include "sim/hw/operand_buffer.h"
#include "sim/hw/pe_grid.h"
#include "sim/stats/counters.h"

namespace dlac::hw {

class controller : public sc_core::sc_module, public bank_freed_if {
 public:
  SC_HAS_PROCESS(controller);

  /// The parts that the controller commands.
  struct core_parts {
    clock_domain& clock;
    feature_map_buffer& feature_maps;
    weight_buffer& weights;
    pe_grid& grid;
    grid_barrier& barrier;
    drain& output_drain;
    loader& fetcher;
  };

  controller(sc_core::sc_module_name name, const core_parts& parts);
  /// Before the first program, and between programs.
  void configure(std::uint32_t output_banks) { bank_in_use_.assign(output_banks, false); }

  /// Begins `program` in the clock's next cycle, which puts its outputs into `outputs`; both must outlive the run. The
  /// kernel's run pauses at its end.
  void start(const mm_op_program& program, std::span<float> outputs);
  [[nodiscard]] bool done() const { return state_ == state::done; }
  /// Complete once done().
  [[nodiscard]] const layer_counters& counters() const { return counters_; }
  /// For diagnosis: the state's name and the tile's number.
  [[nodiscard]] const char* state_name() const;
  [[nodiscard]] std::uint64_t tile_index() const { return tile_index_; }
  [[nodiscard]] const tile_job& job() const { return job_; }

  void bank_freed(std::uint32_t bank) override;

 private:
  enum class state : std::uint8_t { starting, streaming, pt_wise, waiting_for_bank, draining, done };

  void on_start();
  void on_barrier();
  void on_bank_freed();
  void start_tile();
  void end_streaming();
  void begin_pt_wise_op();
  void end_tile();
  void collect_activity();

  core_parts parts_;
  sc_core::sc_event start_event_;
  sc_core::sc_event barrier_event_;
  sc_core::sc_event bank_event_;
  state state_ = state::done;
  std::vector<bool> bank_in_use_;
  tile_job job_;
  std::uint64_t tile_index_ = 0;
  std::size_t pt_wise_op_ = 0;
  cycle program_start_ = 0;
  cycle tile_start_ = 0;
  cycle mm_end_ = 0;
  cycle pt_end_ = 0;
  layer_counters counters_;
};

}  // namespace dlac::hw
