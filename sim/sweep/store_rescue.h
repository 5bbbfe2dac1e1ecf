#pragma once
// What is done with a database of results (result_store.h) that is damaged as a whole, and not only in some rows.

#include <cstdint>
#include <string>

#include "sim/sweep/database.h"

namespace dlac {

/// One process at a time has the lock of a folder; it goes with the process. Throws input_error.
class folder_lock {
 public:
  explicit folder_lock(const std::string& folder);
  ~folder_lock();
  folder_lock(const folder_lock&) = delete;
  folder_lock& operator=(const folder_lock&) = delete;

 private:
  int number_;
};

/// Renames a database, and its journal where it has one; returns its new path, which no file had. Throws input_error.
std::string set_aside(const std::string& path);

/// Copies each row of results that can be read and is as it was written; returns how many.
std::uint64_t copy_sound_results(const std::string& from, database& to);

}  // namespace dlac
