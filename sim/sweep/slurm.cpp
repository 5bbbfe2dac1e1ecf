#include "sim/sweep/slurm.h"

#include <fmt/format.h>

#include <algorithm>
#include <chrono>
#include <thread>

#include "sim/core/child_process.h"
#include "sim/core/error.h"
#include "sim/core/file_io.h"
#include "sim/core/text.h"

namespace dlac {
namespace {

using namespace std::chrono_literals;

constexpr std::size_t longest_message = 300;
constexpr auto shortest_wait = 500ms;
constexpr auto longest_wait = 10000ms;

/// One of Slurm's commands that has to succeed.
std::string slurm_command(const std::vector<std::string>& words) {
  const auto finished = run_process(words);
  if (finished.exit_code != 0) {
    throw input_error(words.front(), "", one_line(finished.err, longest_message), "a command that Slurm accepts");
  }
  return finished.out;
}

/// "17" of "17\n" and of "17;cluster\n".
std::string job_of(const std::string& answer) {
  auto id = answer.substr(0, answer.find_first_not_of("0123456789"));
  if (id.empty()) {
    throw input_error("sbatch", "", in_quotes(answer), "the number of the submitted job");
  }
  return id;
}

/// Whether tasks of a job wait or run. A job that has been over for a while is unknown to squeue, which then fails.
bool is_queued(const std::string& job) {
  const auto finished = run_process({"squeue", "--noheader", "--jobs=" + job, "--format=%T"});
  return finished.exit_code == 0 && !finished.out.empty();
}

/// False when interrupted.
bool wait_for(const std::string& job, const slurm_callbacks& callbacks) {
  for (auto wait = shortest_wait; is_queued(job); wait = std::min<std::chrono::milliseconds>(2 * wait, longest_wait)) {
    for (auto slept = 0ms; slept < wait; slept += 100ms) {
      if (callbacks.is_interrupted()) {
        static_cast<void>(run_process({"scancel", job}));
        return false;
      }
      std::this_thread::sleep_for(100ms);
    }
  }
  return true;
}

}  // namespace

std::string shard_folder(const slurm_sweep& sweep, std::uint64_t shard) {
  return fmt::format("{}/shards/{}-of-{}", sweep.folder, shard, sweep.shards);
}

std::string batch_script(const slurm_sweep& sweep) {
  return fmt::format(
      "#!/bin/sh\n"
      "# One shard of a sweep. Started again, it goes on with the points that are not finished.\n"
      "exec {} sweep {} --out {}/shards/\"$SLURM_ARRAY_TASK_ID\"-of-{} --shard \"$SLURM_ARRAY_TASK_ID\"/{} "
      "--jobs \"${{SLURM_CPUS_PER_TASK:-1}}\" --resume\n",
      shell_quoted(sweep.program), shell_quoted(sweep.sweep_file), shell_quoted(sweep.folder), sweep.shards,
      sweep.shards);
}

std::vector<std::string> submission(const slurm_sweep& sweep, const shard_list& shards, const std::string& script) {
  std::vector<std::string> words = {"sbatch",
                                    "--parsable",
                                    "--requeue",
                                    "--job-name=dlac-sweep",
                                    "--output=" + sweep.folder + "/slurm/%A_%a.out",
                                    "--array=" + array_ranges(shards)};
  words.insert(words.end(), sweep.options.begin(), sweep.options.end());
  words.push_back(script);
  return words;
}

std::string array_ranges(const shard_list& shards) {
  std::string text;
  for (std::size_t first = 0; first < shards.size();) {
    auto last = first;
    while (last + 1 < shards.size() && shards[last + 1] == shards[last] + 1) {
      ++last;
    }
    text += text.empty() ? "" : ",";
    text += first == last ? fmt::format("{}", shards[first]) : fmt::format("{}-{}", shards[first], shards[last]);
    first = last + 1;
  }
  return text;
}

void check_slurm() {
  slurm_command({"sbatch", "--version"});
}

slurm_outcome run_on_slurm(const slurm_sweep& sweep, const slurm_callbacks& callbacks) {
  const auto script = sweep.folder + "/slurm/task.sh";
  make_folders(sweep.folder + "/slurm");
  write_file_atomically(script, batch_script(sweep));
  slurm_outcome outcome{callbacks.gather(), "", false};
  for (std::uint32_t attempt = 0; attempt <= sweep.retries && !outcome.lacking.empty(); ++attempt) {
    outcome.job = job_of(slurm_command(submission(sweep, outcome.lacking, script)));
    callbacks.has_begun();
    outcome.interrupted = !wait_for(outcome.job, callbacks);
    outcome.lacking = callbacks.gather();
    if (outcome.interrupted) {
      break;
    }
  }
  return outcome;
}

}  // namespace dlac
