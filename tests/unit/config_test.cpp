// Accelerator configs: read, written, and every mistake told at its place.

#include <doctest/doctest.h>

#include <nlohmann/json.hpp>
#include <string>
#include <vector>

#include "sim/config/accelerator_config.h"
#include "sim/json/json_reader.h"
#include "tests/unit/bad_input.h"

namespace dlac {
namespace {

using test::message_of;

const std::string inference_path = DLAC_SOURCE_DIR "/configs/dlac-fp16-inference.json";
const std::string training_path = DLAC_SOURCE_DIR "/configs/dlac-fp32-training.json";

std::string message(const std::vector<std::string>& overrides) {
  return message_of([&] { read_accelerator_config(inference_path, overrides); });
}

/// The message for the inference config with `value` merged into it (a null removes).
std::string message_of_file(const char* value) {
  const test::temporary_folder folder;
  nlohmann::json config = to_json(read_accelerator_config(inference_path));
  config.merge_patch(nlohmann::json::parse(value));
  const std::string path = folder.file("config.json", config.dump());
  std::string text = message_of([&] { read_accelerator_config(path); });
  if (text.starts_with(path)) {
    text.replace(0, path.size(), "config.json");
  }
  return text;
}

TEST_CASE("the shipped configs are the machines of the contract, section 1") {
  const accelerator_config inference = read_accelerator_config(inference_path);
  CHECK(inference.name == "dlac-fp16-inference");
  CHECK(inference.mode == machine_mode::fp16_inference);
  CHECK(inference.clock_mhz == 500);
  CHECK(inference.grid == grid_shape{8, 16});
  CHECK(inference.pe.fma_units == 2);
  CHECK(inference.pe.adders == 2);
  CHECK(inference.pe.output_buffers == 32);
  CHECK(inference.pe.output_banks == 2);
  CHECK(inference.pe.operand_queue_depth == 4);
  CHECK(inference.skip == skip_mode::both);
  CHECK(inference.drain_elements_per_cycle == 8);
  CHECK(inference.weight_buffer_bytes == 32768);
  CHECK(inference.feature_map_buffer_bytes == 32768);
  REQUIRE(inference.memory.has_value());
  CHECK(inference.memory->bytes_per_cycle == 64);
  CHECK(inference.memory->latency_cycles == 100);
  CHECK(inference.memory->feature_map_compression == compression::none);
  CHECK_FALSE(inference.mapping.block.has_value());
  CHECK_FALSE(inference.mapping.order.has_value());
  CHECK(inference.technology == "14nm");
  // 256 FP units and 256 adders; ternary products use both.
  CHECK(inference.processing_elements() * inference.lanes(inference.formats(pass_kind::forward, weight_format::full)) ==
        256);
  CHECK(inference.processing_elements() *
            inference.lanes(inference.formats(pass_kind::forward, weight_format::ternary)) ==
        512);
  CHECK(inference.numbers() == uniform_formats(ieee_float::fp16));

  const accelerator_config training = read_accelerator_config(training_path);
  CHECK(training.mode == machine_mode::fp32_training);
  CHECK(training.pe.fma_units == 4);
  CHECK(training.pe.adders == 0);
  CHECK(training.weight_buffer_bytes == 65536);
  CHECK(training.feature_map_buffer_bytes == 65536);
  CHECK(training.processing_elements() * training.lanes(training.formats(pass_kind::forward, weight_format::ternary)) ==
        512);
  CHECK(training.numbers() == uniform_formats(ieee_float::fp32));
  CHECK(to_json(training)["memory"] == to_json(inference)["memory"]);
}

TEST_CASE("the paper's configs are the default ones with ideal memory") {
  for (const std::string machine : {"fp16-inference", "fp32-training"}) {
    const std::string folder = DLAC_SOURCE_DIR "/configs/";
    auto expected = to_json(read_accelerator_config(folder + "dlac-" + machine + ".json"));
    CHECK(expected["memory"].is_object());
    expected["name"] = "paper-" + machine;
    expected["memory"] = nullptr;
    CHECK(to_json(read_accelerator_config(folder + "paper-" + machine + ".json")) == expected);
  }
}

TEST_CASE("the effective config is complete, and reads back as itself") {
  const std::vector<std::string> overrides = {"mapping.block=[4, 8]", "mapping.order=mt-outer", "clock_mhz=612.5"};
  const nlohmann::ordered_json effective = to_json(read_accelerator_config(inference_path, overrides));
  CHECK(effective["mapping"].dump() == R"({"block":[4,8],"order":"mt-outer","objective":"cycles"})");
  CHECK(effective["clock_mhz"] == 612.5);
  CHECK(effective["memory"].dump() == R"({"bytes_per_cycle":64,"latency_cycles":100,"compression":"none"})");
  CHECK(effective.contains("technology"));
  const test::temporary_folder folder;
  CHECK(to_json(read_accelerator_config(folder.file("effective.json", effective.dump()))) == effective);
}

TEST_CASE("keys that may be missing have their defaults") {
  const std::vector<std::string> overrides = {"memory=null", "mapping=null", "technology=null", "skip_outputs=null"};
  const accelerator_config config = read_accelerator_config(inference_path, overrides);
  CHECK_FALSE(config.memory.has_value());
  CHECK_FALSE(config.mapping.block.has_value());
  CHECK_FALSE(config.mapping.order.has_value());
  CHECK(config.technology == "14nm");
  CHECK_FALSE(config.skip_outputs);
}

TEST_CASE("whether outputs are skipped is true or false") {
  CHECK(read_accelerator_config(inference_path, std::vector<std::string>{"skip_outputs=true"}).skip_outputs);
  CHECK_THROWS_WITH_AS(read_accelerator_config(inference_path, std::vector<std::string>{"skip_outputs=1"}),
                       doctest::Contains("/skip_outputs: found 1, expected true or false"), input_error);
}

TEST_CASE("an override replaces, the last one wins, and text needs no quotes") {
  const std::vector<std::string> overrides = {"grid.rows=2", "grid.rows=4", "grid={\"rows\": 5, \"cols\": 6}",
                                              "grid.cols=7", "name=two words"};
  const accelerator_config config = read_accelerator_config(inference_path, overrides);
  CHECK(config.grid == grid_shape{5, 7});
  CHECK(config.name == "two words");
}

TEST_CASE("a mistake in an override names the override") {
  const std::string rows_or_cols = "expected one of \"rows\" or \"cols\"; did you mean \"rows\"?";
  CHECK(message({"grid.rowz=4"}) == "--set grid.rowz=4: /grid/rowz: found unknown key \"rowz\", " + rows_or_cols);
  CHECK(message({"grid.rowz=null"}) == "--set grid.rowz=null: /grid/rowz: found unknown key \"rowz\", " + rows_or_cols);
  CHECK(message({"gird.rows=4"}).starts_with("--set gird.rows=4: /gird: found unknown key \"gird\", expected one of"));
  CHECK(message({"memory=null", "memory.latency_cycles=4"}) ==
        "--set memory.latency_cycles=4: /memory/bytes_per_cycle: found no key \"bytes_per_cycle\", expected a number "
        "from 0.001 to 1048576, with at most three decimal places");
  CHECK(message({"grid.rows=-4"}) == "--set grid.rows=-4: /grid/rows: found -4, expected an integer from 1 to 1024");
  CHECK(message({"grid.rows=x"}) == "--set grid.rows=x: /grid/rows: found \"x\", expected an integer from 1 to 1024");
  CHECK(message({"grid.rows=null"}) ==
        "--set grid.rows=null: /grid/rows: found no key \"rows\", expected an integer from 1 to 1024");
  CHECK(message({"grid.rows.x=3"}) == "--set grid.rows.x=3: /grid/rows: found 8, expected an object");
  CHECK(message({"grid={\"rows\": 1}"}) ==
        "--set grid={\"rows\": 1}: /grid/cols: found no key \"cols\", expected an integer from 1 to 1024");
  CHECK(message({"grid={\"rows\": 1, \"rows\": 1}"}) ==
        "--set grid={\"rows\": 1, \"rows\": 1}: /rows: found a second \"rows\", expected every key once");
  CHECK(message({"mapping.block=[8, 8]"}) ==
        "--set mapping.block=[8, 8]: /mapping/block: found [8, 8], 64 outputs per PE, "
        "expected at most 32, the output buffers of a PE (/pe/output_buffers)");
  CHECK(message({"name="}) == "--set name=: /name: found \"\", expected a string that is not empty");
  CHECK(message({"name=\"a"}).starts_with("--set name=\"a: line 1, column 3: found invalid string"));
}

TEST_CASE("an override that is none") {
  CHECK(message({"grid.rows"}) == "--set grid.rows: found no \"=\", expected KEY=VALUE, such as grid.rows=4");
  CHECK(message({"=4"}) == "--set =4: found an empty key, expected KEY=VALUE, such as grid.rows=4");
  CHECK(message({"grid..rows=4"}) == "--set grid..rows=4: found an empty key, expected KEY=VALUE, such as grid.rows=4");
  CHECK(message({"name=a\nb"}) == "--set name=a\\nb: found a value with control characters, expected JSON, or text");
}

TEST_CASE("a mistake in the file is told at its place") {
  struct bad_file {
    const char* patch;
    const char* message;
  };
  const bad_file files[] = {
      {R"({"name": ""})", "/name: found \"\", expected a string that is not empty"},
      {R"({"mode": "fp16"})",
       "/mode: found \"fp16\", expected one of \"fp32-training\" or \"fp16-inference\"; did you mean "
       "\"fp16-inference\"?"},
      {R"({"mode": "bf16"})", "/mode: found \"bf16\", expected one of \"fp32-training\" or \"fp16-inference\""},
      {R"({"mode": "fp16-inferense"})",
       "/mode: found \"fp16-inferense\", expected one of \"fp32-training\" or \"fp16-inference\"; did you mean "
       "\"fp16-inference\"?"},
      {R"({"clock_mhz": 0})", "/clock_mhz: found 0, expected a number from 1 to 100000"},
      {R"({"clock_mhz": 100001})", "/clock_mhz: found 100001, expected a number from 1 to 100000"},
      {R"({"clock_mhz": "500"})", "/clock_mhz: found \"500\", expected a number from 1 to 100000"},
      {R"({"grid": null})", "/grid: found no key \"grid\", expected an object"},
      {R"({"grid": [8, 16]})", "/grid: found an array of 2 elements, expected an object"},
      {R"({"grid": {"rows": 0}})", "/grid/rows: found 0, expected an integer from 1 to 1024"},
      {R"({"grid": {"cols": 1025}})", "/grid/cols: found 1025, expected an integer from 1 to 1024"},
      {R"({"grid": {"rows": 8.0}})", "/grid/rows: found 8.0, expected an integer from 1 to 1024"},
      {R"({"pe": {"fma_units": 0}})", "/pe/fma_units: found 0, expected an integer from 1 to 1024"},
      {R"({"pe": {"adders": 1025}})", "/pe/adders: found 1025, expected an integer from 0 to 1024"},
      {R"({"pe": {"output_buffers": 0}})", "/pe/output_buffers: found 0, expected an integer from 1 to 1024"},
      {R"({"pe": {"output_banks": 3}})", "/pe/output_banks: found 3, expected an integer from 1 to 2"},
      {R"({"pe": {"operand_queue_depth": 0}})", "/pe/operand_queue_depth: found 0, expected an integer from 1 to 1024"},
      {R"({"skip": "all"})",
       "/skip: found \"all\", expected one of \"none\", \"weights\", \"activations\" or \"both\""},
      {R"({"skip": true})", "/skip: found true, expected one of \"none\", \"weights\", \"activations\" or \"both\""},
      {R"({"drain_elements_per_cycle": 65537})",
       "/drain_elements_per_cycle: found 65537, expected an integer from 1 to 65536"},
      {R"({"weight_buffer_bytes": 0})", "/weight_buffer_bytes: found 0, expected an integer from 1 to 1099511627776"},
      {R"({"feature_map_buffer_bytes": 1099511627777})",
       "/feature_map_buffer_bytes: found 1099511627777, expected an integer from 1 to 1099511627776"},
      {R"({"mapping": {"block": 8}})", "/mapping/block: found 8, expected \"auto\" or [m, n], an array of 2 elements"},
      {R"({"mapping": {"block": "auot"}})",
       "/mapping/block: found \"auot\", expected \"auto\" or [m, n], an array of 2 elements"},
      {R"({"mapping": {"block": [4, 0]}})", "/mapping/block/1: found 0, expected an integer from 1 to 1024"},
      {R"({"mapping": {"order": "nt"}})",
       "/mapping/order: found \"nt\", expected one of \"auto\", \"nt-outer\" or \"mt-outer\""},
      {R"({"mapping": {"objective": "energy-delay"}})",
       "/mapping/objective: found \"energy-delay\", expected one of \"cycles\", \"energy\" or \"energy_delay\"; did "
       "you mean "
       "\"energy_delay\"?"},
      {R"({"mapping": {"objectiv": "energy"}})",
       "/mapping/objectiv: found unknown key \"objectiv\", expected one of \"block\", \"order\" or \"objective\"; did "
       "you "
       "mean \"objective\"?"},
      {R"({"technology": 14})", "/technology: found 14, expected a string"},
      {R"({"memory": 64})", "/memory: found 64, expected null or an object"},
  };
  for (const bad_file& file : files) {
    CAPTURE(file.patch);
    CHECK(message_of_file(file.patch) == std::string("config.json: ") + file.message);
  }
}

TEST_CASE("every required key is missed at its place") {
  const nlohmann::ordered_json schema = accelerator_config_schema();
  CHECK(schema["required"].size() == 9);
  for (const std::string key : schema["required"]) {
    const std::string patch = "{\"" + key + "\": null}";
    CHECK(message_of_file(patch.c_str()).starts_with("config.json: /" + key + ": found no key \"" + key + "\""));
  }
}

TEST_CASE("an unknown key gets the nearest known one") {
  CHECK(message_of_file(R"({"skipp": "both"})").ends_with("; did you mean \"skip\"?"));
  CHECK(message_of_file(R"({"pe": {"adder": 1}})") ==
        "config.json: /pe/adder: found unknown key \"adder\", expected one of \"fma_units\", \"adders\", "
        "\"output_buffers\", \"output_banks\" or \"operand_queue_depth\"; did you mean \"adders\"?");
}

TEST_CASE("finite memory is read, and checked") {
  const std::vector<std::string> overrides = {
      R"(memory={"bytes_per_cycle": 64, "latency_cycles": 100, "compression": "bitmap"})"};
  const accelerator_config config = read_accelerator_config(training_path, overrides);
  REQUIRE(config.memory.has_value());
  CHECK(config.memory->bytes_per_cycle == 64);
  CHECK(config.memory->latency_cycles == 100);
  CHECK(config.memory->feature_map_compression == compression::bitmap);
  CHECK(message_of_file(R"({"memory": {"bytes_per_cycle": 64, "latency_cycles": -1, "compression": "none"}})") ==
        "config.json: /memory/latency_cycles: found -1, expected an integer from 0 to 4294967296");
  CHECK(message_of_file(R"({"memory": {"bytes_per_cycle": 0, "latency_cycles": 100, "compression": "none"}})") ==
        "config.json: /memory/bytes_per_cycle: found 0, expected a number from 0.001 to 1048576, with at most three "
        "decimal places");
  CHECK(message_of_file(R"({"memory": {"bytes_per_cycle": 64, "latency_cycles": 100, "compression": "zip"}})") ==
        "config.json: /memory/compression: found \"zip\", expected one of \"none\" or \"bitmap\"");
}

TEST_CASE("the bandwidth may be a decimal of three places, which is kept exactly") {
  const auto with = [](const std::string& number) {
    return read_accelerator_config(training_path, std::vector<std::string>{"memory.bytes_per_cycle=" + number});
  };
  const std::vector<std::pair<std::string, std::uint64_t>> cases = {{"38.4", 38'400},
                                                                    {"0.001", 1},
                                                                    {"0.1", 100},
                                                                    {"2.675", 2'675},
                                                                    {"64", 64'000},
                                                                    {"64.0", 64'000},
                                                                    {"1e2", 100'000},
                                                                    {"1048575.999", 1'048'575'999},
                                                                    {"1048576", 1'048'576'000}};
  for (const auto& [number, thousandths] : cases) {
    CAPTURE(number);
    const auto config = with(number);
    CHECK(config.memory->bytes_per_cycle.thousandths == thousandths);
    // Written, it is the same number again; a whole one as it always was.
    const auto written = to_json(config)["memory"]["bytes_per_cycle"].dump();
    CHECK(with(written).memory->bytes_per_cycle == config.memory->bytes_per_cycle);
    CHECK((written.find('.') == std::string::npos) == (thousandths % 1000 == 0));
  }
  for (const std::string number : {"38.4001", "0.0009", "0.0001", "1048576.001", "-1", "\"38.4\"", "0.00100000001"}) {
    CAPTURE(number);
    CHECK(message({"memory.bytes_per_cycle=" + number})
              .find("expected a number from 0.001 to 1048576, with at most three "
                    "decimal places") != std::string::npos);
  }
}

TEST_CASE("the schema has the keys of the effective config, closed") {
  const nlohmann::ordered_json schema = accelerator_config_schema();
  CHECK(schema["$schema"] == "https://json-schema.org/draft/2020-12/schema");
  CHECK(schema["additionalProperties"] == false);
  CHECK(schema["properties"]["grid"]["additionalProperties"] == false);
  CHECK(schema["properties"]["grid"]["properties"]["rows"]["maximum"] == 1024);
  CHECK(schema["properties"]["technology"]["default"] == "14nm");
  std::vector<std::string> keys;
  for (const auto& [key, value] : schema["properties"].items()) {
    if (!is_remark(key) && key != "numbers") {  // which only a config with formats of its own has
      keys.push_back(key);
    }
    CHECK(value.contains("description"));
  }
  std::vector<std::string> written;
  const nlohmann::ordered_json effective = to_json(read_accelerator_config(inference_path));
  for (const auto& [key, value] : effective.items()) {
    written.push_back(key);
  }
  CHECK(keys == written);
}

}  // namespace
}  // namespace dlac
