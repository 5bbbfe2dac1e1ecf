#pragma once
// A sweep as a Slurm job array: every task is `dlac sweep --shard i/n` into a folder of its own, which keeps each point
// as soon as it is done. So a task may be killed, or requeued, at any time: it goes on where it was.

#include <cstdint>
#include <functional>
#include <string>
#include <vector>

namespace dlac {

/// Shards by number.
using shard_list = std::vector<std::uint64_t>;

struct slurm_sweep {
  std::string program = {};     ///< dlac, as the nodes find it
  std::string sweep_file = {};  ///< absolute
  std::string folder = {};      ///< absolute, and shared by the nodes
  std::uint64_t shards = 1;
  std::vector<std::string> options = {};  ///< for sbatch, as "--partition=main"
  std::uint32_t retries = 2;              ///< times that tasks which lack points are submitted again
};

/// Where a shard's task keeps its points.
std::string shard_folder(const slurm_sweep& sweep, std::uint64_t shard);

/// The batch script that every task runs.
std::string batch_script(const slurm_sweep& sweep);

/// The words of the command that submits `shards`; `script` is the file with the batch script.
std::vector<std::string> submission(const slurm_sweep& sweep, const shard_list& shards, const std::string& script);

/// "0-2,5" of {0, 1, 2, 5}: ascending.
std::string array_ranges(const shard_list& shards);

/// Throws input_error where this machine has no sbatch that starts.
void check_slurm();

/// What the executor has to ask of the sweep.
struct slurm_callbacks {
  std::function<shard_list()> gather;    ///< takes over what the tasks have finished; the shards that lack points
  std::function<bool()> is_interrupted;  ///< the array is cancelled
  std::function<void()> has_begun;       ///< the array is submitted
};

/// How it ended: shards that still lack points, and the last array's id, to look for its output.
struct slurm_outcome {
  shard_list lacking;
  std::string job;
  bool interrupted = false;
};

/// Submits the shards that lack points, waits for them, gathers, and again until nothing is lacking or the retries are
/// used up. Throws input_error when Slurm's commands are missing or refuse.
slurm_outcome run_on_slurm(const slurm_sweep& sweep, const slurm_callbacks& callbacks);

}  // namespace dlac
