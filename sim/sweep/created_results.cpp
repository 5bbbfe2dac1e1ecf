#include "sim/sweep/created_results.h"

#include <array>
#include <system_error>

namespace dlac {
namespace {

constexpr std::array own_files = {"sweep.db",   "sweep.db-journal", "results.csv", "results.jsonl",
                                  "layers.csv", "slurm/task.sh",    "slurm"};

}  // namespace

created_results::created_results(const std::string& folder) {
  namespace fs = std::filesystem;
  const auto note_if_new = [this](const fs::path& path) {
    std::error_code ignored;
    const bool is_new = !fs::exists(fs::symlink_status(path, ignored));
    if (is_new) {
      new_paths_.push_back(path);
    }
    return is_new;
  };
  const fs::path top = (fs::path(folder) / "").lexically_normal().parent_path();
  for (const auto* const file : own_files) {
    note_if_new(top / file);
  }
  for (auto path = top; !path.empty() && note_if_new(path); path = path.parent_path()) {
  }
}

created_results::~created_results() {
  for (const auto& path : new_paths_) {
    // A folder with something in it stays.
    std::error_code ignored;
    std::filesystem::remove(path, ignored);
  }
}

}  // namespace dlac
