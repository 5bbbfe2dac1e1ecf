#include "sim/core/error.h"

#include <fmt/core.h>

#include <algorithm>
#include <cctype>
#include <cstddef>

#include "sim/core/text.h"

namespace dlac {
namespace {

constexpr std::size_t file_characters = 400;
constexpr std::size_t where_characters = 200;
constexpr std::size_t part_characters = 500;
constexpr std::size_t message_characters = 2000;

/// Words longer than this are no misspelling, and would make the distance slow.
constexpr std::size_t longest_word = 64;

std::string placed_message(std::string_view file, std::string_view where, std::string_view found,
                           std::string_view expected) {
  const std::string place = where.empty() ? "" : one_line(where, where_characters) + ": ";
  return fmt::format("{}: {}found {}, expected {}", one_line(file, file_characters), place,
                     one_line(found, part_characters), one_line(expected, part_characters));
}

std::string lower_case(std::string_view word) {
  std::string result(word);
  std::transform(result.begin(), result.end(), result.begin(),
                 [](unsigned char c) { return static_cast<char>(std::tolower(c)); });
  return result;
}

/// Insertions, deletions, substitutions and swaps of neighbours between two words.
std::size_t edit_distance(std::string_view a, std::string_view b) {
  std::vector<std::size_t> before_previous;
  std::vector<std::size_t> previous(b.size() + 1);
  for (std::size_t j = 0; j <= b.size(); ++j) {
    previous[j] = j;
  }
  for (std::size_t i = 1; i <= a.size(); ++i) {
    std::vector<std::size_t> current(b.size() + 1, i);
    for (std::size_t j = 1; j <= b.size(); ++j) {
      const std::size_t substituted = previous[j - 1] + (a[i - 1] == b[j - 1] ? 0 : 1);
      current[j] = std::min({previous[j] + 1, current[j - 1] + 1, substituted});
      if (i > 1 && j > 1 && a[i - 1] == b[j - 2] && a[i - 2] == b[j - 1]) {
        current[j] = std::min(current[j], before_previous[j - 2] + 1);
      }
    }
    before_previous = std::move(previous);
    previous = std::move(current);
  }
  return previous[b.size()];
}

}  // namespace

input_error::input_error(std::string_view file, std::string_view where, std::string_view found,
                         std::string_view expected)
    : std::runtime_error(placed_message(file, where, found, expected)) {}

input_error::input_error(const std::string& message) : std::runtime_error(one_line(message, message_characters)) {}

std::string_view nearest_word(std::string_view word, const std::vector<std::string_view>& known) {
  if (word.size() > longest_word) {
    return {};
  }
  const std::string wanted = lower_case(word);
  std::string_view nearest;
  std::size_t nearest_distance = longest_word;
  for (const std::string_view candidate : known) {
    // A third of the word may be wrong, one letter always may, all of it never.
    const std::size_t length = std::max(word.size(), candidate.size());
    const std::size_t allowed = std::max<std::size_t>(1, length / 3);
    const std::size_t distance = edit_distance(wanted, lower_case(candidate));
    if (distance <= allowed && distance < std::min(word.size(), candidate.size()) && distance < nearest_distance) {
      nearest = candidate;
      nearest_distance = distance;
    }
  }
  return nearest;
}

}  // namespace dlac
