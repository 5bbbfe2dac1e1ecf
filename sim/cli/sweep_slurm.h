#pragma once
// `dlac sweep --executor slurm`.

#include <cstdint>
#include <string>
#include <vector>

#include "sim/cli/commands.h"
#include "sim/sweep/sweep_plan.h"

namespace dlac {

struct slurm_request {
  std::string sweep_file;
  std::string folder;
  bool resume = false;
  std::uint64_t tasks = 0;
  std::uint32_t retries = 0;
  std::vector<std::string> options;  ///< for sbatch
};

/// Takes every --slurm-NAME=VALUE that is not one of our own out of `given`: "--NAME=VALUE", for sbatch.
std::vector<std::string> take_sbatch_options(arguments& given);

/// Submits, waits and gathers. Returns the exit code.
int run_sweep_on_slurm(const sweep_plan& plan, const slurm_request& request);

}  // namespace dlac
