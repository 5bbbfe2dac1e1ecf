// The program as its users meet it: help, schemas, formats, files, usage mistakes, exit codes.

#include <doctest/doctest.h>
#include <fmt/format.h>

#include <algorithm>
#include <csignal>
#include <nlohmann/json.hpp>
#include <regex>
#include <sstream>

#include "tests/system/engine_reports.h"
#include "tests/system/run_program.h"

namespace dlac::test {
namespace {

using nlohmann::json;

constexpr const char* two_layers = R"({ "name": "two-layers", "layers": [
  { "name": "conv.1", "type": "conv2d", "in_channels": 3, "out_channels": 8, "input_size": [6, 6], "kernel": [3, 3],
    "operands": { "activations": { "source": "synthetic", "density": 0.5, "seed": 1 } },
    "epilogue": [ { "op": "mul-add" }, { "op": "select", "threshold": 0 } ] },
  { "name": "fc", "type": "linear", "in_features": 16, "out_features": 4, "weight_format": "full" } ] })";

/// A folder with a small workload in it.
struct workplace {
  temporary_folder folder;
  std::string workload = folder.file("two-layers.json", two_layers);
};

/// One line on standard error, nothing on standard output, exit code 2.
void check_refused(const finished_program& finished, const std::string& pattern) {
  INFO(finished.err);
  CHECK(finished.exit_code == 2);
  CHECK(finished.out.empty());
  CHECK(std::regex_search(finished.err, std::regex("^dlac: error: [^\n]*\n$")));
  CHECK(std::regex_search(finished.err, std::regex(pattern)));
}

TEST_CASE("cli: every command has help with examples") {
  for (const std::vector<std::string>& command : {std::vector<std::string>{},
                                                  {"run"},
                                                  {"area"},
                                                  {"validate"},
                                                  {"sweep"},
                                                  {"sweep", "show"},
                                                  {"sweep", "gather"},
                                                  {"trace"},
                                                  {"trace", "info"},
                                                  {"trace", "check"},
                                                  {"diff"},
                                                  {"explain"},
                                                  {"schema"}}) {
    for (const char* const option : {"--help", "-h"}) {
      std::vector<std::string> words = command;
      words.emplace_back(option);
      const finished_program finished = run_program(words);
      INFO(fmt::format("{}", fmt::join(words, " ")));
      CHECK(finished.exit_code == 0);
      CHECK(finished.err.empty());
      CHECK(finished.out.starts_with("Usage: dlac"));
      CHECK(finished.out.find("\nExamples:\n  dlac ") != std::string::npos);
      CHECK(finished.out.ends_with("\n"));
    }
  }
  const std::string help = run_program({"run", "--help"}).out;
  for (const char* const option :
       {"--config", "--engine", "--pass", "--layers", "--trace", "--values", "--set", "--out", "--format", "--help"}) {
    INFO(std::string(option));
    CHECK(help.find(option) != std::string::npos);
  }
}

TEST_CASE("cli: --version is the project's") {
  std::smatch match;
  const std::string cmake = contents_of(source_folder + "/CMakeLists.txt");
  REQUIRE(std::regex_search(cmake, match, std::regex("VERSION ([0-9.]+) DESCRIPTION")));
  const std::string told = run_program({"--version"}).out;
  INFO(told);
  // With the revision of the sources, where they are under git: "+" stands for changes since.
  CHECK(std::regex_match(told, std::regex("dlac " + match[1].str() + "( \\([0-9a-f]{12}\\+?\\))?\n")));
  // Other files that tell the version.
  CHECK(contents_of(source_folder + "/CITATION.cff").find("\nversion: " + match[1].str() + "\n") != std::string::npos);
  CHECK(contents_of(source_folder + "/CHANGELOG.md").find("\n## " + match[1].str()) != std::string::npos);
}

TEST_CASE("cli: schemas are JSON Schemas") {
  for (const char* const name : {"config", "workload", "report", "technology"}) {
    const finished_program finished = run_program({"schema", name});
    INFO(std::string(name));
    CHECK(finished.exit_code == 0);
    CHECK(finished.err.empty());
    const json schema = json::parse(finished.out, nullptr, false);
    REQUIRE(schema.is_object());
    CHECK(schema["$schema"] == "https://json-schema.org/draft/2020-12/schema");
    CHECK(schema["type"] == "object");
    CHECK(schema["properties"].is_object());
    CHECK(finished.out.ends_with("}\n"));
  }
}

TEST_CASE("cli: usage mistakes are one line") {
  const workplace here;
  const std::string& w = here.workload;
  check_refused(run_program({}), "no command");
  check_refused(run_program({"rum"}), "did you mean \"run\"");
  check_refused(run_program({"--verion"}), "unknown option \"--verion\"");
  check_refused(run_program({"run"}), "no WORKLOAD");
  check_refused(run_program({"run", w, "extra"}), "an argument too many: \"extra\"");
  check_refused(run_program({"run", w, "--enigne", "fast"}), "did you mean \"--engine\"");
  check_refused(run_program({"run", w, "--eng", "fast"}), "unknown option \"--eng\"");
  check_refused(run_program({"run", w, "--engine"}), "--engine: found no value");
  check_refused(run_program({"run", w, "--engine="}), "--engine: found no value");
  check_refused(run_program({"run", w, "--values=yes"}), "--values: found a value");
  check_refused(run_program({"run", w, "--engine", "fast", "--engine", "fast"}),
                "--engine: found the option more than");
  check_refused(run_program({"run", w, "--values", "--values"}), "--values: found the option more than");
  check_refused(run_program({"run", w, "--engine", "fsat"}), "did you mean \"fast\"");
  check_refused(run_program({"run", w, "--format", "xml"}), "expected one of \"table\", \"json\" or \"csv\"");
  check_refused(
      run_program({"run", w, "--pass", "training"}),
      "dlac-fp16-inference\": /mode: found \"fp16-inference\", expected \"fp32-training\" for a training pass");
  check_refused(run_program({"run", w, "--pass", "backward"}), "--pass: found \"backward\"");
  check_refused(run_program({"run", w, "--engine", "fast", "--values"}), "--values: .* expected --engine systemc");
  check_refused(run_program({"run", w, "--layers", "conv1"}), "--layers: found \"conv1\".*did you mean \"conv.1\"");
  check_refused(run_program({"trace"}), "no info\\|check");
  check_refused(run_program({"trace", "inf", "x"}), "did you mean \"info\"");
  check_refused(run_program({"trace", "info"}), "no FILE");
  check_refused(run_program({"trace", "info", "x", "--workload", w}), "--workload: found trace info");
  check_refused(run_program({"trace", "check", "x", "--pass", "training"}), "--pass: found no --workload");
  check_refused(run_program({"schema"}), "no config\\|workload\\|sweep\\|report");
  check_refused(run_program({"schema", "reprot"}), "did you mean \"report\"");
}

TEST_CASE("cli: the three formats of one run, on standard output") {
  const workplace here;
  const finished_program table = run_program({"run", here.workload});
  CHECK(table.exit_code == 0);
  CHECK(table.err.empty());
  CHECK(table.out.find("\nengine      fast\n") != std::string::npos);

  const finished_program text = run_program({"run", here.workload, "--format", "json", "--engine", "fast"});
  const json report = json::parse(text.out, nullptr, false);
  REQUIRE(report.is_object());
  CHECK(report["schema"] == "dlac-report/1");
  CHECK(report["layers"].size() == 2);
  CHECK(report["layers"][1]["m"] == 1);
  CHECK(report["config"]["name"] == "dlac-fp16-inference");

  const finished_program csv = run_program({"run", here.workload, "--format", "csv"});
  CHECK(csv.out.starts_with("name,pass,block,"));
  CHECK(std::count(csv.out.begin(), csv.out.end(), '\n') == 3);
}

TEST_CASE("cli: both engines and every repetition give the same report") {
  const workplace here;
  const auto report = [&](const char* engine) {
    const std::string text = run_program({"run", here.workload, "--format=json", "--engine", engine}).out;
    CHECK(json::parse(text)["engine"] == engine);
    return same_part(text);
  };
  CHECK(report("systemc") == report("fast"));
  CHECK(run_program({"run", here.workload, "--format=json"}).out ==
        run_program({"run", here.workload, "--format=json"}).out);
}

TEST_CASE("cli: options change what is run") {
  const workplace here;
  const finished_program finished =
      run_program({"--layers", "f?", "--set", "grid.rows=4", "--set", "name=mine", "--values", here.workload,
                   "--format", "json", "--config", source_folder + "/configs/dlac-fp32-training.json"});
  CHECK(finished.exit_code == 2);  // a command comes first
  std::vector<std::string> words = {"run",
                                    "--layers",
                                    "f?",
                                    "--set",
                                    "grid.rows=4",
                                    "--set",
                                    "name=mine",
                                    here.workload,
                                    "--format",
                                    "json",
                                    "--values",
                                    "--config",
                                    source_folder + "/configs/dlac-fp32-training.json"};
  const json report = json::parse(run_program(words).out, nullptr, false);
  REQUIRE(report.is_object());
  CHECK(report["layers"].size() == 1);
  CHECK(report["layers"][0]["name"] == "fc");
  CHECK(report["config"]["grid"]["rows"] == 4);
  CHECK(report["config"]["name"] == "mine");
  CHECK(report["config"]["mode"] == "fp32-training");
}

TEST_CASE("cli: no file of the current folder takes the place of the default config") {
  const workplace here;
  const surroundings there{.folder = here.folder.path("")};
  const std::string table = run_program({"run", here.workload}, there).out;
  CHECK(!table.empty());
  std::filesystem::create_directory(here.folder.path("configs"));
  static_cast<void>(here.folder.file("configs/dlac-fp16-inference.json", "{}"));
  static_cast<void>(here.folder.file("dlac-fp16-inference", "{}"));
  CHECK(run_program({"run", here.workload}, there).out == table);
}

TEST_CASE("cli: --out writes files, and the table to standard output") {
  const workplace here;
  const std::string table = run_program({"run", here.workload}).out;
  const auto files = [&](const std::string& folder, const std::vector<std::string>& options) {
    std::vector<std::string> words = {"run", here.workload, "--out", here.folder.path(folder)};
    words.insert(words.end(), options.begin(), options.end());
    const finished_program finished = run_program(words);
    CHECK(finished.exit_code == 0);
    CHECK(finished.out == table);
    std::vector<std::string> names;
    for (const auto& entry : std::filesystem::directory_iterator(here.folder.path(folder))) {
      names.push_back(entry.path().filename().string());
    }
    std::sort(names.begin(), names.end());
    return names;
  };
  using names = std::vector<std::string>;
  CHECK(files("all/of it", {}) == names{"report.csv", "report.json"});
  CHECK(files("json", {"--format", "json"}) == names{"report.json"});
  CHECK(files("csv", {"--format", "csv"}) == names{"report.csv"});
  CHECK(without_command(contents_of(here.folder.path("json/report.json"))) ==
        without_command(run_program({"run", here.workload, "--format", "json"}).out));
  CHECK(contents_of(here.folder.path("all/of it/report.csv")) ==
        run_program({"run", here.workload, "--format", "csv"}).out);
}

TEST_CASE("cli: a report tells its command, version, settings and the trace it read") {
  const auto report_of = [](const std::vector<std::string>& words) {
    const finished_program finished = run_program(words);
    INFO(finished.err);
    REQUIRE(finished.exit_code == 0);
    return json::parse(finished.out);
  };
  const workplace here;
  const json synthetic = report_of({"run", here.workload, "--format", "json"});
  CHECK(synthetic["command"] == "dlac run " + here.workload + " --format json");
  const std::string printed = run_program({"--version"}).out;  // with the revision of the sources behind it
  const std::string told = "dlac " + synthetic["version"].get<std::string>();
  CHECK((printed == told + "\n" || printed.starts_with(told + " (")));
  CHECK(synthetic["timing_rules"] == 1);
  CHECK(synthetic["settings"] == json::array());
  CHECK(synthetic["trace_hash"].is_null());

  const std::string copy =
      here.folder.file("copy.safetensors", contents_of(source_folder + "/traces/resnet34-inference.safetensors"));
  const json traced = report_of({"run", "workloads/resnet34.json", "--layers", "fc", "--format", "json"});
  const json same = report_of({"run", "workloads/resnet34.json", "--layers", "f?", "--trace", copy, "--set",
                               R"(mapping={"block":[1,1]})", "--format", "json"});
  CHECK(traced["trace_hash"] == "fd1680b402f60df5f1e3ab399b3cc8d9");  // xxhsum -H2
  CHECK(same["trace_hash"] == traced["trace_hash"]);
  CHECK(same["command"] == "dlac run workloads/resnet34.json --layers 'f?' --trace " + copy +
                               " --set 'mapping={\"block\":[1,1]}' --format json");
  CHECK(same["settings"] == json::array({R"(mapping={"block":[1,1]})"}));

  // Other contents, another hash: one byte of a tensor that nobody reads.
  std::string bytes = contents_of(copy);
  bytes.back() = static_cast<char>(bytes.back() ^ 1);
  const std::string changed = here.folder.file("changed.safetensors", bytes);
  CHECK(report_of({"run", "workloads/resnet34.json", "--layers", "conv1", "--trace", changed, "--format",
                   "json"})["trace_hash"] != traced["trace_hash"]);
}

TEST_CASE("cli: a config that was changed by --set is marked, in every output that names it") {
  const workplace here;
  const std::string set = "dlac-fp16-inference with grid.rows=4, skip=none, ";
  const std::vector<std::string> options = {"--set", "grid.rows=4", "--set", "skip=none"};
  const auto with_options = [&](std::vector<std::string> words) {
    words.insert(words.end(), options.begin(), options.end());
    return run_program(words);
  };
  CHECK(with_options({"run", here.workload}).out.find("\nmachine     " + set) != std::string::npos);
  CHECK(with_options({"area"}).out.find("\nmachine     " + set) != std::string::npos);
  CHECK(json::parse(with_options({"area", "--format", "json"}).out)["settings"] ==
        json::array({"grid.rows=4", "skip=none"}));
  CHECK(with_options({"run", here.workload, "--export", "accelergy", here.folder.path("export")}).exit_code == 0);
  CHECK(contents_of(here.folder.path("export/README.txt")).find("dlac-fp16-inference with grid.rows=4, skip=none\n") !=
        std::string::npos);
  CHECK(run_program({"run", here.workload}).out.find("\nmachine     dlac-fp16-inference, ") != std::string::npos);
}

TEST_CASE("cli: an operand of zeros alone is noted") {
  const temporary_folder folder;
  const std::string workload = folder.file("zeros.json", R"({ "name": "zeros", "layers": [
    { "name": "c", "type": "conv2d", "in_channels": 64, "out_channels": 64, "input_size": [28, 28], "kernel": [3, 3],
      "operands": { "activations": { "source": "synthetic", "density": 0 } } } ] })");
  CHECK(run_program({"run", workload}).out.find("\nnote        c: all activations are zero: ") != std::string::npos);
  const json report = json::parse(run_program({"run", workload, "--format", "json"}).out);
  CHECK(report["layers"][0]["share_of_peak"] > 4);  // what it would be taken for
  CHECK(report["layers"][0]["notes"].size() == 1);
}

TEST_CASE("cli: explain lists, explains and refuses") {
  const finished_program list = run_program({"explain"});
  CHECK(list.exit_code == 0);
  CHECK(list.out.find("\nSpeed\n  flop_per_cycle ") != std::string::npos);
  const finished_program one = run_program({"explain", "share_of_peak"});
  CHECK(one.exit_code == 0);
  CHECK(one.out.starts_with("share_of_peak\n  "));
  CHECK(one.out.find("\n  rule     docs/cycle-contract.md, \"9. Where the cycles go\"\n") != std::string::npos);
  CHECK(run_program({"explain", "totals.latency_ms"}).out.find("latency_ms\n") == 0);
  const std::string parts = run_program({"explain", "energy_pj.*"}).out;
  CHECK(std::count(parts.begin(), parts.end(), '\n') > 50);
  check_refused(run_program({"explain", "share_of_peek"}), "did you mean \"share_of_peak\"");
  check_refused(run_program({"explain", "cycles", "tiles"}), "an argument too many: \"tiles\"");
  check_refused(run_program({"explain", "--format", "html"}), "expected one of \"text\" or \"markdown\"");
  check_refused(run_program({"explain", "cycles", "--format", "markdown"}), "no METRIC");
}

TEST_CASE("cli: explain knows every column and every line of the tables that runs print") {
  for (const std::vector<std::string>& words : {std::vector<std::string>{"run", "workloads/lenet.json"},
                                                {"run", "workloads/lenet.json", "--set", "memory=null"},
                                                {"run", "workloads/resnet34-training.json", "--pass", "training",
                                                 "--layers", "fc", "--config", "configs/dlac-fp32-training.json"},
                                                {"run", "workloads/resnet34-training.json", "--pass", "training",
                                                 "--layers", "fc", "--config", "configs/paper-fp32-training.json"}}) {
    std::istringstream lines(run_program(words).out);
    std::vector<std::string> shown;
    bool is_below = false;  // the layers and the legend
    for (std::string line; std::getline(lines, line);) {
      is_below = is_below || line.starts_with("machine ");
      std::istringstream cells(is_below ? line.substr(0, 12) : line.starts_with("layer ") ? line : "");
      for (std::string cell; cells >> cell;) {
        shown.push_back(cell);
      }
    }
    CHECK(shown.size() > 25);
    for (const std::string& word : shown) {
      INFO(word);
      CHECK(run_program({"explain", word}).exit_code == 0);
    }
  }
}

TEST_CASE("cli: a full disk under standard output is an error") {
  const workplace here;
  for (const std::vector<std::string>& words :
       {std::vector<std::string>{"run", here.workload}, {"schema", "report"}, {"--help"}, {"--version"}}) {
    const finished_program finished = run_program(words, {.folder = source_folder, .out = "/dev/full"});
    CHECK(finished.exit_code == 1);
    CHECK(finished.err == "dlac: error: cannot write to standard output: No space left on device\n");
  }
}

TEST_CASE("cli: Ctrl-C ends a run after the layer at work, and keeps the finished ones") {
  std::string layers;
  constexpr int count = 2000;
  for (int i = 0; i < count; ++i) {
    layers += fmt::format(R"({}{{"name": "fc{}", "type": "linear", "in_features": 4096, "out_features": 4096}})",
                          i == 0 ? "" : ",", i);
  }
  const temporary_folder folder;
  const std::string workload = folder.file("long.json", fmt::format(R"({{"name": "long", "layers": [{}]}})", layers));
  // The folder is made when the run begins; interrupted before its first layer is done, it writes no report.
  running_program program({"run", workload, "--out", folder.path("out"), "--format", "json"});
  for (int i = 0; i < 10'000 && !std::filesystem::exists(folder.path("out")); ++i) {
    ::usleep(1000);
  }
  ::usleep(300'000);
  ::kill(program.process(), SIGINT);
  const finished_program finished = program.wait();
  INFO(finished.err);
  CHECK(finished.exit_code == 130);
  std::smatch match;
  REQUIRE(std::regex_match(finished.err, match, std::regex("dlac: interrupted: ([0-9]+) of 2000 layers\n")));
  const json report = json::parse(contents_of(folder.path("out/report.json")), nullptr, false);
  CHECK((report.is_object() ? report["layers"].size() : 0) == std::stoul(match[1]));
}

}  // namespace
}  // namespace dlac::test
