#pragma once
// The published figures beside the simulated ones, as a function: `dlac validate`.

#include <string>
#include <string_view>

#include "sim/data/shipped_files.h"
#include "sim/engine/network_run.h"
#include "sim/validation/validation.h"

namespace dlac {

/// Simulates what the figures of this name or path need, `jobs` layers at a time; `progress` may be empty. Throws
/// input_error, simulation_error, or interruption (sim/core/stop.h).
validation validate(const std::string& word = std::string(default_figures_name), unsigned jobs = 1,
                    const progress_callback& progress = {}, std::string_view asked_by = "figures");

}  // namespace dlac
