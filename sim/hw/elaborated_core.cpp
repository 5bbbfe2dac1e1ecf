#include "sim/hw/elaborated_core.h"

#include <fmt/format.h>

#include <algorithm>
#include <iterator>
#include <memory>
#include <utility>
#include <vector>

#include "sim/core/error.h"
#include "sim/core/text.h"

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

  elaborated_core& add(const accelerator_config& config, const memory_factory& make_memory) {
    auto core = std::make_unique<elaborated_core>(config, make_memory);
    entries_.push_back({config.grid, config.clock_mhz, std::move(core), true});
    return *entries_.back().core;
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
    : core_("dlac", config), memory_(std::make_unique<fixed_latency_memory>("memory", core_.clock.period())) {
  core_.bind_memory(memory_->read, memory_->write, fixed_latency_memory::limits());
  configure(config);
}

elaborated_core::elaborated_core(const accelerator_config& config, const memory_factory& make_memory)
    : core_("dlac", config) {
  if (!config.memory) {
    throw input_error(fmt::format("config {}", in_quotes(config.name)), "/memory", "null",
                      "a memory: the engine was given one to simulate");
  }
  other_memory_ = make_memory(config);
  core_.bind_memory(other_memory_->read(), other_memory_->write(), other_memory_->limits());
}

void elaborated_core::configure(const accelerator_config& config) {
  core_.configure(config);
  if (config.memory) {
    memory_->configure(config.memory->bytes_per_cycle, config.memory->latency_cycles);
  }
}

mm_op_result elaborated_core::run(const mm_op_program& program) {
  kernel_.enter();
  return core_.run(program);
}

// The kernel would say on standard output that it was stopped.
void elaborated_core::finish() {
  kernel_.enter();
  constexpr auto* message = "/OSCI/SystemC";
  const auto actions = sc_core::sc_report_handler::set_actions(message, sc_core::SC_INFO, sc_core::SC_DO_NOTHING);
  sc_core::sc_stop();
  sc_core::sc_report_handler::set_actions(message, sc_core::SC_INFO, actions);
  other_memory_.reset();
}

elaborated_core& make_core(const accelerator_config& config, const memory_factory& make_memory) {
  return core_pool::instance().add(config, make_memory);
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
