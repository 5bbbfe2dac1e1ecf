#pragma once
// What number formats cost on labelled images: how often the network is right in each, beside the model's size and what
// an image takes of the machine.

#include <cstddef>
#include <cstdint>
#include <functional>
#include <optional>
#include <string>
#include <vector>

#include "sim/api/inputs.h"
#include "sim/engine/engine.h"
#include "sim/evaluation/evaluation_report.h"
#include "sim/evaluation/image_test.h"
#include "sim/numbers/operand_formats.h"

namespace dlac {

struct evaluation_options {
  std::string config = std::string(default_config_name);
  std::vector<std::string> settings = {};  ///< KEY=VALUE, as --set
  std::vector<std::string> numbers = {};   ///< names or paths of number formats; none: the config's own
  std::optional<std::string> trace = {};   ///< in place of the network's
  std::optional<std::size_t> images = {};  ///< the first of the data's; none: all
  /// Images to take the ranges of tensors from, none of them tested, for formats that follow from a range; none: each
  /// tensor has its own.
  std::size_t calibration = 0;
  std::size_t simulated = 1;                ///< images that the machine is simulated on, for cycles and energy
  engine_choice engine = by_fast_engine{};  ///< that simulates; with the clocked one the PEs compute their values, too
  unsigned threads = 1;
  std::optional<double> search_margin = {};  ///< finds the fewest bits whose top-1 is at most so much below fp32's
  std::function<void(std::size_t done, std::size_t of, const std::string& what)> progress = {};
};

/// `workload` is a name or path of a graph, `data` a path (sim/images). fp32 is always evaluated, and comes first.
/// Throws input_error; simulation_error where the result of a simulated image is not, bit by bit, what was evaluated;
/// interruption.
evaluation evaluate(const std::string& workload, const std::string& data, const evaluation_options& options);

}  // namespace dlac
