#include "sim/sweep/sweep_run.h"

#include <unistd.h>

#include <algorithm>
#include <cmath>
#include <iterator>
#include <limits>
#include <memory>
#include <random>
#include <unordered_map>
#include <utility>
#include <vector>

#include "sim/core/error.h"
#include "sim/core/ordered_tasks.h"
#include "sim/core/stop.h"
#include "sim/sweep/created_results.h"
#include "sim/sweep/result_files.h"
#include "sim/sweep/workload_variant.h"

namespace dlac {
namespace {

/// Enough for the masks of the largest shipped network many times over.
constexpr std::uint64_t most_mask_bytes = std::uint64_t{256} << 20U;

struct point_outcome {
  stored_point done;
  bool was_found = false;
};

std::vector<std::uint64_t> shard_points(std::size_t points, const sweep_shard& shard) {
  std::vector<std::uint64_t> result;
  for (std::size_t i = shard.index; i < points; i += shard.count) {
    result.push_back(i);
  }
  return result;
}

class point_runner {
 public:
  point_runner(const sweep_plan& plan, result_store& store, const sweep_options& options,
               const std::function<bool()>& should_stop)
      : plan_(plan), store_(store), options_(options), should_stop_(should_stop), last_(options.jobs) {}

  /// All of them, several at a time; `visit` hears of each in turn.
  void run(std::vector<std::uint64_t> points, const std::function<void(const point_outcome&)>& visit) {
    if (options_.resume) {
      // Another process may be at the same folder: in orders of their own they seldom run the same point.
      std::shuffle(points.begin(), points.end(), std::mt19937_64(static_cast<std::uint64_t>(::getpid())));
    }
    ordered_tasks<point_outcome> tasks(points.size(), options_.jobs, [&](unsigned thread, std::size_t i) {
      // Where fewer points are left than threads, those without one work at the layers of the last points.
      const auto layers = std::max<std::size_t>(1, options_.jobs / (points.size() - i));
      return run_one(thread, points[i], static_cast<unsigned>(layers));
    });
    for (std::size_t i = 0; i < points.size(); ++i) {
      visit(tasks.result(i));
    }
  }

 private:
  point_outcome run_one(unsigned thread, std::uint64_t number, unsigned layer_threads) {
    stop_if_asked();
    const auto point = plan_.point(number);
    stored_point done{.point = number, .axes = point.axes.dump(), .key = point.key, .result = {}};
    if (auto found = store_.take(number, done.key, done.axes)) {
      done.result = std::move(*found);
      return {std::move(done), true};
    }
    if (const auto* const inputs = std::get_if<point_inputs>(&point.inputs)) {
      done.result = run_point(
          *inputs, [&]() -> const operand_provider& { return operands_of(thread, *inputs); }, plan_.per_layer(),
          layer_threads, [this] { stop_if_asked(); });
    } else {
      done.result = {.status = point_status::error, .error = std::get<std::string>(point.inputs)};
    }
    store_.add(done);
    return {std::move(done), false};
  }

  void stop_if_asked() const {
    if (should_stop_()) {
      throw interruption();
    }
  }

  /// The next point of a thread often has the same operands.
  const operand_provider& operands_of(unsigned thread, const point_inputs& inputs) {
    auto& last = last_[thread];
    const operand_formats numbers = inputs.config.numbers();
    if (last.variant != inputs.variant || last.numbers != numbers) {
      last = {};  // opened anew, also where that fails
      last.operands = std::make_unique<variant_operands>(inputs.variant, numbers, masks_);
      last.variant = inputs.variant;
      last.numbers = numbers;
    }
    return *last.operands;
  }

  struct last_operands {
    std::shared_ptr<const workload_variant> variant;
    operand_formats numbers;
    std::unique_ptr<variant_operands> operands;
  };

  const sweep_plan& plan_;
  result_store& store_;
  const sweep_options& options_;
  const std::function<bool()>& should_stop_;
  mask_cache masks_{most_mask_bytes};
  std::vector<last_operands> last_;
};

void count(sweep_progress& progress, const point_outcome& outcome) {
  ++progress.done;
  progress.found += outcome.was_found ? 1 : 0;
  progress.errors += outcome.done.result.status == point_status::error ? 1 : 0;
  progress.failed += outcome.done.result.status == point_status::failed ? 1 : 0;
}

/// To be minimised, as the search wants them.
objective_values objectives_of(const stored_point& done, const std::vector<ranking_key>& keys,
                               const result_store& store) {
  constexpr double worthless = std::numeric_limits<double>::infinity();
  objective_values values(keys.size(), worthless);
  if (done.result.status != point_status::ok) {
    return values;
  }
  const auto axes = axes_of(done, store.identity().axes, store.path());
  const auto totals = totals_of(done, store.path());
  for (std::size_t i = 0; i < keys.size(); ++i) {
    const auto number = keys[i].number_of(axes, totals);
    if (std::isnan(number)) {
      return objective_values(keys.size(), worthless);
    }
    values[i] = keys[i].largest_is_best ? -number : number;
  }
  return values;
}

/// What a generation's points are worth, in their order.
std::vector<objective_values> run_generation(point_runner& runner, const std::vector<std::uint64_t>& points,
                                             const std::vector<ranking_key>& keys, const result_store& store,
                                             const std::function<void(const point_outcome&)>& visit) {
  std::unordered_map<std::uint64_t, objective_values> by_point;
  runner.run(points, [&](const point_outcome& outcome) {
    by_point[outcome.done.point] = objectives_of(outcome.done, keys, store);
    visit(outcome);
  });
  std::vector<objective_values> values;
  values.reserve(points.size());
  for (const auto point : points) {
    values.push_back(by_point.at(point));
  }
  return values;
}

/// Where that cannot be told, there may be some.
bool has_points(result_store& store) {
  try {
    return store.counts().all() > 0;
  } catch (const input_error&) {
    return true;
  }
}

}  // namespace

sweep_identity identity_of(const sweep_plan& plan) {
  return {.name = plan.name(),
          .definition = plan.definition(),
          .inputs = plan.inputs_hash(),
          .axes = plan.axis_names(),
          .groups = plan.axis_groups(),
          .points = plan.size()};
}

void expect_no_search(const sweep_plan& plan, const std::string& option) {
  if (plan.is_search()) {
    throw input_error(option, "", "a sweep with \"optimise\"",
                      "one of points that are known before; processes may share a search's folder with --resume");
  }
}

sweep_progress run_sweep(const sweep_plan& plan, const sweep_options& options,
                         const std::function<void(const sweep_progress&)>& report,
                         const std::function<bool()>& should_stop) {
  if (options.shard.count > 1) {
    expect_no_search(plan, "--shard");
  }
  created_results made(options.folder);
  if (options.resume) {
    made.keep();  // another process may be at the same folder
  }
  result_store store(options.folder, identity_of(plan), options.resume ? folder_use::resume : folder_use::begin);
  check_result_places(store);
  const auto points = plan.is_search() ? std::vector<std::uint64_t>{} : shard_points(plan.size(), options.shard);
  sweep_progress progress{.points = plan.is_search() ? plan.most_tried() : points.size()};
  const auto visit = [&](const point_outcome& outcome) {
    count(progress, outcome);
    report(progress);
  };
  try {
    point_runner runner(plan, store, options, should_stop);
    if (plan.is_search()) {
      plan.search([&](const std::vector<std::uint64_t>& generation) {
        return run_generation(runner, generation, plan.objectives(), store, visit);
      });
      store.note_end_of_search();
    } else {
      runner.run(points, visit);
    }
  } catch (const interruption&) {
    progress.is_interrupted = true;
  } catch (...) {
    if (has_points(store)) {
      made.keep();
    }
    throw;
  }
  made.keep();  // results are not lost with a file that cannot be written: --resume writes it
  write_result_files(store);
  progress.in_folder = store.counts().all();
  progress.repairs = store.repairs();
  return progress;
}

gathered_points gather_sweep(const std::string& folder, const std::vector<std::string>& from) {
  std::vector<std::unique_ptr<result_store>> parts;
  parts.reserve(from.size());
  for (const auto& part : from) {
    parts.push_back(std::make_unique<result_store>(part));
  }
  std::vector<result_store*> sources;
  std::transform(parts.begin(), parts.end(), std::back_inserter(sources), [](const auto& part) { return part.get(); });
  created_results made(folder);
  result_store all(folder, parts.front()->identity(), folder_use::add);
  check_result_places(all);
  all.merge(sources);
  write_result_files(all);
  made.keep();
  return {.count = count_text(all), .partial = partial_note(all), .per_layer = is_per_layer(all)};
}

}  // namespace dlac
