#pragma once
// One interface, two engines: the clocked SystemC core and the plain recurrences. Both take a program and return
// exactly the same counts; the clocked core computes the outputs as well, where the program has values.

#include <cstddef>
#include <cstdint>
#include <functional>
#include <memory>
#include <span>
#include <string_view>
#include <variant>
#include <vector>

#include "sim/config/accelerator_config.h"
#include "sim/mapping/program.h"
#include "sim/stats/mm_op_result.h"

namespace dlac {

namespace hw {
class off_chip_memory;
}  // namespace hw

/// Makes a memory for the clocked engine to simulate in place of the product's: docs/memory.md.
using memory_factory = std::function<std::unique_ptr<hw::off_chip_memory>(const accelerator_config& config)>;

class engine {
 public:
  engine() = default;
  engine(const engine&) = delete;
  engine& operator=(const engine&) = delete;
  virtual ~engine() = default;

  [[nodiscard]] virtual std::string_view name() const = 0;
  /// Runs one mmOp of `config`'s machine. Throws simulation_error on a deadlock.
  virtual mm_op_result run(const mm_op_program& program) = 0;
  /// How many mmOps that are alike the engine wants to be given at once; `program` is one of them.
  [[nodiscard]] virtual std::size_t wanted_at_once(const mm_op_program& /*program*/) const { return 1; }
  /// Runs mmOps that are alike, up to wanted_at_once(): programs that differ in their operands alone. Each result is
  /// that of run().
  virtual std::vector<mm_op_result> run_alike(std::span<const mm_op_program> programs);
  /// Counters that a run holds against those of another engine.
  [[nodiscard]] virtual std::uint64_t counters_compared() const { return 0; }
  /// Whether off-chip transfers take what the config's bandwidth says; with a memory of its own an engine need not.
  [[nodiscard]] virtual bool keeps_bandwidth() const { return true; }
};

// Who counts, each with what it alone can be asked for.

/// The recurrences: counts only.
struct by_fast_engine {
  unsigned jobs = 1;  ///< threads, for layers and for the tiles of a layer
};

/// The clocked core, on one thread, as SystemC is.
struct by_systemc_engine {
  bool values = false;              ///< compute the outputs as well, and hold them against the reference
  memory_factory make_memory = {};  ///< in place of the product's memory
};

/// Both, on one thread: every counter of the one is held against the other's.
struct by_both_engines {
  bool values = false;  ///< as the clocked core
};

using engine_choice = std::variant<by_fast_engine, by_systemc_engine, by_both_engines>;

bool computes_values(const engine_choice& choice);
/// Threads that the choice can use.
unsigned jobs_of(const engine_choice& choice);

std::unique_ptr<engine> make_engine(const engine_choice& choice, const accelerator_config& config);

}  // namespace dlac
