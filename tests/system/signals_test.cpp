// SIGINT and SIGTERM: heeded wherever a run is, what was finished is kept and says that it is not all.

#include <doctest/doctest.h>
#include <fmt/format.h>
#include <sys/ioctl.h>
#include <sys/stat.h>

#include <chrono>
#include <csignal>
#include <filesystem>
#include <nlohmann/json.hpp>
#include <thread>

#include "sim/sweep/database.h"
#include "tests/system/run_program.h"
#include "tests/unit/trace_file.h"

namespace dlac::test {
namespace {

using nlohmann::json;
using words = std::vector<std::string>;
using std::chrono::milliseconds;
using clock = std::chrono::steady_clock;

constexpr const char* small_layer = R"({"name": "small", "type": "linear", "in_features": 16, "out_features": 4})";

/// Takes minutes where values are computed.
constexpr const char* long_layer =
    R"({"name": "long", "type": "conv2d", "in_channels": 512, "out_channels": 8192, "input_size": [112, 112],
        "kernel": [3, 3], "padding": [1, 1],
        "operands": {"activations": {"source": "synthetic", "density": 0.4, "seed": 1},
                     "weights": {"source": "synthetic", "density": 0.4, "seed": 2}}})";

/// Takes most of a minute where they are not; its values would need gigabytes.
constexpr const char* longer_layer =
    R"({"name": "longer", "type": "conv2d", "in_channels": 512, "out_channels": 16384, "input_size": [224, 224],
        "kernel": [3, 3], "padding": [1, 1],
        "operands": {"activations": {"source": "synthetic", "density": 0.4, "seed": 1},
                     "weights": {"source": "synthetic", "density": 0.4, "seed": 2}}})";

/// Takes as long to draw.
constexpr const char* large_image =
    R"({"name": "large", "type": "conv2d", "in_channels": 256, "out_channels": 1, "input_size": [4096, 4096],
        "kernel": [1, 1],
        "operands": {"activations": {"source": "synthetic", "density": 0.4, "cluster": 0.5, "seed": 1}}})";

std::string workload_of(const temporary_folder& folder, const words& layers) {
  return folder.file("net.json", fmt::format(R"({{"name": "net", "layers": [{}]}})", fmt::join(layers, ",")));
}

/// Two points of the network of workload_of().
std::string sweep_of(const temporary_folder& folder) {
  return folder.file("sweep.json", json{{"name", "s"},
                                        {"config", source_folder + "/configs/dlac-fp16-inference.json"},
                                        {"workload", "net.json"},
                                        {"axes", json::array({{{"key", "grid.rows"}, {"values", {4, 8}}}})}}
                                       .dump());
}

/// Whether the process has a handler for the signal: what comes earlier ends it like any other process.
bool catches(pid_t process, int signal) {
  const auto status = contents_of(fmt::format("/proc/{}/status", process));
  const auto at = status.find("SigCgt:");
  const auto mask = at == std::string::npos ? 0 : std::stoull(status.substr(at + 7), nullptr, 16);
  return (mask >> static_cast<unsigned>(signal - 1) & 1U) != 0;
}

void wait_until_watched(const running_program& program) {
  for (int i = 0; i < 30'000 && !catches(program.process(), SIGTERM); ++i) {
    std::this_thread::sleep_for(milliseconds(1));
  }
  REQUIRE(catches(program.process(), SIGTERM));
}

#ifdef __SANITIZE_ADDRESS__
constexpr int slowness = 5;
#else
constexpr int slowness = 1;
#endif

/// Sends the signal some time after the layers have begun; the program must be gone at once: by what it still takes of
/// the processors, since the machine may be doing something else as well.
finished_program run_and_stop(const words& arguments, int signal, milliseconds after) {
  running_program program(arguments);
  wait_until_watched(program);
  std::this_thread::sleep_for(after);
  const auto before = program.cpu_time();
  const auto sent = clock::now();
  ::kill(program.process(), signal);
  auto finished = program.wait();
  CHECK(finished.cpu_time - before < slowness * milliseconds(2000));
  CHECK(clock::now() - sent < slowness * milliseconds(20'000));  // it waits for nothing either
  return finished;
}

}  // namespace

TEST_CASE("signals: heeded within a layer, and the layers before it are kept and marked") {
  const temporary_folder folder;
  words options;
  std::string layer = longer_layer;
  SUBCASE("fast engine") {}
  SUBCASE("threads") {
    options = {"--jobs", "3"};
  }
  SUBCASE("SystemC engine") {
    options = {"--engine", "systemc"};
  }
  SUBCASE("ideal memory") {
    options = {"--set", "memory=null"};
  }
  SUBCASE("values and their reference") {
    options = {"--values"};
    layer = long_layer;
  }
  SUBCASE("drawing") {
    layer = large_image;
  }
  const auto workload = workload_of(folder, {small_layer, layer});
  words arguments = {"run", workload, "--out", folder.path("out")};
  arguments.insert(arguments.end(), options.begin(), options.end());
  for (const auto& [signal, code] : {std::pair{SIGINT, 130}, {SIGTERM, 143}}) {
    for (const milliseconds after : {milliseconds(1000), milliseconds(4000)}) {
      const auto stopped = run_and_stop(arguments, signal, after);
      CHECK(stopped.exit_code == code);
      CHECK(stopped.err == "dlac: interrupted: 1 of 2 layers\n");
      CHECK(stopped.out.find("\npartial     1 of 2 layers and passes: the run was interrupted") != std::string::npos);
      const auto report = json::parse(contents_of(folder.path("out/report.json")));
      CHECK(report["partial"] == json{{"done", 1}, {"of", 2}});
      CHECK(report["layers"].size() == 1);
      const auto csv = contents_of(folder.path("out/report.csv"));
      CHECK(csv.substr(0, csv.find('\n')).ends_with(",partial"));
      CHECK(csv.ends_with(",1 of 2\n"));
    }
  }
}

TEST_CASE("progress: a line every ten seconds where standard error is no terminal") {
  const temporary_folder folder;
  const auto stopped =
      run_and_stop({"run", workload_of(folder, {small_layer, longer_layer})}, SIGTERM, milliseconds(12'000));
  CHECK(stopped.progress == "dlac: [2/2] longer, 10 s\n");
  CHECK(stopped.err == "dlac: interrupted: 1 of 2 layers\n");
}

TEST_CASE("signals: with nothing finished nothing is written, and an export only when it is whole") {
  const temporary_folder folder;
  const auto nothing =
      run_and_stop({"run", workload_of(folder, {long_layer}), "--out", folder.path("out")}, SIGINT, milliseconds(150));
  CHECK(nothing.exit_code == 130);
  CHECK(nothing.out.empty());
  CHECK(!std::filesystem::exists(folder.path("out")));
  const auto some = run_and_stop(
      {"run", workload_of(folder, {small_layer, long_layer}), "--export", "accelergy", folder.path("export")}, SIGINT,
      milliseconds(150));
  CHECK(some.exit_code == 130);
  CHECK(!std::filesystem::exists(folder.path("export/ERT.yaml")));
}

TEST_CASE("signals: validate says that nothing came of it") {
  const temporary_folder folder;
  const auto stopped = run_and_stop({"validate", "--out", folder.path("out")}, SIGTERM, milliseconds(300));
  CHECK(stopped.exit_code == 143);
  CHECK(stopped.out.empty());
  CHECK(stopped.err == "dlac: interrupted: no figure was judged, which takes all simulations; nothing was written\n");
  CHECK(!std::filesystem::exists(folder.path("out")));
}

TEST_CASE("signals: an evaluation says that nothing came of it, and leaves no folder") {
  const temporary_folder folder;
  constexpr std::size_t images = 4;
  const std::vector<std::uint8_t> pixels(images * 3 * 224 * 224, 100);
  const auto data = folder.file("set.safetensors", trace_builder()
                                                       .add("images", "U8", "4, 3, 224, 224", raw(pixels))
                                                       .add("labels", "U8", "4", raw(std::vector<std::uint8_t>(images)))
                                                       .bytes());
  const auto stopped =
      run_and_stop({"evaluate", "resnet34", "--data", data, "--out", folder.path("out")}, SIGINT, milliseconds(300));
  CHECK(stopped.exit_code == 130);
  CHECK(stopped.err == "dlac: interrupted: nothing was written\n");
  CHECK_FALSE(std::filesystem::exists(folder.path("out")));
}

TEST_CASE("signals: a sweep heeds SIGTERM like Ctrl-C within a layer") {
  const temporary_folder folder;
  workload_of(folder, {long_layer});
  const auto sweep = sweep_of(folder);
  const auto stopped = run_and_stop({"sweep", sweep, "--out", folder.path("out")}, SIGTERM, milliseconds(500));
  CHECK(stopped.exit_code == 143);
  CHECK(stopped.err == "dlac: interrupted: --resume goes on\n");
  CHECK(std::filesystem::exists(folder.path("out/results.csv")));
}

TEST_CASE("signals: heeded while another process has the results") {
  const temporary_folder folder;
  workload_of(folder, {small_layer});
  const auto sweep = sweep_of(folder);
  REQUIRE(run_program({"sweep", sweep, "--out", folder.path("out")}).exit_code == 0);
  database other(folder.path("out/sweep.db"), false);
  other.execute("BEGIN EXCLUSIVE");
  const auto stopped =
      run_and_stop({"sweep", sweep, "--out", folder.path("out"), "--resume"}, SIGTERM, milliseconds(500));
  CHECK(stopped.exit_code == 143);
  CHECK(stopped.err == "dlac: interrupted: no point was run\n");
}

TEST_CASE("signals: a second one ends the process at once, whatever it is doing") {
  const temporary_folder folder;
  // Nobody reads the pipe: the program stays in the middle of its report.
  const auto pipe = folder.path("pipe");
  REQUIRE(::mkfifo(pipe.c_str(), 0600) == 0);
  const int reader = ::open(pipe.c_str(), O_RDONLY | O_NONBLOCK | O_CLOEXEC);
  REQUIRE(reader >= 0);
  words layers;
  for (int i = 0; i < 200; ++i) {
    layers.push_back(fmt::format(R"({{"name": "fc{}", "type": "linear", "in_features": 16, "out_features": 4}})", i));
  }
  const auto workload = workload_of(folder, layers);
  running_program program({"run", workload, "--format", "json"}, {.folder = source_folder, .out = pipe});
  int waiting = 0;
  for (int i = 0; i < 30'000 && waiting < 65536; ++i) {
    std::this_thread::sleep_for(milliseconds(1));
    REQUIRE(::ioctl(reader, FIONREAD, &waiting) == 0);
  }
  ::kill(program.process(), SIGINT);
  std::this_thread::sleep_for(milliseconds(200));
  SUBCASE("one signal: the run was complete before it") {
    REQUIRE(::fcntl(reader, F_SETFL, 0) == 0);
    std::string report(1U << 24U, '\0');
    std::size_t filled = 0;
    for (ssize_t count = 1; count > 0; filled += static_cast<std::size_t>(count)) {
      count = ::read(reader, report.data() + filled, report.size() - filled);
    }
    report.resize(filled);
    const auto finished = program.wait();
    CHECK(finished.exit_code == 0);
    CHECK(finished.err.empty());
    const auto parsed = json::parse(report);
    CHECK(parsed["layers"].size() == 200);
    CHECK(!parsed.contains("partial"));
  }
  SUBCASE("two signals") {
    CHECK(catches(program.process(), SIGTERM) == false);
    ::kill(program.process(), SIGTERM);
    CHECK(program.wait().exit_code == 143);
  }
  ::close(reader);
}

}  // namespace dlac::test
