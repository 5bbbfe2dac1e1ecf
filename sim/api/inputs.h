#pragma once
// What a simulation is made of, found by name or path: "resnet34" is a shipped file (sim/data/shipped_files.h),
// "mine.json" the path of one.

#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "models/technology.h"
#include "sim/config/accelerator_config.h"
#include "sim/data/shipped_files.h"
#include "sim/workload/network.h"

namespace dlac {

/// An accelerator, and what its area and energy are counted by.
struct machine {
  accelerator_config config;
  technology table;
  std::vector<std::string> settings = {};  ///< KEY=VALUE that changed the config, in their order
};

/// The config of this name or path, changed by `settings` (KEY=VALUE, as --set), and the technology table that it
/// names: its path is relative to the config's file, or to the current folder where a setting gave it. `asked_by` is
/// what gave the word, for messages. `numbers` is the name or path of number formats in place of the config's own
/// (configs/numbers). Throws input_error.
machine load_machine(const std::string& word = std::string(default_config_name),
                     const std::vector<std::string>& settings = {}, std::string_view asked_by = "config",
                     const std::optional<std::string>& numbers = {});

/// The network of this name or path, with so many images where `batch` says so (the command line's --batch). Throws
/// input_error.
network load_network(const std::string& word, std::string_view asked_by = "workload",
                     std::optional<std::uint32_t> batch = {});

}  // namespace dlac
