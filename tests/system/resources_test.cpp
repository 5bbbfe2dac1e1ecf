// Too little memory and too few threads: one line that says what was needed, exit code 2, and never less than that.

#include <doctest/doctest.h>
#include <fmt/format.h>

#include <algorithm>

#include "tests/system/run_program.h"
#include "tests/unit/lowered_limit.h"

namespace dlac::test {
namespace {

constexpr std::uint64_t mebibyte = std::uint64_t{1} << 20U;

std::string workload(const std::string& keys, unsigned layers = 1, const std::string& more = "") {
  std::string list;
  for (unsigned i = 0; i < layers; ++i) {
    list += fmt::format(R"({}{{"name": "l{}", {}}})", i == 0 ? "" : ", ", i, keys);
  }
  return fmt::format(R"({{"name": "w", {}"layers": [{}]}})", more, list);
}

std::string convolution(std::uint64_t in, std::uint64_t out, std::uint64_t side, std::uint64_t kernel,
                        std::uint64_t padding = 0, const std::string& more = "") {
  return fmt::format(
      R"("type": "conv2d", "in_channels": {}, "out_channels": {}, "input_size": [{}, {}], "kernel": [{}, {}], )"
      R"("padding": [{}, {}]{})",
      in, out, side, side, kernel, kernel, padding, padding, more);
}

struct outcome {
  finished_program done;
  void check_refused(const std::string& piece) const {
    CHECK(done.exit_code == 2);
    CHECK(done.out.empty());
    CHECK(std::count(done.err.begin(), done.err.end(), '\n') == 1);
    CHECK(done.err.find(piece) != std::string::npos);
  }
};

outcome run_with(const std::string& text, std::vector<std::string> options = {}) {
  const temporary_folder folder;
  std::vector<std::string> arguments = {"run", folder.file("w.json", text)};
  arguments.insert(arguments.end(), options.begin(), options.end());
  return {run_program(arguments)};
}

}  // namespace

#ifndef __SANITIZE_ADDRESS__  // its shadow takes terabytes of address space

TEST_CASE("a layer that needs more than the limit is refused in a line with its name and the amount") {
  const lowered_limit limit(RLIMIT_AS, 1024 * mebibyte);
  const std::string synthetic =
      R"(, "operands": {"activations": {"source": "synthetic", "density": 0.5, "cluster": 0.5}})";
  SUBCASE("a kernel far larger than its image") {
    run_with(workload(convolution(1, 1, 1, 1024, 1024))).check_refused("layer \"l0\" (forward): needs about ");
  }
  SUBCASE("a large map") {
    run_with(workload(convolution(4, 4, 65536, 3, 1))).check_refused("layer \"l0\" (forward): needs about ");
  }
  SUBCASE("zeros drawn on a large map") {
    run_with(workload(convolution(1, 1, 16384, 1, 0, synthetic))).check_refused("layer \"l0\" (forward): needs about ");
  }
  SUBCASE("many tokens") {
    run_with(workload(R"("type": "linear", "in_features": 65536, "out_features": 65536)", 1, R"("batch": 65536, )"))
        .check_refused("layer \"l0\" (forward): needs about ");
  }
  SUBCASE("many groups of large kernels") {
    run_with(workload(convolution(65536, 65536, 1, 1001, 500, R"(, "groups": 65536)")))
        .check_refused("layer \"l0\" (forward): needs about ");
  }
  SUBCASE("a backward pass, where the forward one fits") {
    run_with(workload(convolution(16, 3072, 512, 1), 2),
             {"--pass", "training", "--config", "configs/dlac-fp32-training.json"})
        .check_refused("layer \"l1\" (backward-weight): needs about ");
  }
  SUBCASE("values, where the masks alone would fit") {
    const auto text = workload(convolution(64, 32, 1280, 1));
    run_with(text, {"--values"}).check_refused("layer \"l0\" (forward): needs about ");
    CHECK(run_with(text).done.exit_code == 0);
  }
  SUBCASE("the modules of a large grid, where its counts alone would fit") {
    const std::vector<std::string> grid = {"--set", "grid.rows=1024", "--set", "grid.cols=1024"};
    const auto text = workload(convolution(4, 4, 8, 3, 1));
    auto clocked = grid;
    clocked.insert(clocked.end(), {"--engine", "systemc"});
    run_with(text, clocked)
        .check_refused("config \"dlac-fp16-inference\", 1024 x 1024 PEs of the clocked core: needs about 3.");
    CHECK(run_with(text, grid).done.exit_code == 0);
  }
  SUBCASE("in several threads") {
    run_with(workload(convolution(4, 4, 65536, 3, 1), 3), {"--jobs", "3"})
        .check_refused("layer \"l0\" (forward): needs about ");
  }
}

TEST_CASE("layers that fit one at a time run with any number of jobs") {
  const lowered_limit limit(RLIMIT_AS, 1536 * mebibyte);
  const auto text = workload(convolution(64, 64, 512, 3, 1), 6);
  const auto alone = run_with(text, {"--format", "csv"});
  REQUIRE(alone.done.exit_code == 0);
  const auto together = run_with(text, {"--jobs", "6", "--format", "csv"});
  CHECK(together.done.exit_code == 0);
  CHECK(together.done.out == alone.done.out);
}

TEST_CASE("a point of a sweep that needs too much is an error with that line, and the others are run") {
  const temporary_folder folder;
  static_cast<void>(folder.file("large.json", workload(convolution(4, 4, 65536, 3, 1))));
  static_cast<void>(folder.file("small.json", workload(convolution(4, 4, 8, 3, 1))));
  const auto sweep =
      folder.file("s.json", fmt::format(R"({{"name": "s", "config": "{}/configs/dlac-fp16-inference.json",
                                             "axes": [{{"key": "workload", "values": ["large.json", "small.json"]}}]}})",
                                        source_folder));
  const lowered_limit limit(RLIMIT_AS, 1024 * mebibyte);
  const auto done = run_program({"sweep", sweep, "--out", folder.path("out")});
  const auto results = contents_of(folder.path("out") + "/results.csv");
  CAPTURE(done.err);
  CHECK(results.find("layer \"\"l0\"\" (forward): needs about ") != std::string::npos);
  CHECK(results.find(",ok,") != std::string::npos);
}

TEST_CASE("memory that is too little to start the program with is a line, too") {
  for (const std::uint64_t kibibytes : {40000, 48000, 56000, 64000}) {
    CAPTURE(kibibytes);
    const auto done = run_in_shell(fmt::format("ulimit -v {}", kibibytes), "run workloads/lenet.json");
    CAPTURE(done.err);
    const bool is_loader = done.exit_code == 127;  // its line
    CHECK((done.exit_code == 0 || done.exit_code == 2 || is_loader));
    CHECK(std::count(done.err.begin(), done.err.end(), '\n') == (done.exit_code == 0 ? 0 : 1));
  }
}

TEST_CASE("threads that run out of memory together end in a line, or do the work one after the other") {
  for (const std::uint64_t kibibytes : {20000, 24000, 60000, 60000, 60000, 80000}) {
    CAPTURE(kibibytes);
    const auto done = run_in_shell(fmt::format("ulimit -v {}", kibibytes), "run workloads/resnet20.json --jobs 8");
    CAPTURE(done.err);
    CHECK((done.exit_code == 0 || done.exit_code == 2));
    CHECK(std::count(done.err.begin(), done.err.end(), '\n') == (done.exit_code == 0 ? 0 : 1));
    CHECK(done.err.find("Resource temporarily") == std::string::npos);
    CHECK((done.exit_code == 0 || done.err.find("limit") != std::string::npos));  // which one it is
  }
}

TEST_CASE("where the system gives no threads, the work is done without them") {
  const auto arguments = std::vector<std::string>{"run", "workloads/lenet.json", "--jobs", "64", "--format", "csv"};
  const auto expected = run_program({"run", "workloads/lenet.json", "--format", "csv"});
  // The stacks of 64 threads are 512 MB of address space.
  const lowered_limit limit(RLIMIT_AS, 256 * mebibyte);
  const auto done = run_program(arguments);
  CHECK(done.exit_code == 0);
  CHECK(done.err.empty());
  CHECK(done.out == expected.out);
}

#endif

TEST_CASE("tiny layers take little time each") {
  // Each was sampled thousands of times to choose its block: 10 s.
  const auto seconds = [] {
    rusage usage{};
    ::getrusage(RUSAGE_CHILDREN, &usage);
    return static_cast<double>(usage.ru_utime.tv_sec) + static_cast<double>(usage.ru_utime.tv_usec) * 1e-6;
  };
  const auto before = seconds();
  CHECK(run_with(workload(convolution(1, 1, 1, 1), 2000), {"--format", "csv"}).done.exit_code == 0);
  const auto tiny = seconds() - before;
  CHECK(run_with(workload(convolution(16, 16, 8, 3, 1), 2000), {"--format", "csv"}).done.exit_code == 0);
  CHECK(tiny < seconds() - before - tiny);
}

}  // namespace dlac::test
