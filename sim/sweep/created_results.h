#pragma once
// What a command that fails has made before is removed again.

#include <filesystem>
#include <string>
#include <vector>

namespace dlac {

/// Made before the results of a sweep are begun in a folder: unless they are kept in the end, every file and folder of
/// theirs that was not there goes, and nothing else.
class created_results {
 public:
  explicit created_results(const std::string& folder);
  ~created_results();
  created_results(const created_results&) = delete;
  created_results& operator=(const created_results&) = delete;

  void keep() { new_paths_.clear(); }

 private:
  std::vector<std::filesystem::path> new_paths_;  ///< that may be made: what a folder holds before the folder
};

}  // namespace dlac
