#include "sim/engine/clocked_module.h"

#include "sim/data/program_module.h"

/// Of a program that has the clocked engine linked in: there nothing is loaded.
extern "C" __attribute__((weak)) dlac::clocked_engine_function dlac_clocked_engine_1;

namespace dlac {
namespace {

clocked_engine_function* load() {
  if (dlac_clocked_engine_1 != nullptr) {
    return dlac_clocked_engine_1;
  }
  return reinterpret_cast<clocked_engine_function*>(
      module_symbol("dlac-clocked.so", clocked_engine_symbol,
                    "that module, which comes with the program: the clocked engine, which computes values, too"));
}

}  // namespace

std::unique_ptr<engine> make_clocked_engine(const accelerator_config& config, const memory_factory& make_memory) {
  static clocked_engine_function* const make = load();
  return std::unique_ptr<engine>(make(config, make_memory));
}

}  // namespace dlac
