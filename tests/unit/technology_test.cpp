// Technology tables: the shipped ones, their sources, and mistakes in a table.

#include "models/technology.h"

#include <doctest/doctest.h>

#include <cmath>
#include <nlohmann/json.hpp>
#include <set>
#include <string>
#include <vector>

#include "sim/data/shipped_files.h"
#include "tests/unit/bad_input.h"

namespace dlac {
namespace {

using nlohmann::json;
using test::message_of;

const std::string folder = DLAC_SOURCE_DIR "/models/technology";
const std::vector<std::string> shipped = {"45nm", "28nm", "14nm", "14nm-sram", "7nm"};

technology read(const std::string& name) {
  return read_technology(find_file(shipped_kind::technology, name, in_file("config.json", "/technology")));
}

/// The message for the 14 nm table with `patch` merged into it (a null removes).
std::string message_of_table(const char* patch) {
  const test::temporary_folder place;
  json table = json::parse(to_json(read("14nm")).dump());
  table.merge_patch(json::parse(patch));
  const std::string path = place.file("table.json", table.dump());
  std::string text = message_of([&] { read(path); });
  if (text.starts_with(path)) {
    text.replace(0, path.size(), "table.json");
  }
  return text;
}

TEST_CASE("technology: every number of every shipped table has a unit, a kind and a source that says enough") {
  for (const std::string& name : shipped) {
    INFO(name);
    const technology table = read(name);
    CHECK(table.name == name);
    const std::vector<named_quantity> numbers = quantities(table);
    CHECK(numbers.size() == 30);
    for (const named_quantity& number : numbers) {
      INFO(number.pointer);
      CHECK_FALSE(number.number.unit.empty());
      CHECK(number.number.source.size() > 15);
      if (number.number.kind == number_kind::scaled) {
        CHECK(number.number.source.find("times ") != std::string::npos);
      }
      if (number.number.kind == number_kind::calibrated) {
        CHECK(number.number.source.find("fitted") != std::string::npos);
      }
    }
  }
}

TEST_CASE("technology: a table reads back as itself") {
  for (const std::string& name : shipped) {
    const nlohmann::ordered_json written = to_json(read(name));
    const test::temporary_folder place;
    CHECK(to_json(read(place.file("table.json", written.dump()))) == written);
  }
}

TEST_CASE("technology: the published 45 nm unit costs are those of the source") {
  const technology table = read("45nm");
  CHECK(table.energy.int8.multiply.value == 0.2);
  CHECK(table.energy.int8.add.value == 0.03);
  CHECK(table.energy.fp16.multiply.value == 1.1);
  CHECK(table.energy.fp16.add.value == 0.40);
  CHECK(table.energy.fp32.multiply.value == 3.7);
  CHECK(table.energy.fp32.add.value == 0.9);
  CHECK(table.area.int8.multiplier.value == 282);
  CHECK(table.area.int8.adder.value == 36);
  CHECK(table.area.fp16.multiplier.value == 1640);
  CHECK(table.area.fp16.adder.value == 1360);
  CHECK(table.area.fp32.multiplier.value == 7700);
  CHECK(table.area.fp32.adder.value == 4184);
  CHECK(table.energy.sram_8kib.value == 10);
  CHECK(table.energy.sram_32kib.value == 20);
  CHECK(table.energy.sram_1mib.value == 100);
  CHECK(table.energy.fp32.add.kind == number_kind::published);
}

TEST_CASE("technology: 14 nm is 45 nm times the published factors, off-chip memory is not scaled") {
  const technology from = read("45nm");
  const technology to = read("14nm");
  CHECK(to.area.fp32.multiplier.value == doctest::Approx(7700 * 0.17).epsilon(1e-5));
  CHECK(to.area.fp16.adder.value == doctest::Approx(1360 * 0.17).epsilon(1e-5));
  CHECK(to.energy.fp16.multiply.value == doctest::Approx(1.1 * 0.138).epsilon(1e-5));
  CHECK(to.energy.sram_32kib.value == doctest::Approx(20 * 0.138).epsilon(1e-5));
  CHECK(to.energy.fp32.add.kind == number_kind::scaled);
  for (const std::string& name : shipped) {
    CHECK(read(name).energy.off_chip.value == from.energy.off_chip.value);
  }
  // 1.3 to 2.6 nJ per 8 bytes
  CHECK(from.energy.off_chip.value > 1300.0 / 8);
  CHECK(from.energy.off_chip.value < 2600.0 / 8);
}

TEST_CASE("technology: a smaller node is smaller and takes less, number by number") {
  const std::vector<std::string> nodes = {"45nm", "28nm", "14nm", "7nm"};
  for (std::size_t i = 1; i < nodes.size(); ++i) {
    const std::vector<named_quantity> larger = quantities(read(nodes[i - 1]));
    const std::vector<named_quantity> smaller = quantities(read(nodes[i]));
    REQUIRE(larger.size() == smaller.size());
    for (std::size_t n = 0; n < larger.size(); ++n) {
      INFO(nodes[i] << smaller[n].pointer);
      CHECK(smaller[n].pointer == larger[n].pointer);
      if (smaller[n].pointer != "/leakage") {  // per mm2: the devices shrink faster than they get better
        CHECK(smaller[n].number.value <= larger[n].number.value);
      }
    }
  }
}

TEST_CASE("technology: with SRAM macros only the two buffers differ") {
  const std::vector<named_quantity> latches = quantities(read("14nm"));
  const std::vector<named_quantity> macros = quantities(read("14nm-sram"));
  std::set<std::string> different;
  for (std::size_t n = 0; n < latches.size(); ++n) {
    if (latches[n].number.value != macros[n].number.value) {
      different.insert(latches[n].pointer);
    }
  }
  CHECK(different == std::set<std::string>{"/area/buffer_bit", "/clock/buffer_share"});
  // Between the bare cell and the latch array.
  CHECK(read("14nm-sram").area.buffer_bit.value > 0.0588);
  CHECK(read("14nm-sram").area.buffer_bit.value < read("14nm").area.buffer_bit.value);
}

TEST_CASE("technology: a name or a path") {
  CHECK(read(folder + "/7nm.json").name == "7nm");
  CHECK(message_of([] { read("14mn"); }) ==
        "config.json: /technology: found \"14mn\", expected \"14nm\", \"14nm-sram\", \"28nm\", \"45nm\" or \"7nm\", or "
        "the "
        "path of a table (with a slash or .json); did you mean \"14nm\"?");
  CHECK(message_of([] { read("none.json"); }).starts_with("none.json: found no such file"));
  CHECK(message_of([] { read(""); }).starts_with("config.json: /technology: found \"\""));
}

TEST_CASE("technology: mistakes in a table are one line that says where") {
  const std::vector<std::pair<const char*, const char*>> cases = {
      {R"({"area": {"storage_bit": {"unit": "um2"}}})",
       "table.json: /area/storage_bit/unit: found \"um2\", expected \"um2/bit\""},
      {R"({"area": {"storage_bit": {"value": 0}}})", "table.json: /area/storage_bit/value: found 0"},
      {R"({"energy": {"wire": {"value": -1}}})", "table.json: /energy/wire/value: found -1"},
      {R"({"energy": {"wire": {"value": "1"}}})", "table.json: /energy/wire/value: found \"1\""},
      {R"({"energy": {"wire": {"source": null}}})", "table.json: /energy/wire/source: found no key \"source\""},
      {R"({"energy": {"wire": {"source": ""}}})", "table.json: /energy/wire/source: found \"\""},
      {R"({"energy": {"wire": {"kind": "guessed"}}})", "table.json: /energy/wire/kind: found \"guessed\""},
      {R"({"energy": {"wire": 95}})", "table.json: /energy/wire: found 95, expected an object"},
      {R"({"energy": {"wires": {}}})", "table.json: /energy/wires: found unknown key \"wires\""},
      {R"({"clock": {"storage_share": {"value": 1.5}}})", "table.json: /clock/storage_share/value: found 1.5"},
      {R"({"leakage": null})", "table.json: /leakage: found no key \"leakage\""},
      {R"({"energy": {"sram_1mib": {"value": 1}}})",
       "table.json: /energy: found accesses of 1.38, 2.76 and 1 pJ/64bit at 8 KiB, 32 KiB and 1 MiB, expected energies "
       "that do not fall as the capacity grows"},
  };
  for (const auto& [patch, expected] : cases) {
    INFO(std::string(patch));
    const std::string message = message_of_table(patch);
    INFO(message);
    CHECK(message.starts_with(expected));
    CHECK(message.find('\n') == std::string::npos);
  }
}

TEST_CASE("technology: the schema knows every key and unit") {
  const nlohmann::ordered_json schema = technology_schema();
  CHECK(schema["additionalProperties"] == false);
  const auto& area = schema["properties"]["area"]["properties"];
  CHECK(area["storage_bit"]["properties"]["unit"]["const"] == "um2/bit");
  CHECK(schema["required"].size() == 8);
}

}  // namespace
}  // namespace dlac
