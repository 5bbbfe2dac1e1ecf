// Shipped files by name, other files by path, and a program that was moved away from its source tree.

#include <doctest/doctest.h>
#include <sys/wait.h>

#include <cstdio>
#include <cstdlib>
#include <filesystem>
#include <nlohmann/json.hpp>
#include <string>
#include <vector>

#include "tests/system/run_program.h"

namespace dlac::test {
namespace {

using nlohmann::json;

/// A layer that is simulated in no time.
const std::vector<std::string> one_layer = {"run", "resnet20", "--layers", "fc", "--format", "json"};

/// Runs a shell's command line in `folder`; its standard output and error come back together.
finished_program shell(const std::string& command, const std::string& folder) {
  std::FILE* const pipe = ::popen(("cd '" + folder + "' && { " + command + "; } 2>&1").c_str(), "r");
  REQUIRE(pipe != nullptr);
  finished_program result;
  for (int c = std::fgetc(pipe); c != EOF; c = std::fgetc(pipe)) {
    result.out += static_cast<char>(c);
  }
  const int status = ::pclose(pipe);
  result.exit_code = WIFEXITED(status) ? WEXITSTATUS(status) : -1;
  return result;
}

void check_refused(const finished_program& finished, const std::string& piece) {
  INFO(finished.err);
  CHECK(finished.exit_code == 2);
  CHECK(finished.out.empty());
  CHECK(finished.err.find(piece) != std::string::npos);
  CHECK(finished.err.find('\n') == finished.err.size() - 1);
}

TEST_CASE("data: shipped files by their names, from any folder") {
  const temporary_folder elsewhere;
  const surroundings there{.folder = elsewhere.path("")};
  const finished_program named = run_program(one_layer, there);
  INFO(named.err);
  REQUIRE(named.exit_code == 0);
  CHECK(json::parse(named.out)["files"] == json{{"workload", "resnet20"}, {"config", "dlac-fp16-inference"}});
  // By path the report is the same, but for what was typed.
  json by_path = json::parse(run_program({"run", "workloads/resnet20.json", "--layers", "fc", "--format", "json",
                                          "--config", "./configs/dlac-fp16-inference.json"})
                                 .out);
  CHECK(by_path["files"] ==
        json{{"workload", "workloads/resnet20.json"}, {"config", "./configs/dlac-fp16-inference.json"}});
  json by_name = json::parse(named.out);
  for (const char* const key : {"files", "command"}) {
    by_path.erase(key);
    by_name.erase(key);
  }
  CHECK(by_path == by_name);
  CHECK(run_program({"area", "--config", "paper-fp32-training"}, there).exit_code == 0);
  CHECK(run_program({"ops", "resnet20"}, there).exit_code == 0);
}

TEST_CASE("data: no file of the current folder takes the place of a shipped one") {
  const temporary_folder here;
  for (const char* const folder : {"configs", "workloads", "models", "models/technology"}) {
    std::filesystem::create_directory(here.path(folder));
  }
  for (const char* const file : {"resnet20", "dlac-fp16-inference", "14nm", "configs/dlac-fp16-inference.json",
                                 "workloads/resnet20.json", "models/technology/14nm.json"}) {
    static_cast<void>(here.file(file, "not read"));
  }
  const finished_program finished = run_program(one_layer, {.folder = here.path("")});
  CHECK(finished.exit_code == 0);
  CHECK(finished.out == run_program(one_layer).out);
  // A path is taken as given, and is nothing else.
  check_refused(run_program({"run", "workloads/resnet20.json"}, {.folder = here.path("")}), "workloads/resnet20.json:");
  check_refused(run_program({"run", "resnet34.json"}, {.folder = here.path("")}), "resnet34.json: found no such file");
}

TEST_CASE("data: the table says which files were used") {
  const std::string table = run_program({"run", "resnet20", "--layers", "fc"}).out;
  CHECK(table.find("\nfiles       workload resnet20, config dlac-fp16-inference, technology 14nm\n") !=
        std::string::npos);
  const auto given =
      shell("DLAC_DATA='" + source_folder + "' " + DLAC_EXECUTABLE + " run resnet20 --layers fc", source_folder);
  CHECK(given.out.find("technology 14nm; shipped ones from DLAC_DATA=" + source_folder.substr(0, 20)) !=
        std::string::npos);
}

TEST_CASE("data: an unknown name is one line with the nearest ones") {
  check_refused(run_program({"run", "resnet43"}), "WORKLOAD: found \"resnet43\", expected one of the ");
  check_refused(run_program({"run", "resnet43"}), "did you mean \"resnet34\"?");
  check_refused(run_program({"ops", "resnet21"}), "did you mean \"resnet20\"?");
  check_refused(run_program({"run", "resnet20", "--config", "peer-dens"}), "--config: found \"peer-dens\"");
  check_refused(run_program({"area", "--config", "peer-dens"}), "did you mean \"peer-dense\"?");
  check_refused(run_program({"sweep", "sparsty"}), "SWEEP: found \"sparsty\", expected \"bandwidth\"");
  check_refused(run_program({"validate", "--figures", "figure"}), "did you mean \"figures\"?");
  check_refused(run_program({"run", ""}), "WORKLOAD: found \"\"");
}

TEST_CASE("data: a technology's path starts at the file that names it") {
  const temporary_folder here;
  std::filesystem::create_directory(here.path("machines"));
  json table = json::parse(contents_of(source_folder + "/models/technology/14nm.json"));
  json config = json::parse(contents_of(source_folder + "/configs/dlac-fp16-inference.json"));
  const auto put = [&](const std::string& path, const std::string& name) {
    table["name"] = name;
    static_cast<void>(here.file(path, table.dump()));
  };
  put("machines/mine.json", "of the config");
  put("mine.json", "of the current folder");
  config["technology"] = "mine.json";
  static_cast<void>(here.file("machines/config.json", config.dump()));
  const auto name_of = [&](std::vector<std::string> more) {
    std::vector<std::string> words = {"area", "--config", "machines/config.json", "--format", "json"};
    words.insert(words.end(), more.begin(), more.end());
    return json::parse(run_program(words, {.folder = here.path("")}).out)["technology"]["name"].get<std::string>();
  };
  CHECK(name_of({}) == "of the config");
  CHECK(name_of({"--set", "technology=mine.json"}) == "of the current folder");
  CHECK(name_of({"--set", "technology=7nm"}) == "7nm");
}

TEST_CASE("data: a sweep names files, or has them beside it, tables of its axes, too") {
  const temporary_folder here;
  std::filesystem::create_directory(here.path("sweeps"));
  json table = json::parse(contents_of(source_folder + "/models/technology/14nm.json"));
  table["area"]["buffer_bit"]["value"] = 9.0;
  static_cast<void>(here.file("sweeps/large.json", table.dump()));
  static_cast<void>(
      here.file("sweeps/s.json", json{{"name", "s"},
                                      {"config", "dlac-fp16-inference"},
                                      {"workload", "resnet20"},
                                      {"layers", "fc"},
                                      {"axes", {{{"key", "technology"}, {"values", {"14nm", "large.json"}}}}}}
                                     .dump()));
  const finished_program finished = run_program({"sweep", "sweeps/s.json"}, {.folder = here.path("")});
  INFO(finished.err);
  REQUIRE(finished.exit_code == 0);
  const std::string lines = contents_of(here.path("s.sweep/results.jsonl"));
  const json first = json::parse(lines.substr(0, lines.find('\n')));
  const json second = json::parse(lines.substr(lines.find('\n') + 1));
  CHECK(first["totals"]["area_mm2"]["total"] < second["totals"]["area_mm2"]["total"]);
  static_cast<void>(here.file("sweeps/t.json", json{{"name", "t"},
                                                    {"config", "dlac-fp16-inference"},
                                                    {"workload", "resnet43"},
                                                    {"axes", {{{"key", "grid.rows"}, {"values", {1}}}}}}
                                                   .dump()));
  check_refused(run_program({"sweep", "sweeps/t.json"}, {.folder = here.path("")}),
                "sweeps/t.json: /workload: found \"resnet43\"");
}

TEST_CASE("data: a moved program has its data beside it, or is told where") {
  const temporary_folder prefix;
  const temporary_folder elsewhere;
  for (const char* const folder : {"bin", "share"}) {
    std::filesystem::create_directory(prefix.path(folder));
  }
  const std::string program = prefix.path("bin/dlac");
  std::filesystem::copy_file(DLAC_EXECUTABLE, program);
  const std::string bare = "env -i HOME=/nonexistent ";
  const auto run = [&](const std::string& surrounding) {
    return shell(bare + surrounding + " " + program + " run resnet20 --layers fc --format json", elsewhere.path(""));
  };
  const finished_program none = run("");
  CHECK(none.exit_code == 2);
  CHECK(none.out.find("no data that comes with the program") != std::string::npos);
  CHECK(none.out.find("DLAC_DATA") != std::string::npos);
  CHECK(none.out.find(source_folder) == std::string::npos);
  CHECK(run("DLAC_DATA='" + elsewhere.path("") + "'").exit_code == 2);
  const std::string expected = run_program(one_layer).out;
  CHECK(run("DLAC_DATA='" + source_folder + "'").out == expected);

  std::filesystem::create_directory(prefix.path("share/dlac"));
  for (const char* const folder : {"configs", "workloads", "models"}) {
    std::filesystem::copy(source_folder + "/" + folder, prefix.path("share/dlac/" + std::string(folder)),
                          std::filesystem::copy_options::recursive);
  }
  CHECK(run("").out == expected);
  // A link to the program is the program.
  std::filesystem::create_symlink(program, elsewhere.path("linked"));
  CHECK(shell(bare + "./linked run resnet20 --layers fc --format json", elsewhere.path("")).out == expected);
}

}  // namespace
}  // namespace dlac::test
