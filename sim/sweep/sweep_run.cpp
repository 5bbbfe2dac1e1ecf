#include "sim/sweep/sweep_run.h"

#include <unistd.h>

#include <algorithm>
#include <memory>
#include <random>
#include <vector>

#include "sim/core/error.h"
#include "sim/core/ordered_tasks.h"
#include "sim/sweep/result_files.h"
#include "sim/sweep/workload_variant.h"

namespace dlac {
namespace {

/// Enough for the masks of the largest shipped network many times over.
constexpr std::uint64_t most_mask_bytes = std::uint64_t{256} << 20U;

/// Ends the tasks of a sweep between two layers.
struct interruption {};

struct point_outcome {
  point_status status = point_status::ok;
  bool was_found = false;
};

std::vector<std::size_t> shard_points(std::size_t points, const sweep_options& options) {
  std::vector<std::size_t> result;
  for (std::size_t i = options.shard.index; i < points; i += options.shard.count) {
    result.push_back(i);
  }
  if (options.resume) {
    // Another process may be at the same folder: in orders of their own they seldom run the same point.
    std::shuffle(result.begin(), result.end(), std::mt19937_64(static_cast<std::uint64_t>(::getpid())));
  }
  return result;
}

class point_runner {
 public:
  point_runner(const sweep_plan& plan, result_store& store, unsigned jobs, const std::function<bool()>& should_stop)
      : plan_(plan), store_(store), should_stop_(should_stop), last_(jobs) {}

  point_outcome run(unsigned thread, std::size_t index) {
    stop_if_asked();
    const auto point = plan_.point(index);
    const auto axes = point.axes.dump();
    if (store_.take(index, point.key, axes)) {
      return {.was_found = true};
    }
    stored_point done{.point = index, .axes = axes, .key = point.key, .result = {}};
    if (const auto* const inputs = std::get_if<point_inputs>(&point.inputs)) {
      done.result =
          run_point(*inputs, operands_of(thread, inputs->variant), plan_.per_layer(), [this] { stop_if_asked(); });
    } else {
      done.result = {.status = point_status::error, .error = std::get<std::string>(point.inputs)};
    }
    store_.add(done);
    return {.status = done.result.status};
  }

 private:
  void stop_if_asked() const {
    if (should_stop_()) {
      throw interruption();
    }
  }

  /// The next point of a thread often has the same operands.
  const operand_provider& operands_of(unsigned thread, const std::shared_ptr<const workload_variant>& variant) {
    auto& [last, operands] = last_[thread];
    if (last != variant) {
      operands = std::make_unique<variant_operands>(variant, masks_);
      last = variant;
    }
    return *operands;
  }

  struct last_operands {
    std::shared_ptr<const workload_variant> variant;
    std::unique_ptr<variant_operands> operands;
  };

  const sweep_plan& plan_;
  result_store& store_;
  const std::function<bool()>& should_stop_;
  mask_cache masks_{most_mask_bytes};
  std::vector<last_operands> last_;
};

void count(sweep_progress& progress, const point_outcome& outcome) {
  ++progress.done;
  progress.found += outcome.was_found ? 1 : 0;
  progress.errors += outcome.status == point_status::error ? 1 : 0;
  progress.failed += outcome.status == point_status::failed ? 1 : 0;
}

}  // namespace

sweep_identity identity_of(const sweep_plan& plan) {
  return {.name = plan.name(),
          .definition = plan.definition(),
          .inputs = plan.inputs_hash(),
          .axes = plan.axis_names(),
          .points = plan.size()};
}

sweep_progress run_sweep(const sweep_plan& plan, const sweep_options& options,
                         const std::function<void(const sweep_progress&)>& report,
                         const std::function<bool()>& should_stop) {
  result_store store(options.folder, identity_of(plan), options.resume);
  const auto points = shard_points(plan.size(), options);
  sweep_progress progress{.points = points.size()};
  try {
    point_runner runner(plan, store, options.jobs, should_stop);
    ordered_tasks<point_outcome> tasks(points.size(), options.jobs,
                                       [&](unsigned thread, std::size_t i) { return runner.run(thread, points[i]); });
    for (std::size_t i = 0; i < points.size(); ++i) {
      count(progress, tasks.result(i));
      report(progress);
    }
  } catch (const interruption&) {
    progress.is_interrupted = true;
  }
  write_result_files(store);
  return progress;
}

gathered_points gather_sweep(const std::string& folder, const std::vector<std::string>& from) {
  std::vector<std::unique_ptr<result_store>> parts;
  parts.reserve(from.size());
  for (const auto& part : from) {
    parts.push_back(std::make_unique<result_store>(part));
  }
  result_store all(folder, parts.front()->identity(), true);
  for (const auto& part : parts) {
    all.merge(*part);
  }
  write_result_files(all);
  return {.done = all.count(), .points = all.identity().points};
}

}  // namespace dlac
