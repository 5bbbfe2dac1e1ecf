#pragma once
// One interface, two engines: the clocked SystemC core and the plain recurrences. Both take a program and return
// exactly the same counts.

#include <cstdint>
#include <functional>
#include <memory>
#include <string_view>

#include "sim/config/accelerator_config.h"
#include "sim/mapping/program.h"
#include "sim/stats/counters.h"

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
  virtual layer_counters run(const mm_op_program& program) = 0;
  /// Counters that a run holds against those of another engine.
  [[nodiscard]] virtual std::uint64_t counters_compared() const { return 0; }
  /// Whether off-chip transfers take what the config's bandwidth says; with a memory of its own an engine need not.
  [[nodiscard]] virtual bool keeps_bandwidth() const { return true; }
};

/// `checked` runs both and compares every counter.
enum class engine_kind { systemc, fast, checked };

/// `threads` is for the tiles of a program, on the fast engine. Only the clocked engine can be given a memory.
std::unique_ptr<engine> make_engine(engine_kind kind, const accelerator_config& config, unsigned threads = 1,
                                    const memory_factory& make_memory = {});

}  // namespace dlac
