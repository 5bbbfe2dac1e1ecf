#pragma once
// The clocked engine (sim/clocked), and SystemC with it, is loaded by the runs that ask for it: SystemC's library takes
// as long to load as all the rest of the program. Who links dlac::clocked, or dlac::api, has it in the program.

#include <memory>

#include "sim/engine/engine.h"

namespace dlac {

/// A systemc_engine. Throws input_error where its module is not there, or cannot be loaded.
std::unique_ptr<engine> make_clocked_engine(const accelerator_config& config, const memory_factory& make_memory);

/// What the module, or the program, has under the name below: an engine that its caller owns.
using clocked_engine_function = engine*(const accelerator_config& config, const memory_factory& make_memory);
inline constexpr const char* clocked_engine_symbol = "dlac_clocked_engine_1";  // with every change to it a new one

}  // namespace dlac
