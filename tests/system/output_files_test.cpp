// Places that take no output: one line, exit code 2, nothing left, nothing half written. Inputs that are no files.

#include <doctest/doctest.h>
#include <fmt/format.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>

#include <chrono>

#include "tests/system/run_program.h"

namespace dlac::test {
namespace {

using words = std::vector<std::string>;

constexpr const char* small_network =
    R"({"name": "net", "layers": [{"name": "fc", "type": "linear", "in_features": 16, "out_features": 4}]})";

void check_refused(const finished_program& finished, const std::string& piece) {
  INFO(finished.err);
  CHECK(finished.exit_code == 2);
  CHECK(finished.out.empty());
  CHECK(finished.err.starts_with("dlac: error: "));
  CHECK(finished.err.find(piece) != std::string::npos);
  CHECK(finished.err.find('\n') == finished.err.size() - 1);
}

words names_in(const std::string& folder) {
  words names;
  for (const auto& entry : std::filesystem::directory_iterator(folder)) {
    names.push_back(entry.path().filename().string());
  }
  std::sort(names.begin(), names.end());
  return names;
}

}  // namespace

TEST_CASE("output: a limit on the size of files is an error like a full disk") {
  const temporary_folder folder;
  const auto workload = folder.file("net.json", small_network);
  const auto out = folder.path("out");
  // report.json has more than 4 blocks of 1024 bytes.
  const auto limited = run_in_shell("ulimit -f 4", fmt::format("run '{}' --out '{}'", workload, out));
  CHECK(limited.exit_code == 2);
  CHECK(limited.err == fmt::format("dlac: error: {}/report.json: found File too large, expected a larger limit on the "
                                   "size of files (ulimit -f)\n",
                                   out));
  CHECK(!std::filesystem::exists(out));
  const auto store = run_in_shell("ulimit -f 1", fmt::format("sweep pe-count --out '{}'", folder.path("s")));
  check_refused(store, "/sweep.db: found disk I/O error");  // newer versions of SQLite add why
  check_refused(store,
                ", expected a disk with room, that can be written to, and no limit on the size of files (ulimit -f)\n");
  CHECK(!std::filesystem::exists(folder.path("s")));
  const auto plot = run_in_shell("ulimit -f 4", fmt::format("validate --out '{}' --jobs 2", folder.path("v")));
  CHECK(plot.exit_code == 2);
  CHECK(std::count(plot.err.begin(), plot.err.end(), '\n') == 1);
  CHECK(!std::filesystem::exists(folder.path("v")));
}

TEST_CASE("output: a folder cannot be made in a file, nor without a name, and a folder around it goes again") {
  const temporary_folder folder;
  const auto workload = folder.file("net.json", small_network);
  const auto refused = [&](const std::string& out) { return run_program({"run", workload, "--out", out}); };
  const std::string expected = ", expected a folder, or a place where one can be made";
  check_refused(refused(workload), workload + ": found a file" + expected);
  check_refused(refused(workload + "/a/b"),
                fmt::format("{0}/a/b: found the file \"{0}\" in its place{1}", workload, expected));
  check_refused(refused("/dev/null"), "/dev/null: found a file" + expected);
  check_refused(refused(""), "--out: found an empty word, expected a value");
  CHECK(names_in(folder.path(".")) == words{"net.json"});
}

TEST_CASE("output: what stands in the way of one file of a set is said before any is written") {
  const temporary_folder folder;
  const auto workload = folder.file("net.json", small_network);
  const auto blocked = [&](const std::string& name) {
    std::filesystem::create_directories(folder.path(name));
    return folder.path(name.substr(0, name.find('/')));
  };
  for (const std::string name : {"report.csv", "report.json"}) {
    const auto out = blocked("run-" + name + "/" + name);
    check_refused(run_program({"run", workload, "--out", out}), name + ": found a folder");
    CHECK(names_in(out) == words{name});
  }
  const auto out = blocked("validate/validation.json");
  check_refused(run_program({"validate", "--out", out}), "validation.json: found a folder");
  CHECK(names_in(out) == words{"validation.json"});
  const auto results = blocked("sweep/results.jsonl");
  check_refused(run_program({"sweep", "configs/sweeps/pe-count.json", "--out", results, "--resume"}),
                "results.jsonl: found a folder");
  CHECK(std::filesystem::is_directory(results + "/results.jsonl"));
  CHECK(!std::filesystem::exists(results + "/results.csv"));
  const auto exported = blocked("export/ERT.yaml");
  check_refused(run_program({"run", workload, "--export", "accelergy", exported, "--out", folder.path("beside")}),
                "ERT.yaml: found a folder");
  CHECK(!std::filesystem::exists(folder.path("beside")));
  CHECK(names_in(exported) == words{"ERT.yaml"});
}

TEST_CASE("input: a pipe that nobody writes to, a socket, a device and a folder are one line") {
  const temporary_folder folder;
  const auto workload = folder.file("net.json", small_network);
  const auto pipe = folder.path("pipe");
  REQUIRE(::mkfifo(pipe.c_str(), 0600) == 0);
  const auto socket = folder.path("socket");
  sockaddr_un address{};
  address.sun_family = AF_UNIX;
  REQUIRE(socket.copy(std::data(address.sun_path), sizeof(address.sun_path) - 1) == socket.size());
  const int listening = ::socket(AF_UNIX, SOCK_STREAM, 0);
  REQUIRE(::bind(listening, reinterpret_cast<const sockaddr*>(&address), sizeof(address)) == 0);
  for (const auto& [path, found] : {std::pair{pipe, "a pipe that nothing is written to"},
                                    {socket, "a socket"},
                                    {std::string("/dev/tty0"), "found"},
                                    {std::string("/dev/zero"), "a device"},
                                    {folder.path(""), "a folder"}}) {
    const auto begin = std::chrono::steady_clock::now();
    check_refused(run_program({"run", path}), found);
    check_refused(run_program({"run", workload, "--config", path}), found);
    check_refused(run_program({"sweep", path, "--out", folder.path("sweep")}), found);
    check_refused(run_program({"validate", "--figures", path}), found);
    check_refused(run_program({"area", "--set", "technology=" + path}), "");
    CHECK(std::chrono::steady_clock::now() - begin < std::chrono::seconds(15));
  }
  check_refused(run_program({"trace", "check", pipe}), "not a regular file");
  ::close(listening);
}

TEST_CASE("input: a pipe with a writer is a file like another") {
  const temporary_folder folder;
  const auto workload = folder.file("net.json", small_network);
  const auto table = without_files(run_program({"run", workload}).out);
  CHECK(!table.empty());
  const auto check_same = [&](const finished_program& finished) {
    INFO(finished.err);
    CHECK(finished.exit_code == 0);
    CHECK(without_files(finished.out) == table);
  };
  check_same(run_in_shell("", fmt::format("run <(cat '{}')", workload)));
  check_same(run_in_shell("", fmt::format("run <(sleep 0.3; cat '{}')", workload)));
  check_same(run_in_shell("", fmt::format("run /dev/stdin <'{}'", workload)));
  check_same(run_in_shell(fmt::format("exec < <(cat '{}')", workload), "run /dev/stdin"));
  const auto pipe = folder.path("pipe");
  REQUIRE(::mkfifo(pipe.c_str(), 0600) == 0);
  check_same(run_in_shell(fmt::format("(sleep 0.2; cat '{}' >'{}') &", workload, pipe), fmt::format("run '{}'", pipe)));
}

}  // namespace dlac::test
