// `dlac sweep --executor slurm` on a cluster that is a few lines of shell: tasks that die at the worst moments. A real
// one is in tests/slurm.

#include <doctest/doctest.h>
#include <fmt/format.h>

#include <filesystem>
#include <nlohmann/json.hpp>
#include <string>

#include "tests/system/run_program.h"
#include "tests/system/sweep_runs.h"

namespace dlac::test {
namespace {

/// Runs the tasks of an array one after another. The first time, they die: the first before its folder, the second when
/// that is empty, the third when the database is made and nothing is in it, the fourth in the midst of a write. What is
/// to be put before the path of commands.
std::string dying_cluster(const temporary_folder& folder) {
  const auto commands = folder.path("commands");
  std::filesystem::create_directory(commands);
  const auto command = [&](const std::string& name, const std::string& text) {
    const auto path = folder.file("commands/" + name, "#!/bin/bash\n" + text);
    std::filesystem::permissions(path, std::filesystem::perms::owner_all);
  };
  command("squeue", "exit 1\n");
  command("sbatch", R"(
[[ $1 != --version ]] || exit 0
for word; do script=$word; [[ $word != --array=* ]] || echo "${word#--array=}" >>")" +
                        folder.path("arrays") + R"("; done
shards=${script%/slurm/task.sh}/shards
echo 17
if [[ ! -e $shards ]]; then
  mkdir -p "$shards"/{1,2,3}-of-5
  : >"$shards/2-of-5/sweep.db"
  head -c 5000 /dev/zero >"$shards/3-of-5/sweep.db"
  SLURM_ARRAY_TASK_ID=4 sh "$script" >/dev/null
  exit 0
fi
for task in 0 1 2 3; do SLURM_ARRAY_TASK_ID=$task sh "$script" >/dev/null 2>&1; done
)");
  return fmt::format("PATH='{}':$PATH", commands);
}

}  // namespace

TEST_CASE("sweep: Slurm's tasks that die before their first result are run again") {
  const temporary_folder folder;
  const nlohmann::json definition = {{"name", "small"},
                                     {"config", source_folder + "/configs/dlac-fp16-inference.json"},
                                     {"workload", source_folder + "/workloads/lenet.json"},
                                     {"axes", {{{"key", "pe.fma_units"}, {"values", {1, 2, 4, 8, 16, 32}}}}}};
  const auto sweep = folder.file("sweep.json", definition.dump());
  REQUIRE(run_program({"sweep", sweep, "--out", folder.path("local")}).exit_code == 0);
  const auto done = run_in_shell(
      dying_cluster(folder),
      fmt::format("sweep '{}' --out '{}' --executor slurm --slurm-tasks 5", sweep, folder.path("cluster")));
  CHECK(done.err == "");
  CHECK(done.exit_code == 0);
  CHECK(contents_of(folder.path("arrays")) == "0-4\n0-3\n");
  CHECK(results_of(folder.path("cluster")) == results_of(folder.path("local")));
}

}  // namespace dlac::test
