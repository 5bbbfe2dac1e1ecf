#pragma once
// The data that comes with the program: found below the current folder, or else where the program was built.

#include <string>
#include <vector>

#include "models/technology.h"
#include "sim/config/accelerator_config.h"

namespace dlac {

/// A file that comes with the program, by its path in the project.
std::string data_path(const std::string& relative);

/// configs/dlac-fp16-inference.json
std::string default_config_path();

/// The table that the config's `technology` names, or holds the path of. `path` and `settings` are what the config was
/// read from: a mistake in the name is reported there.
technology read_config_technology(const accelerator_config& config, const std::string& path,
                                  const std::vector<std::string>& settings);

/// The same for a name that was read elsewhere; `user` is the file that gave it.
technology read_named_technology(const std::string& name, const std::string& user);

}  // namespace dlac
