#pragma once
// One `problem` of Timeloop: its bounds and coefficients by their names, and the densities of its operands.

#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <vector>

#include "sim/import/yaml_reader.h"

namespace dlac {

enum class problem_kind {
  convolution,
  depthwise,  ///< an output channel of each input channel
  product,    ///< [m, k] times [k, n]
};

struct timeloop_problem {
  problem_kind kind = problem_kind::convolution;
  std::map<std::string, std::uint32_t> numbers;  ///< "C", "M" (or K), ..., "wstride", ...; those that are there
  std::optional<double> input_density;
  std::optional<double> weight_density;
  std::vector<std::string> passed_over;    ///< keys without a meaning here
  std::vector<std::string> distributions;  ///< of zeros, others than independent ones

  /// 1 where nothing says it.
  [[nodiscard]] std::uint32_t number(const std::string& name) const {
    const auto found = numbers.find(name);
    return found == numbers.end() ? 1 : found->second;
  }
};

/// Of the whole file. Throws input_error.
timeloop_problem read_timeloop_problem(const yaml_value& root);

}  // namespace dlac
