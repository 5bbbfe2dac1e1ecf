// What the YAML writer writes, to the byte: it must read the same in YAML 1.1 and 1.2.

#include "sim/text/yaml.h"

#include <doctest/doctest.h>

#include <nlohmann/json.hpp>

namespace dlac {
namespace {

using json = nlohmann::ordered_json;

TEST_CASE("yaml: objects and lists in their order, empty ones on the line") {
  const json value = {{"version", 0.4},
                      {"tables", json::array({{{"name", "x"}, {"actions", json::array({"read", "write_bit"})}},
                                              {{"arguments", json::object()}, {"none", json::array()}}})}};
  CHECK(to_yaml(value) ==
        "version: 0.4\n"
        "tables:\n"
        "  - name: \"x\"\n"
        "    actions:\n"
        "      - read\n"
        "      - write_bit\n"
        "  - arguments: {}\n"
        "    none: []\n");
}

TEST_CASE("yaml: numbers are exact, and numbers to every reader") {
  const auto text = [](const json& value) { return to_yaml({{"v", value}}); };
  CHECK(text(18446744073709551615U) == "v: 18446744073709551615\n");
  CHECK(text(0) == "v: 0\n");
  CHECK(text(2e-9) == "v: 2.0e-09\n");
  CHECK(text(1.5e300) == "v: 1.5e+300\n");
  CHECK(text(1e22) == "v: 1.0e+22\n");
  CHECK(text(500.0) == "v: 500.0\n");
  CHECK(text(0.1) == "v: 0.1\n");
  CHECK(text(1.0 / 3) == "v: 0.3333333333333333\n");
}

TEST_CASE("yaml: what could be taken for something else is quoted") {
  const auto text = [](const json& value) { return to_yaml({{"v", value}}); };
  CHECK(text("dlac.chip.read_bit") == "v: dlac.chip.read_bit\n");
  for (const char* const word :
       {"true", "no", "on", "null", "14nm", "y", "", "a b", "a:b", "#a", "- a", "Yes", "1e3", ".a"}) {
    CHECK(text(word) == "v: \"" + std::string(word) + "\"\n");
  }
  CHECK(text("a\"b\\c") == R"(v: "a\"b\\c")"
                           "\n");
  CHECK(text("{{ x }} {% y %}") == R"(v: "\x7B\x7B x }} \x7B% y %}")"
                                   "\n");
  CHECK(text("Schicht äß") == "v: \"Schicht äß\"\n");
  CHECK(text("a\nb") == R"(v: "a\\nb")"
                        "\n");
}

}  // namespace
}  // namespace dlac
