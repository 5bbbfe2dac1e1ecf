#include "sim/engine/clocked_module.h"

#include "sim/data/program_module.h"

/// Of a program that has the clocked engine linked in: there nothing is loaded.
extern "C" __attribute__((weak)) dlac::clocked_engine_function dlac_clocked_engine_1;

namespace dlac {

std::unique_ptr<engine> make_clocked_engine(const accelerator_config& config, const memory_factory& make_memory) {
  static auto* const make =
      linked_or_loaded(dlac_clocked_engine_1, "dlac-clocked.so", clocked_engine_symbol,
                       "that module, which comes with the program: the clocked engine, which computes values, too");
  return std::unique_ptr<engine>(make(config, make_memory));
}

}  // namespace dlac
