#pragma once
// The points that a sweep's `where` keeps.

#include <cstdint>
#include <map>
#include <memory>
#include <string>
#include <vector>

#include <nlohmann/json.hpp>

#include "sim/sweep/axes.h"

namespace dlac {

class point_filter {
 public:
  /// `where` may name every number of `configs`, which are by their paths, and of the axes. `config` is the path of the
  /// one that holds where no axis chooses. A mistake is an input_error at /where of `file`.
  point_filter(const std::string& where, const std::string& file, const std::vector<axis_group>& groups,
               const std::map<std::string, nlohmann::json>& configs, const std::string& config);
  ~point_filter();
  point_filter(const point_filter&) = delete;
  point_filter& operator=(const point_filter&) = delete;

  /// By the position of each axis group's value. For one thread at a time.
  bool holds(const std::vector<std::size_t>& digits);

 private:
  struct state;
  std::unique_ptr<state> state_;
};

}  // namespace dlac
