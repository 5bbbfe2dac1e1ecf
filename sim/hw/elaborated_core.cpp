#include "sim/hw/elaborated_core.h"

#include <algorithm>
#include <iterator>
#include <memory>
#include <vector>

namespace dlac::hw {
namespace {

/// All cores of the process. One is in use from take() to give_back().
class core_pool {
 public:
  /// Outlives every static engine, and is still reachable when leaks are looked for.
  static core_pool& instance() {
    static auto& pool = *new core_pool;
    return pool;
  }

  elaborated_core& take(const accelerator_config& config) {
    auto free = std::find_if(entries_.begin(), entries_.end(), [&](const entry& e) {
      return !e.in_use && e.grid == config.grid && e.clock_mhz == config.clock_mhz;
    });
    if (free == entries_.end()) {
      entries_.push_back({config.grid, config.clock_mhz, std::make_unique<elaborated_core>(config)});
      free = std::prev(entries_.end());
    } else {
      free->core->configure(config);
    }
    free->in_use = true;
    return *free->core;
  }

  void give_back(const elaborated_core& core) {
    std::find_if(entries_.begin(), entries_.end(), [&](const entry& e) { return e.core.get() == &core; })->in_use =
        false;
  }

  [[nodiscard]] std::size_t size() const { return entries_.size(); }

 private:
  struct entry {
    grid_shape grid;
    double clock_mhz;
    std::unique_ptr<elaborated_core> core;
    bool in_use = false;
  };
  std::vector<entry> entries_;
};

}  // namespace

elaborated_core::elaborated_core(const accelerator_config& config)
    : core_("dlac", config), memory_("memory", core_.clock.period()) {
  core_.bind_memory(memory_.read, memory_.write);
  configure(config);
}

void elaborated_core::configure(const accelerator_config& config) {
  core_.configure(config);
  if (config.memory) {
    memory_.configure(config.memory->bytes_per_cycle, config.memory->latency_cycles);
  }
}

layer_counters elaborated_core::run(const mm_op_program& program) {
  kernel_.enter();
  return core_.run(program);
}

elaborated_core& take_core(const accelerator_config& config) {
  return core_pool::instance().take(config);
}

void give_back(elaborated_core& core) {
  core_pool::instance().give_back(core);
}

std::size_t elaborated_cores() {
  return core_pool::instance().size();
}

}  // namespace dlac::hw
