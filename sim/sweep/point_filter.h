#pragma once
// The points that a sweep's `where` keeps.

#include <cstdint>
#include <functional>
#include <map>
#include <memory>
#include <string>
#include <vector>

#include <nlohmann/json_fwd.hpp>

#include "sim/sweep/axes.h"

namespace dlac {

/// Numbers of a combination that are worked out, and not read from a config or an axis.
struct derived_numbers {
  std::vector<std::string> names;
  std::string expected;  ///< what they are, for messages
  /// Of all names, by the position of each axis group's value; empty where there are none.
  std::function<std::vector<double>(const std::vector<std::size_t>& digits)> at;
};

class point_filter {
 public:
  /// `where` may name every number of `configs`, which are by their paths, of the axes, and of `derived`. `config` is
  /// the path of the one that holds where no axis chooses. A mistake is an input_error at /where of `file`.
  point_filter(const std::string& where, const std::string& file, const std::vector<axis_group>& groups,
               const std::map<std::string, nlohmann::json>& configs, const std::string& config,
               derived_numbers derived);
  ~point_filter();
  point_filter(const point_filter&) = delete;
  point_filter& operator=(const point_filter&) = delete;

  /// Whether each combination takes a while.
  [[nodiscard]] bool uses_derived() const;

  /// By the position of each axis group's value. For one thread at a time.
  bool holds(const std::vector<std::size_t>& digits);

 private:
  struct state;
  std::unique_ptr<state> state_;
};

}  // namespace dlac
