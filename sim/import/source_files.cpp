#include "sim/import/source_files.h"

#include <algorithm>
#include <cctype>
#include <filesystem>
#include <system_error>

#include "sim/core/error.h"

namespace dlac {
namespace {

bool is_digit(char c) {
  return std::isdigit(static_cast<unsigned char>(c)) != 0;
}

/// The digits at the beginning, which are taken off; without leading zeros.
std::string_view take_number(std::string_view& text) {
  const std::size_t end = std::min(text.find_first_not_of("0123456789"), text.size());
  std::string_view digits = text.substr(0, end);
  text.remove_prefix(end);
  digits.remove_prefix(std::min(digits.find_first_not_of('0'), digits.size()));
  return digits;
}

}  // namespace

bool comes_before(std::string_view a, std::string_view b) {
  std::string_view rest_a = a;
  std::string_view rest_b = b;
  while (!rest_a.empty() && !rest_b.empty()) {
    if (is_digit(rest_a.front()) && is_digit(rest_b.front())) {
      const std::string_view number_a = take_number(rest_a);
      const std::string_view number_b = take_number(rest_b);
      if (number_a != number_b) {
        return number_a.size() != number_b.size() ? number_a.size() < number_b.size() : number_a < number_b;
      }
    } else if (rest_a.front() != rest_b.front()) {
      return rest_a.front() < rest_b.front();
    } else {
      rest_a.remove_prefix(1);
      rest_b.remove_prefix(1);
    }
  }
  return rest_a.empty() != rest_b.empty() ? rest_a.empty() : a < b;
}

std::vector<std::string> files_of(const std::string& folder, const std::vector<std::string_view>& endings) {
  std::error_code error;
  std::vector<std::string> names;
  for (std::filesystem::directory_iterator entry(folder, error), end; !error && entry != end; entry.increment(error)) {
    const std::string name = entry->path().filename().string();
    if (std::any_of(endings.begin(), endings.end(), [&](std::string_view ending) { return name.ends_with(ending); }) &&
        !entry->is_directory(error)) {
      names.push_back(name);
    }
  }
  if (error) {
    throw input_error(folder, "", error.message(), "a folder that can be read");
  }
  std::sort(names.begin(), names.end(), comes_before);
  for (std::string& name : names) {
    name = (std::filesystem::path(folder) / name).string();
  }
  return names;
}

}  // namespace dlac
