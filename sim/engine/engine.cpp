#include "sim/engine/engine.h"

#include "sim/engine/fast_engine.h"
#include "sim/engine/systemc_engine.h"

namespace dlac {

std::unique_ptr<engine> make_engine(engine_kind kind, const accelerator_config& config) {
  if (kind == engine_kind::systemc) {
    return std::make_unique<systemc_engine>(config);
  }
  return std::make_unique<fast_engine>(config);
}

}  // namespace dlac
