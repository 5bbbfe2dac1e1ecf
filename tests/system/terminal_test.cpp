// What people see: tables as wide as their terminal, names that cannot play tricks, inputs that are something else.

#include <doctest/doctest.h>
#include <fmt/format.h>
#include <pty.h>
#include <sys/ioctl.h>

#include <cstdlib>
#include <nlohmann/json.hpp>
#include <regex>
#include <set>

#include "sim/text/text_table.h"
#include "tests/system/run_program.h"

namespace dlac::test {
namespace {

using nlohmann::json;
using words = std::vector<std::string>;

constexpr const char* small_network =
    R"({"name": "net", "layers": [{"name": "fc", "type": "linear", "in_features": 16, "out_features": 4}]})";

/// A sweep of two points, by absolute paths.
json small_sweep() {
  return {{"name", "small"},
          {"config", source_folder + "/configs/dlac-fp16-inference.json"},
          {"workload", source_folder + "/workloads/lenet.json"},
          {"axes", json::array({{{"key", "grid.rows"}, {"values", {4, 8}}}})}};
}

/// What the program writes on a terminal of that many columns, both streams; `environment` may set COLUMNS.
std::string on_terminal(const words& arguments, unsigned short columns, const words& environment = {}) {
  winsize size{};
  size.ws_row = 24;
  size.ws_col = columns;
  int terminal = -1;
  const pid_t child = ::forkpty(&terminal, nullptr, nullptr, &size);
  REQUIRE(child >= 0);
  if (child == 0) {
    static_cast<void>(::chdir(source_folder.c_str()));
    ::unsetenv("COLUMNS");
    for (const std::string& variable : environment) {
      ::putenv(const_cast<char*>(variable.c_str()));
    }
    std::vector<char*> argv = {const_cast<char*>(DLAC_EXECUTABLE)};
    for (const std::string& word : arguments) {
      argv.push_back(const_cast<char*>(word.c_str()));
    }
    argv.push_back(nullptr);
    ::execv(DLAC_EXECUTABLE, argv.data());
    ::_exit(127);
  }
  std::string output;
  std::vector<char> buffer(4096);
  for (ssize_t count = 1; count > 0;) {
    count = ::read(terminal, buffer.data(), buffer.size());
    output.append(buffer.data(), static_cast<std::size_t>(std::max<ssize_t>(count, 0)));
  }
  ::close(terminal);
  int status = 0;
  ::waitpid(child, &status, 0);
  CHECK(WIFEXITED(status));
  // Without the progress line and the carriage returns that the terminal adds.
  return std::regex_replace(output, std::regex("\r\x1b\\[K(\\[[^\r\n]*)?|\r"), "");
}

std::size_t widest_line(const std::string& text) {
  std::size_t widest = 0;
  std::istringstream lines(text);
  for (std::string line; std::getline(lines, line);) {
    widest = std::max(widest, character_count(line));
  }
  return widest;
}

std::multiset<std::string> numbers_in(const std::string& text) {
  std::multiset<std::string> numbers;
  const std::regex number("[0-9][0-9.x]*");
  for (std::sregex_iterator found(text.begin(), text.end(), number), end; found != end; ++found) {
    numbers.insert(found->str());
  }
  return numbers;
}

}  // namespace

TEST_CASE("terminal: tables are as wide as it is, and lose nothing") {
  const temporary_folder folder;
  const std::string sweep = folder.file("sweep.json", small_sweep().dump());
  REQUIRE(run_program({"sweep", sweep, "--out", folder.path("sweep")}).exit_code == 0);
  for (const words& command : {words{"run", "workloads/resnet34.json", "--layers", "layer4*"}, words{"area"},
                               words{"ops", "workloads/resnet20.json"}, words{"sweep", "show", folder.path("sweep")},
                               words{"trace", "info", "traces/resnet34-inference.safetensors"}}) {
    INFO(command.front());
    const std::string file = run_program(command).out;
    const std::string wide = on_terminal(command, 160);
    if (widest_line(file) <= 120) {
      CHECK(widest_line(wide) <= 160);
    }
    for (const unsigned short columns : std::initializer_list<unsigned short>{80, 100}) {
      const std::string shown = on_terminal(command, columns);
      CHECK(widest_line(shown) <= columns);
      if (command.front() == "run") {
        CHECK(numbers_in(shown).size() >= numbers_in(file).size());
        for (const std::string& number : numbers_in(file)) {
          CHECK(numbers_in(shown).count(number) > 0);
        }
      }
    }
  }
}

TEST_CASE("terminal: COLUMNS goes before what it says, and neither counts elsewhere") {
  const words command = {"run", "workloads/resnet34.json", "--layers", "layer4*"};
  CHECK(on_terminal(command, 80, {"COLUMNS=100"}) == on_terminal(command, 100));
  CHECK(on_terminal(command, 100, {"COLUMNS=x"}) == on_terminal(command, 100));
  CHECK(on_terminal(command, 0) == on_terminal(command, 120));
  const std::string file = run_program(command).out;
  ::setenv("COLUMNS", "40", 1);
  CHECK(run_program(command).out == file);
  ::unsetenv("COLUMNS");
}

TEST_CASE("terminal: no line of a report is cut in the middle") {
  for (const words& command : {words{"run", "workloads/resnet34.json"},
                               words{"run", "workloads/resnet34-training.json", "--pass", "training", "--config",
                                     "configs/dlac-fp32-training.json"},
                               words{"area"}}) {
    const std::string file = run_program(command).out;
    CHECK(file.find("…") == std::string::npos);
    CHECK(widest_line(file) <= 120);
  }
}

TEST_CASE("terminal: names cannot move the cursor, turn the text or hide") {
  const temporary_folder folder;
  const std::string bidi = "a\u202eb\u2066c\u200ed\u061ce\u200bf\ufeffg";
  json network = json::parse(small_network);
  network["name"] = bidi;
  network["layers"][0]["name"] = bidi;
  const std::string path = folder.file("w\u202e.json", network.dump());
  const std::string shown = "a\\u{202e}b\\u{2066}c\\u{200e}d\\u{61c}e\\u{200b}f\\u{feff}g";
  const auto check_safe = [](const finished_program& finished) {
    for (const std::string& text : {finished.out, finished.err}) {
      CHECK(text.find("\u202e") == std::string::npos);
      CHECK(text.find("\u200b") == std::string::npos);
      CHECK(text.find("\x1b[31") == std::string::npos);
      CHECK(text.find('\xff') == std::string::npos);
    }
  };
  const auto table = run_program({"run", path});
  check_safe(table);
  CHECK(table.out.find("\na\\u{202e}") != std::string::npos);
  CHECK(table.out.find("workload    " + shown) != std::string::npos);
  check_safe(run_program({"ops", path}));
  const auto unmatched = run_program({"run", path, "--layers", "x\x1b[31m"});
  check_safe(unmatched);
  CHECK(unmatched.err.find("w\\u{202e}.json") != std::string::npos);
  check_safe(run_program({"run", folder.path("none\u202e\xff")}));
  check_safe(run_program({"b\u202e"}));
  check_safe(run_program({"run", path, "--engine", "f\u200bast"}));
  check_safe(run_program({"run", path, "--set", "name=\u202e", "--set", "grid.rows=2"}));
  check_safe(run_program({"run", path, "--trace", folder.path("t\u202e")}));
  const std::string sweep =
      folder.file("s.json", json{{"name", bidi},
                                 {"config", source_folder + "/configs/dlac-fp16-inference.json"},
                                 {"workload", path},
                                 {"axes", json::array({{{"key", "grid.rows"}, {"values", {4, 8}}},
                                                       {{"key", "name"}, {"values", {"m\u202e", "n"}}}})}}
                                .dump());
  check_safe(run_program({"sweep", sweep, "--out", folder.path("o\u202e")}));
  check_safe(run_program({"sweep", "show", folder.path("o\u202e")}));
  // JSON and CSV are for programs: names are as they are.
  CHECK(json::parse(run_program({"run", path, "--format", "json"}).out)["workload"]["name"] == bidi);
}

TEST_CASE("csv: text that a spreadsheet would compute is made harmless, numbers are not touched") {
  const temporary_folder folder;
  json network = json::parse(small_network);
  network["layers"][0]["name"] = "=HYPERLINK(\"x\")";
  const std::string path = folder.file("w.json", network.dump());
  const std::string csv = run_program({"run", path, "--format", "csv"}).out;
  CHECK(csv.find("\n\"'=HYPERLINK(\"\"x\"\")\",") != std::string::npos);
  CHECK(json::parse(run_program({"run", path, "--format", "json"}).out)["layers"][0]["name"] == "=HYPERLINK(\"x\")");
  const std::string sweep =
      folder.file("s.json", json{{"name", "s"},
                                 {"config", source_folder + "/configs/dlac-fp16-inference.json"},
                                 {"workload", path},
                                 {"axes", json::array({{{"key", "name"}, {"values", {"@SUM(1)", "-2+3"}}}})}}
                                .dump());
  REQUIRE(run_program({"sweep", sweep, "--out", folder.path("out")}).exit_code == 0);
  const std::string results = contents_of(folder.path("out/results.csv"));
  CHECK(results.find("\n0,'@SUM(1),ok,") != std::string::npos);
  CHECK(results.find("\n1,'-2+3,ok,") != std::string::npos);
}

TEST_CASE("input: what is given in the place of another file is called by its name") {
  const temporary_folder folder;
  const std::string workload = folder.file("net.json", small_network);
  const std::string zip = folder.file("x.npz", std::string("PK\x03\x04", 4) + std::string(100, 'x'));
  const std::string npy = folder.file("x.npy", "\x93NUMPY" + std::string(100, 'x'));
  const auto message = [](const words& command) {
    const auto finished = run_program(command);
    CHECK(finished.exit_code == 2);
    CHECK(std::count(finished.err.begin(), finished.err.end(), '\n') == 1);
    return finished.err;
  };
  const auto has = [](const std::string& text, const std::string& piece) {
    INFO(text);
    CHECK(text.find(piece) != std::string::npos);
  };
  for (const words& command :
       {words{"run", "traces/resnet34-inference.safetensors"}, words{"ops", "traces/resnet34-inference.safetensors"},
        words{"run", workload, "--config", "traces/resnet34-inference.safetensors"}}) {
    has(message(command), "found a safetensors file, expected a JSON file");
    has(message(command), "dlac trace info");
  }
  has(message({"run", zip}), "found a zip archive, such as .npz or .pt");
  has(message({"run", workload, "--trace", zip}),
      "found a zip archive, such as .npz or .pt, expected a safetensors file; "
      "README.md");
  has(message({"trace", "check", npy}), "found a NumPy array (.npy), expected a safetensors file");
  has(message({"run", workload, "--trace", workload}), "found a JSON file, expected a safetensors file");
}

TEST_CASE("options: values are guessed at, globs add up, pictures are SVG, - is standard input") {
  const temporary_folder folder;
  const auto message = [](const words& command) { return run_program(command).err; };
  CHECK(message({"run", "workloads/lenet.json", "--engine", "fsat"}).find("did you mean \"fast\"?") !=
        std::string::npos);
  CHECK(message({"run", "workloads/lenet.json", "--format", "jsno"}).find("did you mean \"json\"?") !=
        std::string::npos);
  CHECK(message({"schema", "workloads"}).find("did you mean \"workload\"?") != std::string::npos);
  CHECK(message({"sweep", "configs/sweeps/skip-modes.json", "--executor", "slrum"}).find("did you mean \"slurm\"?") !=
        std::string::npos);

  const auto layers = [](const words& globs) {
    words command = {"run", "workloads/resnet34.json", "--format", "json"};
    for (const std::string& glob : globs) {
      command.insert(command.end(), {"--layers", glob});
    }
    const json report = json::parse(run_program(command).out);
    words names;
    for (const json& layer : report["layers"]) {
      names.push_back(layer["name"]);
    }
    return names;
  };
  CHECK(layers({"fc", "layer4.0.conv*", "layer4.0.conv1"}) == words{"layer4.0.conv1", "layer4.0.conv2", "fc"});
  const auto unmatched = run_program({"run", "workloads/resnet34.json", "--layers", "fc", "--layers", "layer9"});
  CHECK(unmatched.exit_code == 2);
  CHECK(unmatched.err.find("\"layer9\"") != std::string::npos);

  const std::string sweep = folder.file("sweep.json", small_sweep().dump());
  REQUIRE(run_program({"sweep", sweep, "--out", folder.path("sweep")}).exit_code == 0);
  const auto plot = run_program({"sweep", "show", folder.path("sweep"), "--plot", folder.path("x.png")});
  CHECK(plot.exit_code == 2);
  CHECK(plot.err.find(".svg") != std::string::npos);
  CHECK(std::count(plot.err.begin(), plot.err.end(), '\n') == 1);
  CHECK(!std::filesystem::exists(folder.path("x.png")));
}

TEST_CASE("input: - is the standard input, once") {
  const temporary_folder folder;
  const auto piped = [&](const std::string& file, const std::string& arguments) {
    const std::string out = folder.path("out.txt");
    const std::string command =
        fmt::format("cd '{}' && '{}' {} < '{}' > '{}' 2>&1", source_folder, DLAC_EXECUTABLE, arguments, file, out);
    const int status = std::system(command.c_str());
    return finished_program{.exit_code = WEXITSTATUS(status), .out = contents_of(out), .err = "", .progress = ""};
  };
  const std::string workload = "workloads/lenet.json";
  const std::string config = "configs/dlac-fp16-inference.json";
  const std::string table = without_files(run_program({"run", workload}).out);
  CHECK(without_files(piped(workload, "run -").out) == table);
  CHECK(without_files(piped(config, "run workloads/lenet.json --config -").out) == table);
  CHECK(piped(workload, "ops -").out == run_program({"ops", workload}).out);
  const auto twice = piped(config, "run - --config -");
  CHECK(twice.exit_code == 2);
  CHECK(twice.out.find("standard input: found nothing left: it was read before") != std::string::npos);
  const std::string sweep = folder.file("sweep.json", small_sweep().dump());
  CHECK(piped(sweep, fmt::format("sweep - --out '{}'", folder.path("results"))).exit_code == 0);
  const auto broken = piped(folder.file("broken.json", "{"), "run -");
  CHECK(broken.exit_code == 2);
  CHECK(broken.out.starts_with("dlac: error: standard input: line 1"));
}

TEST_CASE("json: any object may have a $schema and a comment, and neither is echoed") {
  const temporary_folder folder;
  // Into every object of a file.
  const std::function<void(json&)> remark = [&](json& value) {
    for (json& member : value) {
      if (member.is_structured()) {
        remark(member);
      }
    }
    if (value.is_object()) {
      value["$schema"] = "https://example.org/schema.json";
      value["comment"] = json::array({"why", "this"});
    }
  };
  const auto remarked = [&](const std::string& file, const std::string& name) {
    json value = json::parse(contents_of(source_folder + "/" + file));
    remark(value);
    return folder.file(name, value.dump());
  };
  const std::string workload = remarked("workloads/lenet.json", "net.json");
  const std::string config = remarked("configs/dlac-fp16-inference.json", "config.json");
  const std::string technology = remarked("models/technology/14nm.json", "technology.json");
  const std::string figures = remarked("models/validation/figures.json", "figures.json");
  std::filesystem::create_directory_symlink(source_folder + "/traces", folder.path("traces"));
  const words command = {"run", workload, "--config", config, "--format", "json"};
  const auto report = run_program(command);
  INFO(report.err);
  CHECK(report.exit_code == 0);
  CHECK(report.out.find("comment") == std::string::npos);
  CHECK(report.out.find("$schema") == std::string::npos);
  CHECK(run_program({"area", "--set", "technology=" + technology}).exit_code == 0);
  CHECK(run_program({"area", "--config", config, "--set", "comment=x", "--set", "grid.comment=y"}).exit_code == 0);
  json sweep = small_sweep();
  sweep["config"] = config;
  sweep["workload"] = workload;
  remark(sweep);
  const auto swept = run_program({"sweep", folder.file("sweep.json", sweep.dump()), "--out", folder.path("out")});
  INFO(swept.err);
  CHECK(swept.exit_code == 0);
  CHECK(run_program({"validate", "--figures", figures, "--jobs", "2"}).exit_code == 0);
  for (const std::string name : {"config", "workload", "sweep", "technology"}) {
    const json schema = json::parse(run_program({"schema", name}).out);
    const std::function<void(const json&)> check = [&](const json& value) {
      if (value.is_object() && value.contains("additionalProperties") && value["additionalProperties"] == false) {
        CHECK(value["properties"].contains("$schema"));
        CHECK(value["properties"].contains("comment"));
      }
      for (const json& member : value) {
        if (member.is_structured()) {
          check(member);
        }
      }
    };
    check(schema);
  }
}

}  // namespace dlac::test
