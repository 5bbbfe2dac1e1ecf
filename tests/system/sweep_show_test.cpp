// What a sweep leaves and shows: partial results that say so, layers, expressions over results, and nothing at all
// where a command fails.

#include <doctest/doctest.h>

#include <algorithm>
#include <chrono>
#include <cstdlib>
#include <filesystem>
#include <nlohmann/json.hpp>
#include <sstream>
#include <string>
#include <vector>

#include "tests/system/run_program.h"
#include "tests/system/sweep_runs.h"

namespace dlac::test {
namespace {

using json = nlohmann::json;
namespace fs = std::filesystem;

/// 12 points of about a millisecond.
json grid_sweep(const json& keys = json::object()) {
  json sweep = {
      {"name", "grids"},
      {"config", source_folder + "/configs/dlac-fp16-inference.json"},
      {"workload", source_folder + "/workloads/lenet.json"},
      {"axes",
       {{{"zip", {{{"key", "grid.rows"}, {"values", {2, 2, 4, 4}}}, {{"key", "grid.cols"}, {"values", {2, 4, 4, 8}}}}}},
        {{"key", "pe.operand_queue_depth"}, {"values", {1, 2, 4}}}}}};
  sweep.update(keys);
  return sweep;
}

bool holds(const std::string& text, const std::string& part) {
  return text.find(part) != std::string::npos;
}

finished_program checked(const std::vector<std::string>& arguments) {
  auto done = run_program(arguments);
  CHECK(done.err == "");
  CHECK(done.exit_code == 0);
  return done;
}

std::vector<std::string> lines_of(const std::string& text) {
  std::vector<std::string> lines;
  std::istringstream stream(text);
  for (std::string line; std::getline(stream, line);) {
    lines.push_back(line);
  }
  return lines;
}

TEST_CASE("a shard is a part, and says so wherever it is shown") {
  const temporary_folder folder;
  const auto sweep = folder.file("s.json", grid_sweep().dump());
  const auto part = folder.path("part");
  const auto run = checked({"sweep", sweep, "--out", part, "--shard", "1/3"});
  CHECK(run.out.starts_with("grids: 4 of 12 points, 4 of them run now\nshard 1/3: 4 of its 4 points\n"));
  CHECK(lines_of(contents_of(part + "/results.csv")).back().starts_with(",,,,partial,4 of 12 points,,,"));
  const auto csv = lines_of(contents_of(part + "/results.csv"));
  CHECK(std::count(csv.back().begin(), csv.back().end(), ',') == std::count(csv[0].begin(), csv[0].end(), ','));
  CHECK(json::parse(lines_of(contents_of(part + "/results.jsonl")).back()) ==
        json{{"point", nullptr}, {"status", "partial"}, {"error", "4 of 12 points"}});
  const auto picture = folder.path("p.svg");
  CHECK(checked({"sweep", "show", part, "--plot", picture}).out.ends_with("\npartial: 4 of 12 points\n"));
  CHECK(holds(contents_of(picture), "(4 of 12 points)"));
  checked({"sweep", "show", part, "--pareto", "totals.cycles,totals.area_mm2.total", "--plot", picture});
  CHECK(holds(contents_of(picture), "(4 of 12 points)"));
  CHECK(checked({"sweep", "gather", folder.path("g"), part})
            .out.starts_with("4 of 12 points\npartial: 4 of 12 points\n"));

  checked({"sweep", sweep, "--out", part, "--shard", "0/3", "--resume"});
  const auto whole = checked({"sweep", sweep, "--out", part, "--shard", "2/3", "--resume"});
  CHECK(whole.out.starts_with("grids: 12 of 12 points, 4 of them run now\nshard 2/3: 4 of its 4 points\n"));
  CHECK_FALSE(holds(contents_of(part + "/results.csv"), "partial"));
  CHECK_FALSE(holds(checked({"sweep", "show", part, "--plot", picture}).out, "partial"));
  CHECK_FALSE(holds(contents_of(picture), "of 12 points"));
  CHECK(checked({"sweep", "gather", folder.path("g"), part}).out.starts_with("12 of 12 points\n" + folder.path("g")));
}

TEST_CASE("zipped keys are one axis of a picture") {
  const temporary_folder folder;
  const auto out = folder.path("out");
  const auto picture = folder.path("p.svg");
  checked({"sweep", folder.file("s.json", grid_sweep().dump()), "--out", out});
  checked({"sweep", "show", out, "--by", "totals.cycles", "--plot", picture});
  CHECK(holds(contents_of(picture), ">grid.rows / grid.cols<"));
  CHECK(holds(contents_of(picture), ">4 / 8<"));
}

TEST_CASE("show --where: axes and results") {
  const temporary_folder folder;
  const auto out = folder.path("out");
  const auto picture = folder.path("p.svg");
  checked({"sweep", folder.file("s.json", grid_sweep().dump()), "--out", out});
  const auto rows = [&](const std::string& where) {
    return lines_of(checked({"sweep", "show", out, "--top", "99", "--where", where, "--plot", picture}).out).size() - 1;
  };
  CHECK(rows("grid.rows == 4") == 6);
  CHECK(rows("grid.rows == 4 && pe.operand_queue_depth > 1 && totals.cycles > 0") == 4);
  CHECK(holds(contents_of(picture), "(where grid.rows == 4 &amp;&amp; "));
  std::size_t small = 0;
  for (const auto& line : lines_of(contents_of(out + "/results.jsonl"))) {
    small += json::parse(line)["totals"]["area_mm2"]["total"].get<double>() < 0.25 ? 1 : 0;
  }
  CHECK(small > 0);
  CHECK(small < 12);
  CHECK(rows("totals.area_mm2.total < 0.25 && pe.operand_queue_depth != 0") == small);
  const auto mistake = [&](const std::string& where) {
    const auto shown = run_program({"sweep", "show", out, "--where", where});
    CHECK(shown.exit_code == 2);
    CHECK(shown.out == "");
    return shown.err;
  };
  CHECK(
      holds(mistake("totals.cycle > 1"), "--where: found \"totals.cycle\", expected an axis of numbers, or a number"));
  CHECK(holds(mistake("totals.cycle > 1"), "did you mean \"totals.cycles\"?"));
  CHECK(holds(mistake("grid.rows >"), "--where: found \"grid.rows >\", which ends too early, expected an expression"));
  CHECK(
      holds(mistake("1 2"), "--where: found \"1 2\", with an unexpected \"2\" at character 3, expected an expression"));
  CHECK(holds(mistake(" "), "--where: found an empty expression, expected an expression"));
  CHECK(holds(mistake("(1"), "with a parenthesis that is not closed"));
  CHECK(holds(mistake("sin(1, 2)"), "with too many arguments of \"sin\""));
  CHECK(holds(mistake("grid.rows, 0"),
              "--where: found \"grid.rows, 0\", which has several values, expected an expression"));
  CHECK(rows("true") == 12);
  CHECK(rows("grid.rows == 4 || false") == 6);
  CHECK(holds(mistake("1 ? 2"), "with a \"?\" that no \":\" follows"));
  CHECK(holds(mistake("grid.rows = 4"), "--where: found an assignment"));

  const auto nothing = run_program({"sweep", "show", out, "--where", "grid.rows > 100"});
  CHECK(nothing.exit_code == 0);
  CHECK(nothing.out == "none of 12 points: grid.rows > 100\n");
  CHECK(nothing.err == "");
  // Without a value where grid.rows is 4.
  const auto some = run_program({"sweep", "show", out, "--where", "1 / (grid.rows - 4)", "--top", "99"});
  CHECK(lines_of(some.out).size() - 1 == 6);
  CHECK(some.err == "dlac: note: --where has no value at 6 of 12 points: they are left out\n");
  CHECK(run_program({"sweep", "show", out, "--top", "0"}).err ==
        "dlac: error: --top: found \"0\", expected a number of points, at least 1\n");
}

TEST_CASE("where of a sweep file knows the area, and of the results nothing else") {
  const temporary_folder folder;
  const auto all = folder.path("all");
  const auto some = folder.path("some");
  checked({"sweep", folder.file("all.json", grid_sweep().dump()), "--out", all});
  const json keys = {{"where", "totals.area_mm2.total < 0.25 && totals.area_mm2.fma_units > 0"}};
  checked({"sweep", folder.file("some.json", grid_sweep(keys).dump()), "--out", some});
  std::vector<json> wanted;
  for (const auto& line : lines_of(contents_of(all + "/results.jsonl"))) {
    if (const auto point = json::parse(line); point["totals"]["area_mm2"]["total"].get<double>() < 0.25) {
      wanted.push_back(point["axes"]);
    }
  }
  std::vector<json> found;
  for (const auto& line : lines_of(contents_of(some + "/results.jsonl"))) {
    found.push_back(json::parse(line)["axes"]);
  }
  CHECK(found == wanted);
  CHECK_FALSE(found.empty());
  const auto later = run_program(
      {"sweep", folder.file("l.json", grid_sweep({{"where", "totals.cycles < 9"}}).dump()), "--out", folder.path("l")});
  CHECK(later.exit_code == 2);
  CHECK(holds(later.err,
              "/where: found \"totals.cycles\", expected a numeric key of the config, an axis, or one of "
              "totals.area_mm2.*, the results that are known before a run"));
}

TEST_CASE("layers.csv: a line per point, layer and pass, in the columns of a report") {
  const temporary_folder folder;
  const auto out = folder.path("out");
  const auto sweep = grid_sweep({{"per_layer", true}, {"layers", "conv*"}});
  CHECK(holds(checked({"sweep", folder.file("s.json", sweep.dump()), "--out", out}).out, out + "/layers.csv\n"));
  const auto lines = lines_of(contents_of(out + "/layers.csv"));
  const auto report = lines_of(checked({"run", "workloads/lenet.json", "--layers", "conv*", "--set", "grid.rows=4",
                                        "--set", "grid.cols=8", "--set", "pe.operand_queue_depth=2", "--format", "csv"})
                                   .out);
  const auto layers = report.size() - 1;
  REQUIRE(lines.size() == 1 + 12 * layers);
  CHECK(lines[0] == "point,grid.rows,grid.cols,pe.operand_queue_depth," + report[0]);
  for (std::size_t i = 0; i < layers; ++i) {
    CHECK(lines[1 + 10 * layers + i] == "10,4,8,2," + report[1 + i]);
  }
  checked({"sweep", folder.file("p.json", grid_sweep().dump()), "--out", folder.path("plain")});
  CHECK_FALSE(fs::exists(folder.path("plain/layers.csv")));

  // An axis that has the name of one of these columns.
  const json training = {{"config", source_folder + "/configs/dlac-fp32-training.json"},
                         {"workload", source_folder + "/workloads/lenet.json"},
                         {"axes", {{{"key", "pass"}, {"values", {"forward"}}}}},
                         {"per_layer", true},
                         {"name", "t"}};
  checked({"sweep", folder.file("t.json", training.dump()), "--out", folder.path("t")});
  CHECK(lines_of(contents_of(folder.path("t/layers.csv")))[0].starts_with("point,axes.pass,name,pass,"));
}

TEST_CASE("a command that fails leaves nothing that was not there") {
  const temporary_folder folder;
  const auto sweep = folder.file("s.json", grid_sweep().dump());
  const auto other = folder.file("o.json", grid_sweep({{"name", "other"}}).dump());
  checked({"sweep", sweep, "--out", folder.path("a")});
  checked({"sweep", other, "--out", folder.path("b")});
  const auto fails = [&](const std::vector<std::string>& arguments) {
    const auto done = run_program(arguments);
    CHECK(done.exit_code == 2);
    CHECK(std::count(done.err.begin(), done.err.end(), '\n') == 1);
    return done.err;
  };
  // Of another sweep.
  CHECK(holds(fails({"sweep", "gather", folder.path("new/sub"), folder.path("a"), folder.path("b")}), "another sweep"));
  CHECK_FALSE(fs::exists(folder.path("new")));
  fs::create_directory(folder.path("there"));
  fails({"sweep", "gather", folder.path("there"), folder.path("a"), folder.path("b")});
  CHECK(fs::is_empty(folder.path("there")));
  // What was there stays.
  const auto before = results_of(folder.path("a"));
  fails({"sweep", "gather", folder.path("a"), folder.path("b")});
  CHECK(results_of(folder.path("a")) == before);
  CHECK(checked({"sweep", "show", folder.path("a")}).exit_code == 0);
  // A folder stands where a file shall be: known before a point is run.
  fs::create_directories(folder.path("taken/results.jsonl"));
  CHECK(holds(fails({"sweep", sweep, "--out", folder.path("taken"), "--resume"}), "results.jsonl: found a folder"));
  CHECK(holds(fails({"sweep", "gather", folder.path("taken"), folder.path("a")}), "results.jsonl: found a folder"));
  // No Slurm on this machine.
  if (std::system("command -v sbatch > /dev/null 2>&1") != 0) {
    CHECK(holds(fails({"sweep", sweep, "--out", folder.path("slurm"), "--executor", "slurm"}), "sbatch"));
    CHECK_FALSE(fs::exists(folder.path("slurm")));
  }
}

TEST_CASE("results that were computed outlive a file that cannot be written") {
  const temporary_folder folder;
  auto sweep = grid_sweep();
  sweep["per_layer"] = true;
  const auto file = folder.file("s.json", sweep.dump());
  for (const int files : {4, 5, 6, 7, 8}) {
    CAPTURE(files);
    const auto out = folder.path(fmt::format("out{}", files));
    const auto limited =
        run_in_shell(fmt::format("ulimit -n {}", files), fmt::format("sweep '{}' --out '{}' --jobs 1", file, out));
    CAPTURE(limited.err);
    if (limited.err.find("results.") != std::string::npos || limited.err.find("layers.csv") != std::string::npos) {
      CHECK(limited.exit_code == 2);
      CHECK(holds(checked({"sweep", file, "--out", out, "--resume"}).out, "12 of 12 points, 0 of them run now"));
    }
  }
}

TEST_CASE("one of a million combinations that holds is found in seconds") {
  const temporary_folder folder;
  const json sweep = {{"name", "k"},
                      {"config", source_folder + "/configs/dlac-fp16-inference.json"},
                      {"workload", source_folder + "/workloads/lenet.json"},
                      {"axes",
                       {{{"key", "clock_mhz"}, {"range", {{"from", 1}, {"to", 1000}}}},
                        {{"key", "memory.latency_cycles"}, {"range", {{"from", 1}, {"to", 1000}}}}}},
                      {"sample", {{"kind", "random"}, {"points", 1'000'000}}},
                      {"where", "clock_mhz == 1 && memory.latency_cycles == 1"}};
  const auto begin = std::chrono::steady_clock::now();
  const auto done = run_program({"sweep", folder.file("s.json", sweep.dump()), "--out", folder.path("out")});
  CHECK(std::chrono::steady_clock::now() - begin < std::chrono::minutes(5));  // a second; without an end it was hours
  CHECK(done.exit_code == 2);
  CHECK(holds(done.err, "/sample/points: found 1000000, expected at most 1, as many as there are"));
}

TEST_CASE("ranges at the ends of the numbers") {
  const temporary_folder folder;
  const auto run = [&](const std::string& range) {
    const auto text = R"({"name": "k", "config": ")" + source_folder +
                      R"(/configs/dlac-fp16-inference.json", "workload": ")" + source_folder +
                      R"(/workloads/lenet.json", "axes": [{"key": "density.weights", "range": )" + range + "}]}";
    fs::remove_all(folder.path("out"));
    return run_program({"sweep", folder.file("s.json", text), "--out", folder.path("out")});
  };
  CHECK(run(R"({"from": 5e-324, "to": 1e-323, "step": 5e-324})").out.starts_with("k: 2 of 2 points"));
  CHECK(run(R"({"from": 0, "to": 1e-310, "step": 1e-310})").out.starts_with("k: 2 of 2 points"));
  CHECK(run(R"({"from": 0.5, "to": 0.5, "step": 5e-324})").out.starts_with("k: 1 of 1 points"));
  for (const std::string range :
       {R"({"from": 0, "to": 1, "step": 5e-324})", R"({"from": 0, "to": 1, "step": 1e-9})",
        R"({"from": 0, "to": 1e400})", R"({"from": -1e400, "to": 1})", R"({"from": 0, "to": nan})",
        R"({"from": 0, "to": inf})", R"({"from": 0, "to": 1, "step": -5e-324})",
        R"({"from": 0, "to": 1, "step": 1e-400})", R"({"from": -1e15, "to": 1e15, "step": 1})",
        R"({"from": 0.1, "to": 0.1000000000001, "step": 1e-14})",
        R"({"from": 9223372036854775807, "to": 9223372036854775807})", R"({"from": "0", "to": 1})"}) {
    CAPTURE(range);
    const auto done = run(range);
    CHECK(done.exit_code == 2);
    CHECK(std::count(done.err.begin(), done.err.end(), '\n') == 1);
    CHECK(holds(done.err, "s.json: "));
    CHECK(holds(done.err, ", expected "));
    CHECK_FALSE(fs::exists(folder.path("out")));
  }
}

}  // namespace
}  // namespace dlac::test
