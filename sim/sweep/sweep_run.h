#pragma once
// Runs the points of a plan on the fast engine, several at a time, and keeps each result as soon as it is there.

#include <cstddef>
#include <functional>
#include <string>

#include "sim/sweep/result_store.h"
#include "sim/sweep/sweep_plan.h"

namespace dlac {

/// Points whose number modulo `count` is `index`.
struct sweep_shard {
  std::size_t index = 0;
  std::size_t count = 1;
};

struct sweep_options {
  std::string folder;
  unsigned jobs = 1;
  bool resume = false;
  sweep_shard shard;
};

/// Of the points of the shard.
struct sweep_progress {
  std::size_t points = 0;
  std::size_t done = 0;    ///< found and run
  std::size_t found = 0;   ///< were there
  std::size_t errors = 0;  ///< of those run or found now: no machine could run them
  std::size_t failed = 0;  ///< of those run now: the simulation found an error of its own
  bool is_interrupted = false;
  std::uint64_t in_folder = 0;  ///< in the end: points that the folder has, of other shards as well
  std::string repairs = {};     ///< of a damaged database, in one line; empty where there were none
};

/// What the stores of a plan's results have in common.
sweep_identity identity_of(const sweep_plan& plan);

/// What a search cannot be told: throws input_error at `option` where the plan is one.
void expect_no_search(const sweep_plan& plan, const std::string& option);

/// Runs what is not in the folder, then writes the result files. `report` hears of every point that is done; where
/// `should_stop` turns true, the points in flight are given up. Throws input_error.
sweep_progress run_sweep(const sweep_plan& plan, const sweep_options& options,
                         const std::function<void(const sweep_progress&)>& report,
                         const std::function<bool()>& should_stop);

/// Copies the results in `from` together into `folder`, and writes the result files there. What was not there before is
/// removed where something fails.
struct gathered_points {
  std::string count;       ///< "80 of 120 points"
  std::string partial;     ///< as partial_note (result_files.h)
  bool per_layer = false;  ///< whether there is a layers.csv
};
gathered_points gather_sweep(const std::string& folder, const std::vector<std::string>& from);

}  // namespace dlac
