// Reads every file of the corpus, and every beginning of it, as the fuzzer does: without libFuzzer, so that any build
// can. Argument: the folder of the corpus. Files named refused-* have once shown a finding; the readers must take all
// others, or nothing behind the first mistake would be tried.

#include <fmt/format.h>

#include <algorithm>
#include <cstdio>
#include <exception>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <string>
#include <vector>

#include "tests/fuzz/input.h"

namespace dlac::fuzz {
namespace {

/// Beginnings of a long file are taken at a distance; those of a short one are all there.
constexpr std::size_t most_beginnings = 500;

class replay {
 public:
  explicit replay(const reader& reader) : reader_(reader) {}

  void read_beginnings(const std::filesystem::path& path) {
    std::ifstream file(path, std::ios::binary);
    const std::string contents{std::istreambuf_iterator<char>(file), {}};
    const std::size_t distance = contents.size() / most_beginnings + 1;
    for (std::size_t length = 0; length < contents.size(); length += distance) {
      read(path, std::string_view(contents).substr(0, length));
    }
    const outcome of_all = read(path, contents);
    const bool must_be_refused = path.filename().string().starts_with("refused-");
    if (of_all.refusal.has_value() != must_be_refused && !of_all.finding) {
      report(path, contents.size(), of_all.refusal.value_or("taken, but its name says refused"));
    }
    ++files_;
  }

  /// Prints what was done; true when there was no finding.
  [[nodiscard]] bool finish() const {
    fmt::print("{}: {} inputs of {} files, {} findings\n", reader_.name, inputs_, files_, findings_);
    return files_ > 0 && findings_ == 0;
  }

 private:
  outcome read(const std::filesystem::path& path, std::string_view contents) {
    outcome result = outcome_of(reader_, contents);
    ++inputs_;
    if (result.finding) {
      report(path, contents.size(), *result.finding);
    }
    return result;
  }
  void report(const std::filesystem::path& path, std::size_t bytes, std::string_view what) {
    fmt::print(stderr, "{}, {} bytes of {}: {}\n", reader_.name, bytes, path.string(), what);
    ++findings_;
  }

  const reader& reader_;
  std::uint64_t files_ = 0;
  std::uint64_t inputs_ = 0;
  std::uint64_t findings_ = 0;
};

bool replay_corpus(const std::filesystem::path& corpus) {
  bool is_clean = true;
  for (const reader& reader : readers) {
    const std::filesystem::directory_iterator folder(corpus / reader.name);
    std::vector<std::filesystem::path> files(begin(folder), end(folder));
    std::sort(files.begin(), files.end());
    replay all(reader);
    std::for_each(files.begin(), files.end(), [&](const auto& file) { all.read_beginnings(file); });
    is_clean = all.finish() && is_clean;
  }
  return is_clean;
}

}  // namespace
}  // namespace dlac::fuzz

int main(int count, char** words) {
  if (count != 2) {
    fmt::print(stderr, "usage: fuzz_replay CORPUS\n");
    return 2;
  }
  try {
    return dlac::fuzz::replay_corpus(words[1]) ? 0 : 1;
  } catch (const std::exception& error) {
    fmt::print(stderr, "fuzz_replay: {}\n", error.what());
    return 2;
  }
}
