// A training step as users run it: reports of shipped workloads, and the mistakes that only a training step can meet.

#include <doctest/doctest.h>

#include <limits>
#include <nlohmann/json.hpp>

#include "sim/workload/network.h"
#include "tests/system/engine_reports.h"
#include "tests/system/run_program.h"
#include "tests/unit/trace_file.h"

namespace dlac::test {
namespace {

using json = nlohmann::json;
using words = std::vector<std::string>;

const std::string training_config = source_folder + "/configs/dlac-fp32-training.json";
constexpr const char* finite_memory =
    R"(memory={"bytes_per_cycle": 16, "latency_cycles": 50, "compression": "bitmap"})";

words training_run(const std::string& workload, const words& more) {
  words result = {"run", workload, "--pass", "training", "--config", training_config};
  result.insert(result.end(), more.begin(), more.end());
  return result;
}

json training_report(const std::string& workload, words more) {
  more.insert(more.end(), {"--format", "json"});
  const auto finished = run_program(training_run(source_folder + "/workloads/" + workload + ".json", more));
  REQUIRE(finished.err == "");
  REQUIRE(finished.exit_code == 0);
  json report = json::parse(finished.out);
  report.erase("command");
  return report;
}

constexpr std::string_view small_workload = R"({ "name": "w", "batch": 1, "trace": "t.safetensors", "layers": [
  { "name": "a", "type": "conv2d", "in_channels": 2, "out_channels": 2, "input_size": [4, 4], "kernel": [3, 3],
    "padding": [1, 1] },
  { "name": "b", "type": "conv2d", "in_channels": 2, "out_channels": 2, "input_size": [4, 4], "kernel": [3, 3],
    "stride": [2, 2], "padding": [1, 1] } ] })";

/// Both layers' activations and weights.
trace_builder without_gradients() {
  trace_builder trace;
  for (const std::string layer : {"a", "b"}) {
    trace.add(layer + ".activations", "F32", "1, 2, 4, 4", raw(std::vector<float>(32, 0.5F)))
        .add(layer + ".weights", "I8", "2, 2, 3, 3", raw(std::vector<std::int8_t>(36, -1)));
  }
  return trace;
}

std::string ones(std::size_t count) {
  return raw(std::vector<float>(count, 1.0F));
}

finished_program train_small(const trace_builder& trace, const words& more = {}) {
  const temporary_folder folder;
  const auto workload = folder.file("w.json", small_workload);
  static_cast<void>(folder.file("t.safetensors", trace.bytes()));
  return run_program(training_run(workload, more));
}

void check_mistake(const trace_builder& trace, const words& more, const std::vector<std::string_view>& pieces) {
  const auto finished = train_small(trace, more);
  CHECK(finished.exit_code == 2);
  CHECK(finished.out.empty());
  CHECK(std::count(finished.err.begin(), finished.err.end(), '\n') == 1);
  check_pieces(finished.err, pieces);
}

}  // namespace

TEST_CASE("training: both engines report the same, and every value is right") {
  for (const char* memory : {"memory=null", finite_memory}) {
    INFO(std::string(memory));
    auto clocked = training_report("lenet", {"--set", memory, "--values"});
    auto fast = training_report("lenet", {"--set", memory, "--engine", "fast"});
    CHECK(clocked["engine"] == "systemc");
    for (const auto& row : clocked["layers"]) {
      CHECK(row["checked"]["values"].get<std::uint64_t>() > 0);
    }
    CHECK(same_part(clocked.dump()) == same_part(fast.dump()));
  }
}

TEST_CASE("training: skipped outputs save cycles of backward-data, and change no value and no other pass") {
  for (const char* memory : {"memory=null", finite_memory}) {
    INFO(std::string(memory));
    const words skipping = {"--set", memory, "--set", "skip_outputs=true"};
    auto clocked = training_report("lenet", {"--set", memory, "--set", "skip_outputs=true", "--values"});
    const auto fast = training_report("lenet", skipping);
    const auto whole = training_report("lenet", {"--set", memory});
    CHECK(same_part(clocked.dump()) == same_part(fast.dump()));
    for (std::size_t i = 0; i < fast["layers"].size(); ++i) {
      const auto& less = fast["layers"][i];
      const auto& all = whole["layers"][i];
      INFO(less["name"].dump(), less["pass"].dump());
      if (less["pass"] == "backward-data") {
        CHECK(less["effectual_macs"].get<std::uint64_t>() < all["effectual_macs"].get<std::uint64_t>());
        CHECK(less["cycles"].get<std::uint64_t>() <= all["cycles"].get<std::uint64_t>());
      } else {
        CHECK(less == all);
      }
    }
    CHECK(fast["totals"]["cycles"].get<std::uint64_t>() < whole["totals"]["cycles"].get<std::uint64_t>());
  }
}

TEST_CASE("training: the passes of a report, in their order") {
  const json report = training_report("lenet", {"--engine", "fast", "--set", finite_memory});
  CHECK(report["pass"] == "training");
  words passes;
  for (const auto& row : report["layers"]) {
    passes.push_back(row["name"].get<std::string>() + " " + row["pass"].get<std::string>());
  }
  CHECK(passes == words{"conv1 forward", "conv2 forward", "fc1 forward", "fc2 forward", "fc3 forward",
                        "fc3 backward-data", "fc3 backward-weight", "fc2 backward-data", "fc2 backward-weight",
                        "fc1 backward-data", "fc1 backward-weight", "conv2 backward-data", "conv2 backward-weight",
                        "conv1 backward-weight"});
  const auto& conv2 = report["layers"][11];
  CHECK(conv2["epilogue"] == json::parse(R"([{"op": "select"}])"));
  CHECK(report["layers"][12]["epilogue"] ==
        json::parse(R"([{"op": "mul-add"}, {"op": "mul-add"}, {"op": "select"}, {"op": "select"}])"));
  CHECK(report["layers"][13]["epilogue"] == json::parse(R"([{"op": "mul-add"}, {"op": "mul-add"}])"));  // full
  std::uint64_t read = 0;
  for (const auto& row : report["layers"]) {
    read += row["traffic_bytes"]["weights"].get<std::uint64_t>();
  }
  CHECK(report["totals"]["traffic_bytes"]["weights"] == read);
}

TEST_CASE("training: a part of the layers has the same rows") {
  const json all = training_report("lenet", {"--engine", "fast"});
  const json some = training_report("lenet", {"--engine", "fast", "--layers", "conv*"});
  REQUIRE(some["layers"].size() == 5);
  CHECK(some["layers"][0] == all["layers"][0]);
  CHECK(some["layers"][2] == all["layers"][11]);
  CHECK(some["layers"][4] == all["layers"][13]);
}

TEST_CASE("training: a whole step of the traced ResNet-34") {
  const json report = training_report("resnet34-training", {"--engine", "fast", "--set", finite_memory});
  const auto net = read_network(source_folder + "/workloads/resnet34-training.json");
  std::uint64_t macs = 0;
  for (const auto& l : net.layers) {
    macs += 3 * l.dense_macs(1);
  }
  macs -= net.layers.front().dense_macs(1);  // no backward-data
  CHECK(report["totals"]["dense_macs"] == macs);
  CHECK(report["layers"].size() == 3 * net.layers.size() - 1);
  for (const auto& row : report["layers"]) {
    if (row["name"] == "layer2.0.conv1" && row["pass"] == "backward-data") {
      CHECK(row["mm_ops"] == 4);  // stride 2 x 2
      CHECK(row["m"] == 28 * 28);
      CHECK(row["n"] == 64);
      CHECK(row["k"] == 128);  // of 3 x 3 one kernel position reaches the even pixels
    }
  }
}

TEST_CASE("training: velocity and master weights come from the trace where it has them") {
  auto trace = without_gradients();
  trace.add("a.gradients", "F32", "1, 2, 4, 4", ones(32)).add("b.gradients", "F32", "1, 2, 2, 2", ones(8));
  CHECK(train_small(trace, {"--values"}).exit_code == 0);
  trace.add("a.velocity", "F32", "2, 2, 3, 3", ones(36)).add("a.master_weights", "F32", "2, 2, 3, 3", ones(36));
  const auto finished = train_small(trace, {"--values"});
  CHECK(finished.err == "");
  CHECK(finished.exit_code == 0);
}

TEST_CASE("training: mistakes are one line") {
  check_mistake(without_gradients(), {},
                {"t.safetensors: a.gradients: found no tensor", "the gradients [1, 2, 4, 4] of layer \"a\""});
  const auto with_a = without_gradients().add("a.gradients", "F32", "1, 2, 4, 4", ones(32));
  check_mistake(with_a, {}, {"b.gradients: found no tensor"});
  check_mistake(trace_builder(with_a).add("b.gradients", "F32", "2, 2, 2, 2", ones(16)), {},
                {"b.gradients: found shape [2, 2, 2, 2], expected [1, 2, 2, 2], because the workload's batch is 1"});
  check_mistake(trace_builder(with_a).add("b.gradients", "F32", "1, 2, 4, 4", ones(32)), {},
                {"b.gradients: found shape [1, 2, 4, 4], expected [1, 2, 2, 2]\n"});
  check_mistake(trace_builder(with_a).add("b.gradients", "F32", "1, 2, 2, 2",
                                          raw(std::vector<float>(8, std::numeric_limits<float>::infinity()))),
                {}, {"b.gradients", "inf"});
  const auto masked = trace_builder(with_a).add_packed("b.gradients.mask", "1, 2, 2, 2", "\xff");
  CHECK(train_small(masked).exit_code == 0);
  check_mistake(masked, {"--values"}, {"b.gradients.mask: found a mask, which tells zeros but no values"});
  const auto with_both = trace_builder(with_a).add("b.gradients", "F32", "1, 2, 2, 2", ones(8));
  check_mistake(trace_builder(with_both).add("b.velocity", "F32", "2, 2, 3", ones(12)), {"--values"},
                {"b.velocity: found shape [2, 2, 3], expected [2, 2, 3, 3]"});
  check_mistake(trace_builder(with_both).add("a.master_weights", "I8", "2, 2, 3, 3", std::string(36, '\1')),
                {"--values"}, {"a.master_weights: found format I8, expected F32 or F16"});
  check_mistake(with_both,
                {"--set", finite_memory, "--set", "feature_map_buffer_bytes=20", "--set", "memory.compression=none"},
                {"/feature_map_buffer_bytes: found 20, expected at least", "layer \"a\" (forward)"});
  check_mistake(with_both, {"--set", "mode=fp16-inference"}, {"/mode: found \"fp16-inference\""});
}

TEST_CASE("training: momentum and learning rate are read, and checked") {
  const temporary_folder folder;
  const auto with = [&](const std::string& training) {
    return folder.file("w.json", R"({ "name": "w", "training": )" + training +
                                     R"(, "layers": [ { "name": "l", "type": "linear", "in_features": 2,
                                        "out_features": 2 } ] })");
  };
  const auto net = read_network(with(R"({"momentum": 0.5})"));
  CHECK(net.training.momentum == 0.5);
  CHECK(net.training.learning_rate == 0.1);
  const auto finished = run_program(training_run(with(R"({"momentum": 1.5})"), {}));
  CHECK(finished.exit_code == 2);
  check_pieces(finished.err, {"w.json: /training/momentum: found 1.5, expected a number from 0 to 1"});
}

}  // namespace dlac::test
