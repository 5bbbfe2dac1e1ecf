// `dlac sweep SWEEP`, and `dlac sweep show` and `gather` for what it left.

#include <fmt/format.h>

#include <chrono>
#include <filesystem>
#include <functional>
#include <optional>
#include <string>
#include <vector>

#include "sim/api/sweep.h"
#include "sim/cli/command_line.h"
#include "sim/cli/commands.h"
#include "sim/cli/interrupt_watch.h"
#include "sim/cli/output.h"
#include "sim/cli/progress_line.h"
#include "sim/cli/sweep_show.h"
#include "sim/cli/sweep_slurm.h"
#include "sim/core/error.h"
#include "sim/core/file_io.h"
#include "sim/core/stop.h"
#include "sim/core/text.h"
#include "sim/sweep/result_files.h"
#include "sim/sweep/slurm.h"

namespace dlac {
namespace {

command_syntax sweep_syntax() {
  command_syntax syntax{
      .name = "dlac sweep",
      .arguments = {"SWEEP"},
      .description =
          "Runs a network on many machines: every point of the space that SWEEP spans, or those\n"
          "that its \"optimise\" picks. Results are kept in DIR/sweep.db as they come, and written to DIR/results.csv\n"
          "and DIR/results.jsonl in the end.\n"
          "dlac sweep show DIR prints the best points, dlac sweep gather OUT DIR... puts shards together.",
      .examples =
          "  dlac sweep pe-count --out pe-count\n"
          "  dlac sweep pe-count --out pe-count --resume     # after an interruption\n"
          "  dlac sweep mine.json --out part0 --shard 0/2     # and on another machine --shard 1/2\n"
          "  dlac sweep gather all part0 part1\n"
          "  dlac sweep mine.json --out mine --executor slurm --slurm-partition=main     # any option of sbatch\n"
          "  dlac sweep show pe-count --by totals.energy_mj\n"};
  syntax.add("out", text_value("DIR"), "folder of the results (default: SWEEP.sweep, in the current folder)");
  syntax.add("jobs", text_value("N"), "points at a time (default: 0, as many as there are cores)");
  syntax.add("resume", "go on in a folder that has results of this sweep; several processes may");
  syntax.add("shard", text_value("I/N"), "only the points whose number modulo N is I");
  syntax.add("executor", text_value("NAME"), "local (default), or slurm: as a job array, gathered when it is done");
  syntax.add("slurm-tasks", text_value("N"), "tasks of the array (default: 16)");
  syntax.add("slurm-retries", text_value("N"), "times that tasks which lack points are submitted again (default: 2)");
  return syntax;
}

command_syntax gather_syntax() {
  return {.name = "dlac sweep gather",
          .arguments = {"OUT", "DIR..."},
          .description = "Puts the results of shards, or of interrupted runs, of one sweep together in the folder OUT.",
          .examples = "  dlac sweep gather all part0 part1 part2\n"};
}

sweep_shard shard_of(const command_line& line) {
  const auto text = line.text("shard");
  if (!text) {
    return {};
  }
  constexpr const char* expected = "I/N with I below N, such as 0/4";
  const auto slash = text->find('/');
  if (slash == std::string::npos) {
    throw input_error("--shard", "", in_quotes(*text), expected);
  }
  const sweep_shard shard{count_in("--shard", std::string_view(*text).substr(0, slash), expected),
                          count_in("--shard", std::string_view(*text).substr(slash + 1), expected)};
  if (shard.index >= shard.count) {
    throw input_error("--shard", "", in_quotes(*text), expected);
  }
  return shard;
}

/// "3.2 points/s, 1 min 20 s left"
class rate_text {
 public:
  std::string operator()(const sweep_progress& progress) const {
    const std::chrono::duration<double> spent = std::chrono::steady_clock::now() - begin_;
    const auto run = static_cast<double>(progress.done - progress.found);
    if (run == 0 || spent.count() <= 0) {
      return "found";
    }
    const auto rate = run / spent.count();
    const auto left = static_cast<std::uint64_t>(static_cast<double>(progress.points - progress.done) / rate);
    return left < 60 ? fmt::format("{:.1f} points/s, {} s left", rate, left)
                     : fmt::format("{:.1f} points/s, {} min {} s left", rate, left / 60, left % 60);
  }

 private:
  std::chrono::steady_clock::time_point begin_ = std::chrono::steady_clock::now();
};

std::string result_paths(const std::string& folder, bool per_layer) {
  return fmt::format("{0}/results.csv, {0}/results.jsonl{1}", folder,
                     per_layer ? fmt::format(", {}/layers.csv", folder) : "");
}

/// What there is now in the folder, and what of it was asked for: of a shard, its own points as well.
std::string summary(const sweep_plan& plan, const sweep_progress& progress, const sweep_options& options) {
  const auto& folder = options.folder;
  const auto what = plan.is_search() && progress.is_interrupted
                        ? fmt::format("tried {} of at most {} points", progress.done, progress.points)
                    : plan.is_search() ? fmt::format("tried {} of {} combinations", progress.done, plan.size())
                                       : fmt::format("{} of {} points", progress.in_folder, plan.size());
  auto text = fmt::format("{}: {}, {} of them run now{}{}\n", plan.name(), what, progress.done - progress.found,
                          progress.errors > 0 ? fmt::format(", {} that no machine can run", progress.errors) : "",
                          progress.failed > 0 ? fmt::format(", {} failed", progress.failed) : "");
  if (options.shard.count > 1) {
    text += fmt::format("shard {}/{}: {} of its {} points\n", options.shard.index, options.shard.count, progress.done,
                        progress.points);
  }
  text += result_paths(folder, plan.per_layer()) + '\n';
  if (plan.is_search()) {
    result_store store(folder);
    text += fmt::format("{} that none of them beats: dlac sweep show {}\n",
                        ranking(store, plan.objectives()).front().size(), folder);
  }
  return text;
}

/// Where an expression keeps few of many combinations, it takes a while to find the points.
sweep_plan::choice_report choice_shown_by(progress_line& shown) {
  return [&shown](std::uint64_t examined, std::uint64_t combinations) {
    heed_stop();
    shown.show(examined, combinations, "combinations looked at for the points");
  };
}

int run_with_slurm(const command_line& line, const std::string& folder, std::vector<std::string> sbatch_options) {
  const auto path = find_sweep(line.argument(0), "SWEEP");
  if (line.has("jobs") || line.has("shard")) {
    throw input_error(line.has("jobs") ? "--jobs" : "--shard", "", "--executor slurm",
                      "--slurm-tasks=N and --slurm-cpus-per-task=N, which say what runs at a time");
  }
  if (path == standard_input) {
    throw input_error("--executor slurm", "", "a sweep from standard input", "a file, which every task can read");
  }
  constexpr std::uint64_t most_tasks = 1'000'000;
  const auto tasks = count_in("--slurm-tasks", line.text("slurm-tasks").value_or("16"), "a number of tasks");
  const auto retries = count_in("--slurm-retries", line.text("slurm-retries").value_or("2"), "a number of retries");
  if (tasks == 0 || tasks > most_tasks || retries > most_tasks) {
    throw input_error(retries > most_tasks ? "--slurm-retries" : "--slurm-tasks", "",
                      in_quotes(line.text(retries > most_tasks ? "slurm-retries" : "slurm-tasks").value_or("")),
                      "a number from 1 to 1000000");
  }
  progress_line shown;
  const sweep_plan plan(path, choice_shown_by(shown));
  shown.erase();
  expect_no_search(plan, "--executor slurm");
  check_slurm();
  return run_sweep_on_slurm(
      plan, {path, folder, line.has("resume"), tasks, static_cast<std::uint32_t>(retries), std::move(sbatch_options)});
}

/// Throws interruption when it is stopped before the first point.
int run_here(const std::string& path, const sweep_options& options) {
  progress_line shown;
  const rate_text rate;
  const auto [plan, progress] =
      sweep(path, options,
            {.choosing = choice_shown_by(shown),
             .progress = [&](const sweep_progress& now) { shown.show(now.done, now.points, rate(now)); },
             .should_stop = [] { return interrupt_watch::is_interrupted(); }});
  shown.erase();
  if (!progress.repairs.empty()) {
    write_message("note: " + progress.repairs);
  }
  write_text(summary(*plan, progress, options));
  if (progress.is_interrupted) {
    write_message("interrupted: --resume goes on");
    return interrupt_watch::exit_code();
  }
  if (progress.failed > 0) {
    write_message(fmt::format("error: {} points failed: --resume tries them again", progress.failed));
    return exit_failed;
  }
  return exit_done;
}

int run(const command_line& line, std::vector<std::string> sbatch_options) {
  const auto path = find_sweep(line.argument(0), "SWEEP");
  const auto stem = path == standard_input ? "stdin" : std::filesystem::path(path).stem().string();
  const auto folder = line.text("out").value_or(stem + ".sweep");
  if (choose("--executor", line.text("executor").value_or("local"), {"local", "slurm"}) == 1) {
    return run_with_slurm(line, folder, std::move(sbatch_options));
  }
  if (!sbatch_options.empty() || line.has("slurm-tasks") || line.has("slurm-retries")) {
    throw input_error("--executor", "", "an option of Slurm", "--executor slurm beside it");
  }
  const sweep_options options{
      .folder = folder, .jobs = job_count(line, "0"), .resume = line.has("resume"), .shard = shard_of(line)};
  const interrupt_watch watch;
  try {
    return run_here(path, options);
  } catch (const interruption&) {
    write_message("interrupted: no point was run");
    return interrupt_watch::exit_code();
  }
}

int gather(const command_line& line) {
  const auto& folder = line.argument(0);
  const auto [count, partial, per_layer] = gather_sweep(folder, line.arguments_from(1));
  write_text(fmt::format("{}\n{}{}\n", count, partial.empty() ? "" : fmt::format("partial: {}\n", partial),
                         result_paths(folder, per_layer)));
  return exit_done;
}

int run_with(const command_syntax& syntax, const arguments& given,
             const std::function<int(const command_line&)>& action) {
  const command_line line(syntax, given);
  if (line.wants_help()) {
    write_standard_output(help_text(syntax));
    return exit_done;
  }
  return action(line);
}

}  // namespace

int sweep_command(const arguments& given) {
  const arguments rest(given.begin() + (given.empty() ? 0 : 1), given.end());
  if (!given.empty() && given[0] == "show") {
    return show_sweep(rest);
  }
  if (!given.empty() && given[0] == "gather") {
    return run_with(gather_syntax(), rest, gather);
  }
  arguments ours = given;
  const auto sbatch_options = take_sbatch_options(ours);
  return run_with(sweep_syntax(), ours, [&](const command_line& line) { return run(line, sbatch_options); });
}

}  // namespace dlac
