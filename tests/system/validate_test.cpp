// `dlac validate`: its verdicts, its files, the page in docs, exit codes, and mistakes in a file of figures.

#include <doctest/doctest.h>

#include <filesystem>
#include <nlohmann/json.hpp>
#include <string>
#include <vector>

#include "tests/system/run_program.h"

namespace dlac::test {
namespace {

using nlohmann::json;

const std::string shipped = source_folder + "/models/validation/figures.json";

json& figure_of(json& book, const std::string& number) {
  for (json& group : book["groups"]) {
    for (json& figure : group["figures"]) {
      if (figure["number"] == number) {
        return figure;
      }
    }
  }
  throw std::runtime_error("no figure " + number);
}

void check_width(const std::string& text) {
  std::size_t characters = 0;
  for (const char c : text) {
    CHECK(characters <= 120);
    characters = c == '\n' ? 0 : characters + ((static_cast<unsigned char>(c) & 0xC0U) == 0x80 ? 0 : 1);
  }
}

TEST_CASE("validate: every figure that held holds, and docs/validation.md is what the program writes") {
  const temporary_folder folder;
  const finished_program finished = run_program({"validate", "--out", folder.path("new/out")});
  INFO(finished.err);
  REQUIRE(finished.exit_code == 0);
  CHECK(finished.err.empty());
  check_width(finished.out);
  for (const char* const text : {"2.78 K", "predicted: ", "What misses, and why", "layer4.2.conv2", "█", "trained"}) {
    INFO(std::string(text));
    CHECK(finished.out.find(text) != std::string::npos);
  }
  const auto written = [&](const char* name) { return contents_of(folder.path("new/out/") + name); };
  INFO("stale: build/release/dlac validate --out out && cp out/validation.md out/validation.svg docs");
  CHECK(written("validation.md") == contents_of(source_folder + "/docs/validation.md"));
  CHECK(written("validation.svg") == contents_of(source_folder + "/docs/validation.svg"));
  const json report = json::parse(written("validation.json"));
  CHECK(report["schema"] == "dlac-validation/1");
  CHECK(report["layers"].size() == 36);
  for (const json& figure : report["figures"]) {
    INFO(figure.dump());
    CHECK(figure["simulated"].is_number());
    CHECK(figure["verdict"] != "off");
    CHECK((figure["role"] == "shown") == figure["verdict"].is_null());
    CHECK((figure["role"] == "calibrated") == (figure["verdict"] == "fitted"));
  }
}

TEST_CASE("validate: a figure out of its bounds is exit code 1, with complete files, threads change nothing") {
  const temporary_folder folder;
  json book = json::parse(contents_of(shipped));
  figure_of(book, "4")["bounds"] = {{"lowest", 1}, {"highest", 2}, {"reason", "to be missed"}};
  figure_of(book, "8")["bounds"]["lowest"] = 2.21;  // a calibrated one that has left its bounds counts, too
  const std::string path = folder.file("figures.json", book.dump());
  const finished_program finished =
      run_program({"validate", "--figures", path, "--jobs", "2", "--out", folder.path("out")});
  CHECK(finished.exit_code == 1);
  CHECK(finished.err == "dlac: out of bounds: 4, 8\n");
  const json report = json::parse(contents_of(folder.path("out/validation.json")));
  for (const json& figure : report["figures"]) {
    const bool is_broken = figure["number"] == "4" || figure["number"] == "8";
    CHECK((figure["verdict"] == "off") == is_broken);
  }
  CHECK(contents_of(folder.path("out/validation.svg")) == contents_of(source_folder + "/docs/validation.svg"));
  CHECK(contents_of(folder.path("out/validation.md")).find("not 1 to 2; it should be.") != std::string::npos);
}

TEST_CASE("validate: bad input is one line and exit code 2, and leaves nothing behind") {
  const temporary_folder folder;
  json misspelt = json::parse(contents_of(shipped));
  figure_of(misspelt, "4")["bunds"] = 1;
  json no_node = json::parse(contents_of(shipped));
  no_node["peers"]["eie"]["node"] = "46nm";
  const std::string out = folder.path("out");
  for (const std::vector<std::string>& words :
       std::vector<std::vector<std::string>>{{"--figures", folder.path("none.json")},
                                             {"--figures", folder.file("cut.json", "{\"peers\": ")},
                                             {"--figures", folder.file("misspelt.json", misspelt.dump())},
                                             {"--figures", folder.file("node.json", no_node.dump())},
                                             {"--figures"},
                                             {"--jobs", "many"},
                                             {"--bounds", "1"},
                                             {"figures.json"}}) {
    std::vector<std::string> arguments = {"validate", "--out", out};
    arguments.insert(arguments.end(), words.begin(), words.end());
    const finished_program finished = run_program(arguments);
    INFO(finished.err);
    CHECK(finished.exit_code == 2);
    CHECK(finished.out.empty());
    CHECK(finished.err.starts_with("dlac: error: "));
    CHECK(finished.err.find('\n') == finished.err.size() - 1);
    CHECK((!std::filesystem::exists(out) || std::filesystem::is_empty(out)));
  }
  const std::string taken = folder.file("file", "");
  CHECK(run_program({"validate", "--out", taken}).exit_code == 2);
  CHECK(run_program({"validate", "--figures", folder.path("node.json")}).err.find("/peers/eie/node: found \"46nm\"") !=
        std::string::npos);
}

}  // namespace
}  // namespace dlac::test
