// dlac run --export accelergy DIR: the files, and every way to give it wrongly.

#include <doctest/doctest.h>

#include <filesystem>
#include <string>
#include <vector>

#include "tests/system/run_program.h"

namespace dlac::test {
namespace {

using words = std::vector<std::string>;

finished_program run_layer(const words& more) {
  words arguments = {"run"};
  arguments.insert(arguments.end(), more.begin(), more.end());
  return run_program(arguments);
}

bool has(const std::string& text, const std::string& piece) {
  return text.find(piece) != std::string::npos;
}

}  // namespace

TEST_CASE("export: the files are there, in either order of the words, and change no report") {
  const temporary_folder folder;
  const std::string workload = "workloads/resnet34.json";
  const auto plain = run_layer({workload, "--layers", "layer4.0.*"});
  for (const words& order : {words{workload, "--layers", "layer4.0.*", "--export", "accelergy", folder.path("a/b")},
                             words{"--export", "accelergy", folder.path("c"), workload, "--layers", "layer4.0.*"}}) {
    const auto finished = run_layer(order);
    CHECK(finished.exit_code == 0);
    CHECK(finished.err.empty());
    CHECK(finished.out == plain.out);
  }
  for (const char* const name :
       {"README.txt", "architecture.yaml", "ERT.yaml", "ART.yaml", "action_counts_total.yaml",
        "action_counts/001-layer4.0.conv1-forward.yaml", "action_counts/002-layer4.0.downsample-forward.yaml",
        "action_counts/003-layer4.0.conv2-forward.yaml"}) {
    const std::string contents = contents_of(folder.path("a/b/" + std::string(name)));
    CHECK_FALSE(contents.empty());
    CHECK(contents == contents_of(folder.path("c/" + std::string(name))));
  }
  std::size_t files = 0;
  for (const auto& entry : std::filesystem::recursive_directory_iterator(folder.path("c"))) {
    files += entry.is_regular_file() ? 1 : 0;
  }
  CHECK(files == 8);
  CHECK(has(contents_of(folder.path("c/ERT.yaml")), "ERT:\n  version: 0.4\n  tables:\n    - name: dlac.chip.lanes\n"));
  CHECK(has(contents_of(folder.path("c/ART.yaml")), "ART:\n  version: 0.4\n  tables:\n    - name: dlac.chip.lanes\n"));
  CHECK(has(contents_of(folder.path("c/architecture.yaml")), "architecture:\n  version: 0.4\n  subtree:\n"));
  CHECK(has(contents_of(folder.path("c/README.txt")), "accelergy -f energy_estimation flattened_arch"));
}

TEST_CASE("export: wrong words and folders are one line, known before the simulation") {
  const temporary_folder folder;
  const std::string file = folder.file("file", "x");
  const std::string out = folder.path("out");
  const std::string workload = "workloads/resnet34.json";
  struct wrong {
    words arguments;
    std::string piece;
  };
  for (const wrong& w :
       {wrong{{workload, "--export"}, "--export: found no value, expected FORMAT PATH"},
        wrong{{workload, "--export", "accelergy"}, "expected FORMAT PATH after the option"},
        wrong{{workload, "--export", "accelergy", "--check"}, "expected FORMAT PATH after"},
        wrong{{workload, "--export", "--check", "accelergy"}, "expected FORMAT PATH after"},
        wrong{{"--export", "accelergy", workload}, "found no WORKLOAD"},
        wrong{{workload, "--export", "accelergi", out}, R"(did you mean "accelergy"?)"},
        wrong{{workload, "--export", "timeloop", out},
              R"(found "timeloop", expected one of "accelergy" or "scalesim")"},
        wrong{{workload, "--export", "accelergy", out, "more"}, R"(an argument too many: "more")"},
        wrong{{workload, "--export", "accelergy", out, "--export", "accelergy", out}, "more than once"},
        wrong{{workload, "--export", "accelergy", file}, "file: found"},
        wrong{{workload, "--export", "accelergy", file + "/x"}, "file/x: found"},
        wrong{{workload, "--export", "accelergy", "/proc/nowhere"}, "/proc/nowhere: found"}}) {
    const auto refused = run_layer(w.arguments);
    CAPTURE(refused.err);
    CHECK(refused.exit_code == 2);
    CHECK(refused.out.empty());
    CHECK(has(refused.err, w.piece));
    CHECK(refused.err.find('\n') == refused.err.size() - 1);
  }
  CHECK_FALSE(std::filesystem::exists(out));
  CHECK(contents_of(file) == "x");
}

TEST_CASE("export: a folder that is a file inside is refused before anything is written") {
  const temporary_folder folder;
  static_cast<void>(folder.file("action_counts", "x"));
  const auto refused = run_layer({"workloads/resnet34.json", "--export", "accelergy", folder.path("")});
  CHECK(refused.exit_code == 2);
  CHECK(has(refused.err, "action_counts: found a file"));
  CHECK_FALSE(std::filesystem::exists(folder.path("ERT.yaml")));
}

}  // namespace dlac::test
