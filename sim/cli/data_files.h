#pragma once
// The table of a config that the command line named and changed.

#include <string>
#include <vector>

#include "models/technology.h"
#include "sim/config/accelerator_config.h"

namespace dlac {

/// The table that the config's `technology` names, or holds the path of: relative to the config's file, or to the
/// current folder where --set gave it. `file` and `settings` are what the config was read from.
technology read_config_technology(const accelerator_config& config, const std::string& file,
                                  const std::vector<std::string>& settings);

}  // namespace dlac
