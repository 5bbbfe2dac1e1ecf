// Job scripts and options of sweeps on Slurm.

#include "sim/sweep/slurm.h"

#include <doctest/doctest.h>

#include "sim/core/child_process.h"
#include "sim/core/error.h"

namespace dlac {
namespace {

slurm_sweep example() {
  return {.program = "/opt/it's here/dlac",
          .sweep_file = "/home/me/my sweep.json",
          .folder = "/scratch/$me",
          .shards = 4,
          .options = {"--partition=main", "--time=10"}};
}

}  // namespace

TEST_CASE("slurm: shards as the ranges of an array") {
  CHECK(array_ranges({0}) == "0");
  CHECK(array_ranges({0, 1, 2, 3}) == "0-3");
  CHECK(array_ranges({1, 3, 4, 7}) == "1,3-4,7");
  CHECK(array_ranges({}).empty());
}

TEST_CASE("slurm: the command that submits passes the options on, the script last") {
  const auto words = submission(example(), {0, 2, 3}, "/scratch/task.sh");
  CHECK(words == std::vector<std::string>{"sbatch", "--parsable", "--requeue", "--job-name=dlac-sweep",
                                          "--output=/scratch/$me/slurm/%A_%a.out", "--array=0,2-3", "--partition=main",
                                          "--time=10", "/scratch/task.sh"});
}

TEST_CASE("slurm: the batch script quotes what a shell would read otherwise") {
  const auto text = batch_script(example());
  CHECK(text.starts_with("#!/bin/sh\n"));
  CHECK(text.find(R"('/opt/it'\''s here/dlac' sweep '/home/me/my sweep.json' --out '/scratch/$me'/shards/)") !=
        std::string::npos);
  // A shell runs it: the words arrive as they were.
  const auto finished = run_process(
      {"sh", "-c",
       "SLURM_ARRAY_TASK_ID=2 SLURM_CPUS_PER_TASK=8; " +
           batch_script({.program = "echo", .sweep_file = "/a b/'c'.json", .folder = "/x y", .shards = 4})});
  CHECK(finished.exit_code == 0);
  CHECK(finished.out == "sweep /a b/'c'.json --out /x y/shards/2-of-4 --shard 2/4 --jobs 8 --resume\n");
}

TEST_CASE("slurm: a task's folder is the one that its script names") {
  CHECK(shard_folder({.folder = "/x", .shards = 4}, 2) == "/x/shards/2-of-4");
}

TEST_CASE("child process: output, errors and exit code come back") {
  const auto finished = run_process({"sh", "-c", "echo out; echo err >&2; exit 3"});
  CHECK(finished.exit_code == 3);
  CHECK(finished.out == "out\n");
  CHECK(finished.err == "err\n");
  CHECK(run_process({"sh", "-c", "kill -9 $$"}).exit_code == 128 + 9);
  CHECK(run_process({"cat"}).out.empty());  // no standard input to wait for
  CHECK_THROWS_WITH_AS(run_process({"no-such-program-anywhere"}),
                       "no-such-program-anywhere: found no such program, expected a program on the PATH", input_error);
}

}  // namespace dlac
