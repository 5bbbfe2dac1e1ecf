#include "sim/cli/sweep_slurm.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <filesystem>
#include <string_view>

#include "sim/cli/interrupt_watch.h"
#include "sim/cli/output.h"
#include "sim/cli/progress_line.h"
#include "sim/core/error.h"
#include "sim/sweep/created_results.h"
#include "sim/sweep/slurm.h"
#include "sim/sweep/sweep_run.h"

namespace dlac {
namespace {

constexpr std::string_view prefix = "--slurm-";
constexpr std::array<std::string_view, 2> own_options = {"--slurm-tasks", "--slurm-retries"};

bool is_sbatch_option(std::string_view word) {
  return word.starts_with(prefix) && std::none_of(own_options.begin(), own_options.end(), [=](std::string_view own) {
           return word == own || (word.starts_with(own) && word[own.size()] == '=');
         });
}

/// Whether there are results, all of them as they were written. What others lack their tasks run again: a task may have
/// been killed before it wrote anything, and a shard be damaged.
bool has_sound_results(const std::string& folder) {
  try {
    if (!result_store::has_begun(folder)) {
      return false;
    }
    result_store(folder).for_each([](const stored_point&) {});
    return true;
  } catch (const damage_error&) {
    return false;
  }
}

/// The folders of shards that have results.
std::vector<std::string> begun_shards(const slurm_sweep& sweep) {
  std::vector<std::string> folders;
  for (std::uint64_t shard = 0; shard < sweep.shards; ++shard) {
    const auto folder = shard_folder(sweep, shard);
    if (has_sound_results(folder)) {
      folders.push_back(folder);
    }
  }
  return folders;
}

shard_list shards_without(const std::vector<bool>& is_done, std::uint64_t shards) {
  shard_list lacking;
  for (std::uint64_t shard = 0; shard < shards; ++shard) {
    for (auto point = shard; point < is_done.size(); point += shards) {
      if (!is_done[point]) {
        lacking.push_back(shard);
        break;
      }
    }
  }
  return lacking;
}

int finish(const slurm_sweep& sweep, const slurm_outcome& outcome, std::size_t done, std::size_t points,
           const std::string& name) {
  write_text(fmt::format("{}: {} of {} points\n{}/results.csv, {}/results.jsonl\n", name, done, points, sweep.folder,
                         sweep.folder));
  if (outcome.interrupted) {
    write_message("interrupted: --resume goes on");
    return interrupt_watch::exit_code();
  }
  if (!outcome.lacking.empty()) {
    write_message(fmt::format(
        "error: {} points are missing or failed, after {} retries: tasks {} of job {}; their output is in {}/slurm",
        points - done, sweep.retries, array_ranges(outcome.lacking), outcome.job, sweep.folder));
    return exit_failed;
  }
  return exit_done;
}

}  // namespace

std::vector<std::string> take_sbatch_options(arguments& given) {
  std::vector<std::string> options;
  for (const auto& word : given) {
    if (is_sbatch_option(word)) {
      options.push_back("--" + word.substr(prefix.size()));
    }
  }
  given.erase(std::remove_if(given.begin(), given.end(), is_sbatch_option), given.end());
  return options;
}

int run_sweep_on_slurm(const sweep_plan& plan, const slurm_request& request) {
  const slurm_sweep sweep{.program = std::filesystem::read_symlink("/proc/self/exe").string(),
                          .sweep_file = std::filesystem::absolute(request.sweep_file).string(),
                          .folder = std::filesystem::absolute(request.folder).string(),
                          .shards = std::min<std::uint64_t>(request.tasks, plan.size()),
                          .options = request.options,
                          .retries = request.retries};
  created_results made(sweep.folder);
  result_store store(sweep.folder, identity_of(plan), request.resume ? folder_use::resume : folder_use::begin);
  std::vector<bool> is_done(plan.size());
  progress_line shown;
  const interrupt_watch watch;
  const auto gather = [&] {
    const auto folders = begun_shards(sweep);
    if (!folders.empty()) {
      gather_sweep(sweep.folder, folders);
    }
    store.for_each(
        [&](const stored_point& point) { is_done[point.point] = point.result.status != point_status::failed; });
    return shards_without(is_done, sweep.shards);
  };
  shown.show(0, plan.size(), "in Slurm's queue");
  const auto outcome = run_on_slurm(sweep, {gather, interrupt_watch::is_interrupted, [&] { made.keep(); }});
  made.keep();
  shown.erase();
  const auto done = static_cast<std::size_t>(std::count(is_done.begin(), is_done.end(), true));
  return finish(sweep, outcome, done, plan.size(), plan.name());
}

}  // namespace dlac
