// `dlac sweep SWEEP`, and `dlac sweep show` and `gather` for what it left.

#include <fmt/format.h>

#include <algorithm>
#include <charconv>
#include <chrono>
#include <filesystem>
#include <functional>
#include <optional>
#include <string>
#include <vector>

#include "sim/cli/command_line.h"
#include "sim/cli/commands.h"
#include "sim/cli/interrupt_watch.h"
#include "sim/cli/output.h"
#include "sim/cli/progress_line.h"
#include "sim/cli/sweep_slurm.h"
#include "sim/core/error.h"
#include "sim/core/file_io.h"
#include "sim/core/text.h"
#include "sim/data/shipped_files.h"
#include "sim/sweep/ranking.h"
#include "sim/sweep/result_files.h"
#include "sim/sweep/sweep_plot.h"
#include "sim/sweep/sweep_run.h"
#include "sim/text/text_table.h"

namespace dlac {
namespace {

namespace po = boost::program_options;

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
  const auto text = [](const char* name) { return po::value<std::string>()->value_name(name); };
  auto add = syntax.options.add_options();
  add("out", text("DIR"), "folder of the results (default: SWEEP.sweep, in the current folder)");
  add("jobs", text("N"), "points at a time (default: 0, as many as there are cores)");
  add("resume", "go on in a folder that has results of this sweep; several processes may");
  add("shard", text("I/N"), "only the points whose number modulo N is I");
  add("executor", text("NAME"), "local (default), or slurm: as a job array, gathered when it is done");
  add("slurm-tasks", text("N"), "tasks of the array (default: 16)");
  add("slurm-retries", text("N"), "times that tasks which lack points are submitted again (default: 2)");
  return syntax;
}

command_syntax show_syntax() {
  command_syntax syntax{.name = "dlac sweep show",
                        .arguments = {"DIR"},
                        .description = "Prints the best points of a sweep, or those that no other point beats.",
                        .examples =
                            "  dlac sweep show pe-count\n"
                            "  dlac sweep show pe-count --by totals.tflops_per_w --top 5\n"
                            "  dlac sweep show pe-count --by grid.rows:max\n"
                            "  dlac sweep show pe-count --pareto totals.latency_ms,totals.area_mm2.total\n"
                            "  dlac sweep show sparsity --by totals.flop_per_cycle --plot sparsity.svg\n"};
  const auto text = [](const char* name) { return po::value<std::string>()->value_name(name); };
  auto add = syntax.options.add_options();
  add("by", text("KEY"),
      "rank by an axis or a number (default: totals.latency_ms; of a search: --pareto with its objectives); KEY:min or "
      "KEY:max says which end is best");
  add("pareto", text("KEY,KEY..."), "the points that none is as good as in all of these keys and better in one");
  add("top", text("N"), "at most so many points (default: 10; of --pareto: all)");
  add("plot", text("FILE.svg"), "draw, too: the key over one axis or two, or two keys of --pareto and their front");
  return syntax;
}

command_syntax gather_syntax() {
  return {.name = "dlac sweep gather",
          .arguments = {"OUT", "DIR..."},
          .description = "Puts the results of shards, or of interrupted runs, of one sweep together in the folder OUT.",
          .examples = "  dlac sweep gather all part0 part1 part2\n"};
}

std::size_t number(const std::string& option, std::string_view text, const std::string& expected) {
  std::size_t value = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value);
  if (error != std::errc() || end != text.data() + text.size()) {
    throw input_error(option, "", in_quotes(text), expected);
  }
  return value;
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
  const sweep_shard shard{number("--shard", std::string_view(*text).substr(0, slash), expected),
                          number("--shard", std::string_view(*text).substr(slash + 1), expected)};
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

std::string summary(const sweep_plan& plan, const sweep_progress& progress, const std::string& folder) {
  const auto what = plan.is_search() ? fmt::format("tried {} of {} combinations", progress.done, plan.size())
                                     : fmt::format("{} of {} points", progress.done, progress.points);
  auto text = fmt::format("{}: {}, {} of them run now{}{}\n{}/results.csv, {}/results.jsonl\n", plan.name(), what,
                          progress.done - progress.found,
                          progress.errors > 0 ? fmt::format(", {} that no machine can run", progress.errors) : "",
                          progress.failed > 0 ? fmt::format(", {} failed", progress.failed) : "", folder, folder);
  if (plan.is_search()) {
    result_store store(folder);
    text += fmt::format("{} that none of them beats: dlac sweep show {}\n",
                        ranking(store, plan.objectives()).front().size(), folder);
  }
  return text;
}

/// A search's points are not known before it has come to them.
void expect_no_search(const sweep_plan& plan, const std::string& option) {
  if (plan.is_search()) {
    throw input_error(option, "", "a sweep with \"optimise\"",
                      "one of points that are known before; processes may share a search's folder with --resume");
  }
}

std::string sweep_file_of(const command_line& line) {
  return find_file(shipped_kind::sweep, line.argument(0), on_command_line("SWEEP"));
}

int run_with_slurm(const command_line& line, const std::string& folder, std::vector<std::string> sbatch_options) {
  const auto path = sweep_file_of(line);
  if (line.has("jobs") || line.has("shard")) {
    throw input_error(line.has("jobs") ? "--jobs" : "--shard", "", "--executor slurm",
                      "--slurm-tasks=N and --slurm-cpus-per-task=N, which say what runs at a time");
  }
  if (path == standard_input) {
    throw input_error("--executor slurm", "", "a sweep from standard input", "a file, which every task can read");
  }
  constexpr std::uint64_t most_tasks = 1'000'000;
  const auto tasks = number("--slurm-tasks", line.text("slurm-tasks").value_or("16"), "a number of tasks");
  const auto retries = number("--slurm-retries", line.text("slurm-retries").value_or("2"), "a number of retries");
  if (tasks == 0 || tasks > most_tasks || retries > most_tasks) {
    throw input_error(retries > most_tasks ? "--slurm-retries" : "--slurm-tasks", "",
                      in_quotes(line.text(retries > most_tasks ? "slurm-retries" : "slurm-tasks").value_or("")),
                      "a number from 1 to 1000000");
  }
  const sweep_plan plan(path);
  expect_no_search(plan, "--executor slurm");
  return run_sweep_on_slurm(
      plan, {path, folder, line.has("resume"), tasks, static_cast<std::uint32_t>(retries), std::move(sbatch_options)});
}

int run(const command_line& line, std::vector<std::string> sbatch_options) {
  const auto path = sweep_file_of(line);
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
  const sweep_plan plan(path);
  if (line.has("shard")) {
    expect_no_search(plan, "--shard");
  }
  progress_line shown;
  const interrupt_watch watch;
  const rate_text rate;
  const auto progress = run_sweep(
      plan, options, [&](const sweep_progress& now) { shown.show(now.done, now.points, rate(now)); },
      [] { return interrupt_watch::is_interrupted(); });
  shown.erase();
  write_text(summary(plan, progress, options.folder));
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

std::string cell(const nlohmann::ordered_json& value) {
  return value.is_string()         ? value.get<std::string>()
         : value.is_number_float() ? fmt::format("{:.5g}", value.get<double>())
                                   : value.dump();
}

/// The axes, the keys, and of a few numbers that most want to see those that are no keys.
void print_points(const result_store& store, const std::vector<ranked_point>& points,
                  const std::vector<ranking_key>& keys, std::size_t top) {
  std::vector<std::string> totals;
  for (const auto& key : keys) {
    if (key.name.starts_with("totals.")) {
      totals.push_back(key.name.substr(7));
    }
  }
  for (const std::string usual : {"cycles", "latency_ms", "tflops", "energy_mj", "area_mm2.total", "tflops_per_w"}) {
    if (std::find(totals.begin(), totals.end(), usual) == totals.end()) {
      totals.push_back(usual);
    }
  }
  std::vector<text_column> columns = {{"point", ""}};
  for (const auto& axis : store.identity().axes) {
    columns.push_back({axis, ""});
  }
  for (const auto& name : totals) {
    columns.push_back({name, ""});
  }
  text_table table(columns);
  for (std::size_t i = 0; i < std::min(top, points.size()); ++i) {
    std::vector<std::string> cells = {std::to_string(points[i].point)};
    for (const auto& axis : store.identity().axes) {
      cells.push_back(cell(points[i].axes.at(axis)));
    }
    for (const auto& name : totals) {
      cells.push_back(cell(points[i].totals.at(pointer_of(name))));
    }
    table.add_row(std::move(cells));
  }
  constexpr std::size_t widest = 160;
  const auto text = table.text(output_width(widest));
  write_text(std::string_view(text).substr(text.find_first_not_of('\n')));  // the columns have no groups
}

std::vector<std::string> separated_by_commas(const std::string& text) {
  std::vector<std::string> parts = {""};
  for (const char c : text) {
    if (c == ',') {
      parts.emplace_back();
    } else {
      parts.back() += c;
    }
  }
  return parts;
}

/// A picture in another format than its name says would be opened by nobody.
std::optional<std::string> plot_file(const command_line& line) {
  auto plot = line.text("plot");
  if (plot && std::filesystem::path(*plot).extension() != ".svg") {
    throw input_error("--plot", "", in_quotes(*plot), "a file named .svg: pictures are SVG");
  }
  return plot;
}

int show(const command_line& line) {
  result_store store(line.argument(0));
  const auto pareto = line.text("pareto");
  if (pareto && line.has("by")) {
    throw input_error("--pareto", "", "--by", "one of them");
  }
  const std::string option = pareto ? "--pareto" : "--by";
  std::vector<ranking_key> keys;
  for (const auto& text : pareto           ? separated_by_commas(*pareto)
                          : line.has("by") ? std::vector{*line.text("by")}
                                           : usual_keys(store)) {
    keys.push_back(read_ranking_key(text, store.identity().axes, option));
  }
  if (pareto && keys.size() < 2) {
    throw input_error(option, "", in_quotes(*pareto), "two keys or more, separated by commas");
  }
  const bool is_front = keys.size() > 1;
  const auto top = line.has("top") ? number("--top", *line.text("top"), "a number of points")
                   : is_front      ? SIZE_MAX
                                   : 10;
  const ranking ranked(store, keys);
  if (const auto plot = plot_file(line)) {
    write_file_atomically(*plot, is_front ? plot_pareto(store, ranked, keys, "--plot")
                                          : plot_over_axes(store, ranked, keys.front(), "--plot"));
  }
  print_points(store, is_front ? ranked.front() : ranked.best(), keys, top);
  return exit_done;
}

int gather(const command_line& line) {
  const auto [done, points] = gather_sweep(line.argument(0), line.arguments_from(1));
  write_text(fmt::format("{} of {} points\n{}/results.csv, {}/results.jsonl\n", done, points, line.argument(0),
                         line.argument(0)));
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
    return run_with(show_syntax(), rest, show);
  }
  if (!given.empty() && given[0] == "gather") {
    return run_with(gather_syntax(), rest, gather);
  }
  arguments ours = given;
  const auto sbatch_options = take_sbatch_options(ours);
  return run_with(sweep_syntax(), ours, [&](const command_line& line) { return run(line, sbatch_options); });
}

}  // namespace dlac
