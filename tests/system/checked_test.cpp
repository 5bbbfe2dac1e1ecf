// What a run checks and says that it checked: values, recordings, engines; and a trace against its workload.

#include <doctest/doctest.h>

#include <algorithm>
#include <limits>
#include <nlohmann/json.hpp>
#include <string>
#include <vector>

#include "sim/numbers/half.h"
#include "tests/system/run_program.h"
#include "tests/unit/trace_file.h"

namespace dlac::test {
namespace {

using nlohmann::json;
using words = std::vector<std::string>;

/// A product of four inputs and two outputs, and its files.
struct small_product {
  temporary_folder folder;
  json layer = {{"name", "mm"}, {"type", "linear"}, {"in_features", 4}, {"out_features", 2}};
  trace_builder trace;

  /// Outputs 1 - 2 + 3 = 2 and 1 - 3 = -2.
  small_product& activations(const std::vector<float>& values = {1, 5, 2, 3}) {
    trace.add("mm.activations", "F32", "1, 4", raw(values));
    return *this;
  }
  small_product& weights(const std::vector<std::int8_t>& values = {1, 0, -1, 1, 1, 0, 0, -1}) {
    trace.add("mm.weights", "I8", "2, 4", raw(values));
    return *this;
  }
  small_product& recorded(const std::vector<float>& values) {
    trace.add("mm.output", "F32", "1, 2", raw(values));
    layer["recorded_output"] = {{"tensor", "mm.output"}};
    return *this;
  }
  [[nodiscard]] std::string write() const {
    static_cast<void>(folder.file("t.safetensors", trace.bytes()));
    return folder.file("w.json", json{{"name", "w"}, {"trace", "t.safetensors"}, {"layers", {layer}}}.dump());
  }
  [[nodiscard]] finished_program run(const words& more = {}) const {
    words arguments = {"run", write()};
    arguments.insert(arguments.end(), more.begin(), more.end());
    return run_program(arguments);
  }
  [[nodiscard]] finished_program check(const words& more = {}) const {
    const std::string workload = write();
    words arguments = {"trace", "check", folder.path("t.safetensors"), "--workload", workload};
    arguments.insert(arguments.end(), more.begin(), more.end());
    return run_program(arguments);
  }
};

const words fp32 = {"--config", "configs/dlac-fp32-training.json"};

words with(words first, const words& second) {
  first.insert(first.end(), second.begin(), second.end());
  return first;
}

std::string last_line(const std::string& text) {
  const auto begin = text.rfind('\n', text.size() - 2);
  return text.substr(begin + 1);
}

void check_one_line(const finished_program& finished, const std::vector<std::string_view>& pieces) {
  CHECK(finished.exit_code == 2);
  CHECK(finished.out.empty());
  CHECK(std::count(finished.err.begin(), finished.err.end(), '\n') == 1);
  check_pieces(finished.err, pieces);
}

json checked_of(const finished_program& finished) {
  REQUIRE(finished.exit_code == 0);
  return json::parse(finished.out)["layers"][0]["checked"];
}

}  // namespace

TEST_CASE("a stored value above the range of fp16 is bad input in every run, and for trace check, not in fp32") {
  small_product product;
  product.activations({1, 70000, 2, 3}).weights();
  const std::vector<std::string_view> pieces = {
      "t.safetensors: mm.activations[1]: found 70000, expected a number that ",
      "fp16 holds: of a magnitude below 65520, from where it rounds to infinity"};
  check_one_line(product.run(), pieces);
  check_one_line(product.run({"--values"}), pieces);
  check_one_line(product.run({"--check"}), pieces);
  check_one_line(product.check(), pieces);
  check_one_line(run_program({"trace", "check", product.folder.path("t.safetensors")}), pieces);
  CHECK(product.run(with(fp32, {"--values"})).exit_code == 0);
  CHECK(product.check(fp32).exit_code == 0);
  CHECK(product.check({"--set", "mode=fp32-training"}).exit_code == 0);
}

TEST_CASE("accumulators that overflow are counted, and are no mismatch, whatever zeros follow") {
  // 65504 + 65504 is infinite in fp16, infinity - infinity NaN; the second output never leaves the range.
  for (const float large : {65504.0F, 40000.0F}) {
    small_product product;
    product.activations({large, large, -large, 0}).weights({1, 1, 1, 0, 1, 0, 1, 1});
    const auto checked = checked_of(product.run({"--values", "--format", "json"}));
    CHECK(checked["values"] == 2);
    CHECK(checked["overflowed"] == 1);
    CHECK(last_line(product.run({"--values"}).out) ==
          "checked     values: 2 bit-exact, 1 overflowed; recorded: 0 of 0 compared; engines: not compared\n");
    CHECK(checked_of(product.run(with(fp32, {"--values", "--format", "json"})))["overflowed"] == 0);
    CHECK(checked_of(product.run({"--format", "json"}))["overflowed"].is_null());
  }
  // In fp32 it takes larger numbers.
  small_product product;
  constexpr float largest = std::numeric_limits<float>::max();
  product.activations({largest, largest, 1, 0}).weights({1, 1, 1, 0, 1, 0, 1, 1});
  CHECK(checked_of(product.run(with(fp32, {"--values", "--format", "json"})))["overflowed"] == 1);
}

TEST_CASE("a result that overflows behind a finite accumulator is counted, too, and one that a select hides") {
  small_product product;
  product.activations().weights();
  product.layer["epilogue"] = {{{"op", "mul-add"}}, {{"op", "select"}, {"threshold", 0}}};
  // 2 * 60000 is infinite; -2 * 60000 is -infinity, which the select turns into 0: nothing is left to be counted.
  product.trace.add("mm.scale", "F32", "2", raw<float>({60000, 60000})).add("mm.bias", "F32", "2", raw<float>({0, 0}));
  CHECK(checked_of(product.run({"--values", "--format", "json"}))["overflowed"] == 1);
}

TEST_CASE("a recording is compared in both modes, and without --values the report says that it was not") {
  small_product wrong;
  wrong.activations().weights().recorded({99, 50});
  small_product right;
  right.activations().weights().recorded({2.001F, -1.999F});
  for (const words& mode : {words{}, fp32}) {
    CAPTURE(mode.size());
    const auto refused = wrong.run(with(mode, {"--values"}));
    CHECK(refused.exit_code == 1);
    CHECK(refused.out.empty());
    check_pieces(refused.err, {"layer mm: the output is not what the trained network recorded in mm.output",
                               "largest error 97", "0 of 2 outputs overflowed"});
    const auto unchecked = wrong.run(mode);
    CHECK(unchecked.exit_code == 0);
    CHECK(last_line(unchecked.out) ==
          "checked     values: not compared; recorded: 0 of 1 compared; engines: not compared\n");
    CHECK(checked_of(wrong.run(with(mode, {"--format", "json"})))["recorded_of"] == 2);
    CHECK(last_line(right.run(with(mode, {"--values"})).out) ==
          "checked     values: 2 bit-exact; recorded: 1 of 1 compared; engines: not compared\n");
    const auto checked = checked_of(right.run(with(mode, {"--values", "--format", "json"})));
    CHECK(checked["recorded"] == 2);
    CHECK(checked["largest_error"].get<double>() == doctest::Approx(0.001).epsilon(0.001));
    CHECK(checked["correlation"].get<double>() == doctest::Approx(1));
    // 1 % of 2.001 + 1.999; 2^-11 (4 + 4) of 2.001.
    CHECK(checked["tolerance"].get<double>() ==
          doctest::Approx(mode.empty() ? 2.001 * 8 / 2048 : 0.04).epsilon(0.0001));
  }
  // 0.0078 is allowed in fp16, five times as much in fp32.
  small_product near;
  near.activations().weights().recorded({2.01F, -2});
  CHECK(near.run({"--values"}).exit_code == 1);
  CHECK(near.run(with(fp32, {"--values"})).exit_code == 0);
}

TEST_CASE("a recording without a trace is compared with nothing") {
  small_product product;
  product.layer["recorded_output"] = {{"tensor", "mm.output"}};
  const temporary_folder folder;
  const auto workload = folder.file("w.json", json{{"name", "w"}, {"layers", {product.layer}}}.dump());
  for (const words& mode : {words{}, fp32}) {
    const auto finished = run_program(with({"run", workload, "--values"}, mode));
    CHECK(finished.exit_code == 0);
    CHECK(last_line(finished.out) ==
          "checked     values: 2 bit-exact; recorded: 0 of 1 compared; engines: not compared\n");
  }
}

TEST_CASE("--check says how many counters of the engines were compared, in every format") {
  small_product product;
  product.activations().weights();
  constexpr auto line = "checked     values: not compared; recorded: 0 of 0 compared; engines: 27 counters equal\n";
  CHECK(last_line(product.run({"--check"}).out) == line);
  CHECK(checked_of(product.run({"--check", "--format", "json"}))["engines"] == 27);
  CHECK(product.run({"--check", "--format", "csv"}).out.ends_with(",0,,0,0,,,,27,\n"));
  CHECK(last_line(product.run({"--check", "--values"}).out) ==
        "checked     values: 2 bit-exact; recorded: 0 of 0 compared; engines: 27 counters equal\n");
}

TEST_CASE("mistakes in the tensors of an epilogue are found in every run, and by trace check") {
  small_product product;
  product.activations().weights();
  product.layer["epilogue"] = {{{"op", "mul-add"}}};
  product.trace.add("mm.bias", "F32", "2", raw<float>({0, 0}));
  for (const words& more : {words{}, words{"--values"}, words{"--engine", "systemc"}}) {
    check_one_line(product.run(more), {"t.safetensors: mm.scale: found no tensor of this name"});
  }
  check_one_line(product.check(), {"t.safetensors: mm.scale: found no tensor of this name"});
  product.trace.add("mm.scale", "F32", "2", raw<float>({1, 1}));
  const auto fits = product.check();
  CHECK(fits.exit_code == 0);
  check_pieces(fits.out,
               {"t.safetensors: fits the 1 layers of ", "w.json, forward pass; has values for --values, too\n"});
  product.layer["epilogue"].push_back({{"op", "add"}, {"operand", "feature_map"}, {"tensor", "mm.activations"}});
  check_one_line(product.run(), {"t.safetensors: mm.activations: found shape [1, 4], expected [1, 2, 1, 1]"});
}

TEST_CASE("trace check of a pair: zeros without values are enough for a run, and it says for which") {
  small_product product;
  product.trace.add_packed("mm.activations.mask", "1, 4", "\x0f");
  product.weights();
  CHECK(product.run().exit_code == 0);
  const auto fits = product.check();
  CHECK(fits.exit_code == 0);
  check_pieces(fits.out, {"forward pass; not for --values: ", "mm.activations.mask: found a mask"});
  check_one_line(product.check(with(fp32, {"--pass", "training"})), {"mm.gradients: found no tensor of this name"});
  check_one_line(product.check({"--pass", "training"}), {"/mode: found \"fp16-inference\""});
  const auto shipped = run_program(with({"trace", "check", "traces/resnet34-training.safetensors", "--workload",
                                         "workloads/resnet34-training.json", "--pass", "training"},
                                        fp32));
  CHECK(shipped.exit_code == 0);
  CHECK(
      run_program({"trace", "check", "traces/resnet34-inference.safetensors", "--workload", "workloads/resnet34.json"})
          .out.ends_with(
              "fits the 37 layers of workloads/resnet34.json, forward pass; has values for --values, too\n"));
}

TEST_CASE("tensors of other dtypes are left alone, and names may have slashes") {
  small_product product;
  product.activations().weights();
  product.trace.add("bn.num_batches_tracked", "I64", "", std::string(8, '\1'));
  CHECK(product.run({"--values"}).exit_code == 0);
  check_pieces(product.check().out, {"; 1 tensors of dtypes that no layer uses\n"});
  check_pieces(run_program({"trace", "info", product.folder.path("t.safetensors")}).out, {"I64"});

  json slashes = {{"name", "/layer3/layer3.0/conv1/Conv"}, {"type", "linear"}, {"in_features", 4}, {"out_features", 2}};
  const temporary_folder folder;
  const auto workload = folder.file("w.json", json{{"name", "w"}, {"layers", {slashes}}}.dump());
  const auto finished = run_program({"run", workload, "--values", "--layers", "*/conv1/*", "--export", "accelergy",
                                     folder.path("export"), "--format", "json"});
  CHECK(finished.exit_code == 0);
  CHECK(json::parse(finished.out)["layers"][0]["name"] == slashes["name"]);
  CHECK(std::filesystem::exists(folder.path("export/action_counts/001-_layer3_layer3.0_conv1_Conv-forward.yaml")));
}

}  // namespace dlac::test
