// `dlac import`: other tools' files to a workload that runs, with the operations that can be counted in the file.

#include <doctest/doctest.h>

#include <algorithm>
#include <cstdint>
#include <filesystem>
#include <nlohmann/json.hpp>
#include <string>
#include <vector>

#include "tests/system/run_program.h"
#include "tests/unit/npy_bytes.h"
#include "tests/unit/trace_file.h"

namespace dlac::test {
namespace {

using json = nlohmann::json;

std::uint64_t macs_of_run(const std::string& workload) {
  const finished_program run = run_program({"run", workload, "--format", "json"});
  INFO(run.err);
  REQUIRE(run.exit_code == 0);
  return json::parse(run.out)["totals"]["dense_macs"].get<std::uint64_t>();
}

TEST_CASE("import: a SCALE-Sim topology runs, with the operations of its rows") {
  const temporary_folder folder;
  const auto topology = folder.file("tiny.csv",
                                    "Layer name, IFMAP Height, IFMAP Width, Filter Height, Filter Width, Channels, Num "
                                    "Filter, Strides,\n"
                                    "conv1, 24, 24, 3, 3, 3, 8, 2,\n"
                                    "conv2_DP, 12, 12, 3, 3, 8, 1, 1,\n"
                                    "fc, 1, 1, 1, 1, 8, 10, 1,\n");
  const finished_program imported = run_program({"import", "scalesim", topology, "--out", folder.path("out")});
  CHECK(imported.exit_code == 0);
  CHECK(
      imported.err ==
      "dlac: warning: A SCALE-Sim topology has no padding (--padding same adds what keeps ceil(size / stride) outputs "
      "a side)\n"
      "dlac: warning: Row 2: as SCALE-Sim counts, the last window reaches over the edge, where zeros were added at "
      "the bottom and the right\n");
  const std::uint64_t macs = 12U * 12 * 8 * 27 + 10 * 10 * 8 * 9 + 80;
  CHECK(imported.out == "tiny: 3 layers, " + std::to_string(macs) + " multiply-accumulates\nwritten  " +
                            folder.path("out/tiny.json") + "\n");
  CHECK(macs_of_run(folder.path("out/tiny.json")) == macs);
  const json written = json::parse(contents_of(folder.path("out/tiny.json")));
  CHECK(written["comment"].get<std::string>().starts_with("Imported from a SCALE-Sim topology, tiny.csv. A SCALE-Sim"));

  CHECK(run_program({"import", "scalesim", topology, "--padding", "same", "--out", folder.path("same")}).exit_code ==
        0);
  CHECK(macs_of_run(folder.path("same/tiny.json")) == 12U * 12 * 8 * 27 + 12 * 12 * 8 * 9 + 80);
}

TEST_CASE("import: shapes of Timeloop run, one and a folder of them") {
  const temporary_folder folder;
  std::filesystem::create_directory(folder.path("net"));
  const std::string problem = "problem: {shape: cnn-layer, C: 4, K: 8, P: 6, Q: 5, R: 3, S: 1, Hstride: 2, WStride: 1";
  static_cast<void>(folder.file("net/1.yaml", problem + ", N: 2, densities: {Weights: 0.5}}\n"));
  static_cast<void>(folder.file("net/2.yaml", problem + ", N: 2}\n"));
  CHECK(run_program({"import", "timeloop", folder.path("net"), "--out", folder.path("out")}).exit_code == 0);
  CHECK(macs_of_run(folder.path("out/net.json")) == 2U * 2 * 6 * 5 * 8 * 4 * 3);
  CHECK(run_program({"import", "timeloop", folder.path("net/1.yaml"), "--out", folder.path("out")}).exit_code == 0);
  CHECK(macs_of_run(folder.path("out/1.json")) == 2U * 6 * 5 * 8 * 4 * 3);
}

TEST_CASE("import: a folder of NumPy arrays runs, with the values and the zeros of its tensors") {
  const temporary_folder folder;
  std::filesystem::create_directory(folder.path("net"));
  // 2 x 2 filters of 1 over a feature map with three numbers that are not zero.
  static_cast<void>(folder.file("net/wgt-conv.npy", npy_bytes("|i1", "2, 1, 2, 2", std::string(8, '\1'))));
  static_cast<void>(folder.file("net/act-conv-0.npy",
                                npy_bytes("<f4", "1, 1, 3, 3", raw(std::vector<float>{1, 0, 2, 0, 0, 0, 0, 0, 3}))));
  static_cast<void>(folder.file("net/model.csv", "conv,conv,1,1\n"));
  const finished_program imported = run_program({"import", "npy", folder.path("net"), "--out", folder.path("out")});
  CHECK(imported.exit_code == 0);
  CHECK(imported.err.empty());
  CHECK(imported.out == "net: 1 layer, 128 multiply-accumulates\nwritten  " + folder.path("out/net.json") +
                            "\nwritten  " + folder.path("out/net.safetensors") + "\n");
  const finished_program run =
      run_program({"run", folder.path("out/net.json"), "--check", "--values", "--format", "json"});
  INFO(run.err);
  REQUIRE(run.exit_code == 0);
  const json report = json::parse(run.out);
  CHECK(report["totals"]["dense_macs"] == 4 * 4 * 2 * 4);
  // Every number meets each of four filter positions once, of both filters.
  CHECK(report["totals"]["effectual_macs"] == 3 * 4 * 2);
  CHECK(report["layers"][0]["checked"]["values"] == 32);
}

TEST_CASE("import: a shipped network that went out to SCALE-Sim comes back with its operations") {
  const temporary_folder folder;
  for (const char* const name : {"lenet", "mobilenetv2", "alexnet", "resnet20"}) {
    CAPTURE(name);
    const std::string table = folder.path(std::string(name) + ".csv");
    const finished_program run = run_program({"run", name, "--export", "scalesim", table, "--format", "json"});
    REQUIRE(run.exit_code == 0);
    CHECK(run.err.find("dlac: warning: A SCALE-Sim topology has no padding, feature maps are") == 0);
    const json totals = json::parse(run.out)["totals"];
    CHECK(run_program({"import", "scalesim", table, "--out", folder.path("out")}).exit_code == 0);
    CHECK(macs_of_run(folder.path("out/" + std::string(name) + ".json")) == totals["dense_macs"].get<std::uint64_t>());
  }
  const finished_program nowhere = run_program({"run", "lenet", "--export", "scalesim", folder.path("none/lenet.csv")});
  CHECK(nowhere.exit_code == 2);
  CHECK(nowhere.out.empty());
}

TEST_CASE("import: what is wrong is one line, exit code 2, and nothing is written") {
  const temporary_folder folder;
  const auto wrong = folder.file("wrong.csv", "Layer,M,N,K\na,1,1,1\nb,1,x,1\n");
  const auto failed = [&](const std::vector<std::string>& words, const std::string& message) {
    const finished_program run = run_program(words);
    CHECK(run.exit_code == 2);
    CHECK(run.out.empty());
    CHECK(run.err.find(message) != std::string::npos);
    CHECK(std::count(run.err.begin(), run.err.end(), '\n') == 1);
    CHECK_FALSE(std::filesystem::exists(folder.path("out")));
  };
  const std::string out = folder.path("out");
  failed({"import", "scalesim", wrong, "--out", out}, wrong + ": row 3, N: found \"x\", expected a whole number");
  failed({"import", "scalesim", wrong}, "found no folder to write to, expected --out DIR");
  failed({"import", "scalesim", folder.path("none.csv"), "--out", out}, "none.csv: found ");
  failed({"import", "scalesim", wrong, "--out", out, "--padding", "valid"}, "--padding: found \"valid\"");
  failed({"import", "caffe", wrong, "--out", out}, "dlac import: found \"caffe\"");
  failed({"import", "npy", folder.path("none"), "--out", out}, "none: found no folder");
  failed({"import", "timeloop", wrong, "--out", out}, "wrong.csv: found ");
  failed({"import", "timeloop", folder.path(""), "--out", out}, "found 0 YAML files");
  failed({"import", "timeloop", wrong, "--out", out, "--padding", "same"}, "--padding: found timeloop");
}

}  // namespace
}  // namespace dlac::test
