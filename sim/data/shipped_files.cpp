#include "sim/data/shipped_files.h"

#include <fmt/format.h>

#include <algorithm>
#include <cstdlib>
#include <filesystem>
#include <stdexcept>
#include <system_error>
#include <utility>

#include "sim/core/error.h"
#include "sim/core/file_io.h"
#include "sim/core/text.h"
#include "sim/data/program_place.h"

namespace dlac {
namespace {

constexpr std::string_view extension = ".json";

/// Below the data folder, as below the root of the source tree.
std::string_view folder_of(shipped_kind kind) {
  switch (kind) {
    case shipped_kind::config:
      return "configs";
    case shipped_kind::workload:
      return "workloads";
    case shipped_kind::technology:
      return "models/technology";
    case shipped_kind::sweep:
      return "configs/sweeps";
    case shipped_kind::figures:
      return "models/validation";
    case shipped_kind::numbers:
      return "configs/numbers";
  }
  throw std::logic_error("no such kind of shipped file");
}

std::string_view to_string(shipped_kind kind) {
  switch (kind) {
    case shipped_kind::config:
      return "config";
    case shipped_kind::workload:
      return "workload";
    case shipped_kind::technology:
      return "table";
    case shipped_kind::sweep:
      return "sweep";
    case shipped_kind::figures:
      return "file of figures";
    case shipped_kind::numbers:
      return "file of number formats";
  }
  throw std::logic_error("no such kind of shipped file");
}

/// A message has room for a few names; of many it tells the nearest one, and where the others are.
input_error unknown_name(shipped_kind kind, const std::string& word, const word_place& place) {
  constexpr std::size_t most_listed = 10;
  const std::vector<std::string> names = shipped_names(kind);
  const std::vector<std::string_view> known(names.begin(), names.end());
  std::string choices;
  if (known.size() > most_listed) {
    choices = fmt::format("one of the {} names in {}/{}, or ", known.size(), data_folder(), folder_of(kind));
  } else if (!known.empty()) {
    choices = quoted_list(known) + ", or ";
  }
  return {
      place.file, place.where, in_quotes(word),
      fmt::format("{}the path of a {} (with a slash or .json){}", choices, to_string(kind), did_you_mean(word, known))};
}

std::optional<std::string>& used_folder() {
  static std::optional<std::string> folder;
  return folder;
}

bool is_folder(const std::string& path) {
  std::error_code ignored;
  return std::filesystem::is_directory(path, ignored);
}

}  // namespace

bool is_path(std::string_view word) {
  return word.find_first_of("/.") != std::string_view::npos;
}

void use_data_folder(std::string folder) {
  used_folder() = std::move(folder);
}

std::optional<std::string> given_data_folder() {
  if (used_folder()) {
    return used_folder();
  }
  const char* const given = std::getenv("DLAC_DATA");
  return given != nullptr && *given != '\0' ? std::optional<std::string>(given) : std::nullopt;
}

std::string data_folder() {
  if (const auto given = given_data_folder()) {
    if (!is_folder(*given + "/configs")) {
      throw input_error(used_folder() ? "data folder" : "DLAC_DATA", "", in_quotes(*given),
                        "a folder with dlac's configs, workloads, traces and models");
    }
    return *given;
  }
  std::string looked;
  if (const auto program = program_folder()) {
    std::string installed = (std::filesystem::path(*program).parent_path() / "share/dlac").string();
    if (is_folder(installed)) {
      return installed;
    }
    looked = installed;
  }
  if (const auto source = build_path("data"); source && is_folder(*source + "/configs")) {
    return *source;
  }
  throw input_error("dlac", "", "no data that comes with the program" + (looked.empty() ? "" : " in " + looked),
                    "it there, or its folder in the environment variable DLAC_DATA");
}

std::vector<std::string> shipped_names(shipped_kind kind) {
  std::vector<std::string> names;
  std::error_code ignored;
  const std::string folder = fmt::format("{}/{}", data_folder(), folder_of(kind));
  for (const auto& entry : std::filesystem::directory_iterator(folder, ignored)) {
    if (entry.path().extension() == extension) {
      names.push_back(entry.path().stem().string());
    }
  }
  std::sort(names.begin(), names.end());
  return names;
}

std::string shipped_file(shipped_kind kind, std::string_view name) {
  return fmt::format("{}/{}/{}{}", data_folder(), folder_of(kind), name, extension);
}

word_place on_command_line(std::string_view option) {
  return {.file = option, .where = ""};
}

word_place in_file(std::string_view file, std::string_view pointer) {
  return {.file = file, .where = pointer, .folder = std::filesystem::path(file).parent_path().string()};
}

std::string find_file(shipped_kind kind, const std::string& word, const word_place& place) {
  if (word == standard_input && place.folder.empty()) {
    return word;
  }
  if (is_path(word)) {
    return place.folder.empty() ? word : (std::filesystem::path(place.folder) / word).lexically_normal().string();
  }
  std::string file = shipped_file(kind, word);
  std::error_code ignored;
  if (std::filesystem::exists(file, ignored)) {
    return file;
  }
  throw unknown_name(kind, word, place);
}

}  // namespace dlac
