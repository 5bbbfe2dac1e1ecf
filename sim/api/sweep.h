#pragma once
// A sweep as a function: `dlac sweep`. What it leaves in its folder is read by result_store and ranking (sim/sweep),
// and put together from several folders by gather_sweep().

#include <functional>
#include <memory>
#include <string>

#include "sim/sweep/ranking.h"
#include "sim/sweep/sweep_plan.h"
#include "sim/sweep/sweep_run.h"

namespace dlac {

/// Who hears of a sweep; all may be empty.
struct sweep_listeners {
  sweep_plan::choice_report choosing = {};                   ///< while the points are looked for
  std::function<void(const sweep_progress&)> progress = {};  ///< after every point
  std::function<bool()> should_stop = {};                    ///< asked before every layer
};

struct sweep_result {
  std::unique_ptr<const sweep_plan> plan;
  sweep_progress progress;
};

/// The path of the sweep of this name or path. Throws input_error.
std::string find_sweep(const std::string& word, std::string_view asked_by = "sweep");

/// Runs the sweep of this file and keeps its results in options.folder. A search is no shard: its points are not known
/// before it has come to them. Throws input_error, or interruption where it is stopped before the first point.
sweep_result sweep(const std::string& file, const sweep_options& options, const sweep_listeners& listeners = {});

}  // namespace dlac
