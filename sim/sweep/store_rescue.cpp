#include "sim/sweep/store_rescue.h"

#include <fcntl.h>
#include <fmt/format.h>
#include <sys/file.h>
#include <unistd.h>

#include <cerrno>
#include <filesystem>
#include <system_error>
#include <utility>
#include <vector>

#include "sim/core/error.h"
#include "sim/sweep/result_rows.h"

namespace dlac {

folder_lock::folder_lock(const std::string& folder)
    : number_(::open(folder.c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC)) {
  while (number_ >= 0 && ::flock(number_, LOCK_EX) != 0) {
    if (errno != EINTR) {
      ::close(number_);
      number_ = -1;
    }
  }
  if (number_ < 0) {
    throw input_error(folder, "", std::generic_category().message(errno), "a folder that can be locked");
  }
}

folder_lock::~folder_lock() {
  ::close(number_);
}

std::string set_aside(const std::string& path) {
  namespace fs = std::filesystem;
  auto aside = path + ".damaged";
  for (int number = 2; fs::exists(aside); ++number) {
    aside = fmt::format("{}.damaged-{}", path, number);
  }
  std::error_code error;
  // A journal that stayed would be played into the database that comes next.
  if (fs::exists(path + "-journal")) {
    fs::rename(path + "-journal", aside + "-journal", error);
  }
  if (!error) {
    fs::rename(path, aside, error);
  }
  if (error) {
    throw input_error(path, "", error.message(), "a file that can be renamed");
  }
  return aside;
}

std::uint64_t copy_sound_results(const std::string& from, database& to) {
  std::vector<stored_point> sound;
  try {
    database damaged(from, false);
    statement query(damaged, fmt::format("SELECT {} FROM results NOT INDEXED ORDER BY rowid", result_columns));
    while (query.step()) {
      try {
        auto [key, result] = read_result(damaged, query, 0);
        sound.push_back({.point = 0, .axes = "", .key = std::move(key), .result = std::move(result)});
      } catch (const damage_error&) {
        continue;
      }
    }
  } catch (const input_error&) {
    // So far and no further: the pages that follow are lost, or the whole file.
  }
  for (const auto& done : sound) {
    statement insertion(to, insert_result);
    bind_result(insertion, done);
    insertion.step();
  }
  return sound.size();
}

}  // namespace dlac
