#include "sim/engine/engine.h"

#include <stdexcept>

#include "sim/engine/checked_engine.h"
#include "sim/engine/fast_engine.h"
#include "sim/engine/systemc_engine.h"

namespace dlac {

std::unique_ptr<engine> make_engine(engine_kind kind, const accelerator_config& config, unsigned threads,
                                    const memory_factory& make_memory) {
  if (make_memory && kind != engine_kind::systemc) {
    throw std::logic_error("only the clocked engine simulates another memory");
  }
  switch (kind) {
    case engine_kind::systemc:
      return std::make_unique<systemc_engine>(config, make_memory);
    case engine_kind::fast:
      return std::make_unique<fast_engine>(config, threads);
    case engine_kind::checked:
      return std::make_unique<checked_engine>(config);
  }
  throw std::logic_error("no such engine");
}

}  // namespace dlac
