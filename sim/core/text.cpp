#include "sim/core/text.h"

#include <fmt/core.h>

#include <algorithm>
#include <array>
#include <cctype>
#include <charconv>
#include <cstdint>
#include <system_error>

#include "sim/core/error.h"

namespace dlac {
namespace {

constexpr std::size_t quoted_characters = 60;

unsigned byte_at(std::string_view text, std::size_t i) {
  return static_cast<unsigned char>(text[i]);
}

/// A character of UTF-8 text.
struct character {
  std::size_t bytes = 0;  ///< 0 where the sequence is malformed, overlong or a surrogate
  std::uint32_t code_point = 0;
};

character character_at(std::string_view text, std::size_t begin) {
  const unsigned lead = byte_at(text, begin);
  if (lead < 0x80) {
    return {1, lead};
  }
  const std::size_t length = lead >= 0xF0 ? 4 : lead >= 0xE0 ? 3 : 2;
  if (lead < 0xC2 || lead > 0xF4 || begin + length > text.size()) {
    return {};
  }
  std::uint32_t code_point = lead & (0x7FU >> length);
  for (std::size_t i = 1; i < length; ++i) {
    const unsigned next = byte_at(text, begin + i);
    if ((next & 0xC0U) != 0x80) {
      return {};
    }
    code_point = (code_point << 6U) | (next & 0x3FU);
  }
  const bool overlong = (length == 3 && code_point < 0x800) || (length == 4 && code_point < 0x10000);
  const bool surrogate = code_point >= 0xD800 && code_point < 0xE000;
  return overlong || surrogate || code_point > 0x10FFFF ? character{} : character{length, code_point};
}

struct code_range {
  std::uint32_t first;
  std::uint32_t last;
};

template <std::size_t N>
bool is_among(std::uint32_t code_point, const std::array<code_range, N>& ranges) {
  return std::any_of(ranges.begin(), ranges.end(),
                     [=](const code_range& range) { return code_point >= range.first && code_point <= range.last; });
}

/// C0 and C1 controls and the two Unicode line separators.
bool is_control(std::uint32_t code_point) {
  constexpr std::array<code_range, 3> controls = {{{0, 0x1F}, {0x7F, 0x9F}, {0x2028, 0x2029}}};
  return is_among(code_point, controls);
}

/// Shows nothing, or turns the direction of the text after it: the soft hyphen, marks and overrides of direction,
/// joiners and spaces of no width, variation selectors, annotations, tags.
bool is_invisible(std::uint32_t code_point) {
  constexpr std::array<code_range, 14> invisible = {{{0xAD, 0xAD},
                                                     {0x34F, 0x34F},
                                                     {0x61C, 0x61C},
                                                     {0x115F, 0x1160},
                                                     {0x17B4, 0x17B5},
                                                     {0x180B, 0x180F},
                                                     {0x200B, 0x200F},
                                                     {0x202A, 0x202E},
                                                     {0x2060, 0x206F},
                                                     {0x3164, 0x3164},
                                                     {0xFE00, 0xFE0F},
                                                     {0xFEFF, 0xFEFF},
                                                     {0xFFF9, 0xFFFB},
                                                     {0xE0000, 0xE0FFF}}};
  return is_among(code_point, invisible);
}

std::string escape_of(const character& shown, unsigned byte) {
  switch (shown.code_point) {
    case '\n':
      return "\\n";
    case '\r':
      return "\\r";
    case '\t':
      return "\\t";
    default:
      return shown.bytes < 2 ? fmt::format("\\x{:02x}", byte) : fmt::format("\\u{{{:x}}}", shown.code_point);
  }
}

/// What is seen of `text`, character by character: keep(character, how it is shown) says whether to go on.
template <class Keep>
void show_characters(std::string_view text, Keep keep) {
  for (std::size_t i = 0; i < text.size();) {
    const character next = character_at(text, i);
    const std::size_t bytes = std::max<std::size_t>(next.bytes, 1);
    const bool is_plain = next.bytes > 0 && !is_control(next.code_point) && !is_invisible(next.code_point);
    if (!keep(next, is_plain ? std::string(text.substr(i, bytes)) : escape_of(next, byte_at(text, i)))) {
      return;
    }
    i += bytes;
  }
}

}  // namespace

std::string escaped(std::string_view text) {
  std::string result;
  show_characters(text, [&](const character&, const std::string& shown) {
    result += shown;
    return true;
  });
  return result;
}

std::string escaped_lines(std::string_view text) {
  std::string result;
  show_characters(text, [&](const character& next, const std::string& shown) {
    result += next.bytes == 1 && next.code_point == '\n' ? "\n" : shown;
    return true;
  });
  return result;
}

std::string one_line(std::string_view text, std::size_t max_characters) {
  std::string result;
  std::size_t characters = 0;
  show_characters(text, [&](const character&, const std::string& shown) {
    if (characters++ == max_characters) {
      result += "...";
      return false;
    }
    result += shown;
    return true;
  });
  return result;
}

std::string in_quotes(std::string_view text) {
  return '"' + one_line(text, quoted_characters) + '"';
}

bool is_printable(std::string_view text) {
  for (std::size_t i = 0; i < text.size();) {
    const character next = character_at(text, i);
    if (next.bytes == 0 || is_control(next.code_point)) {
      return false;
    }
    i += next.bytes;
  }
  return true;
}

std::string some_of(const std::vector<std::string>& words, std::size_t most) {
  constexpr std::size_t longest_word = 60;
  std::string text;
  for (std::size_t i = 0; i < std::min(words.size(), most); ++i) {
    text += (i == 0 ? "" : ", ") + one_line(words[i], longest_word);
  }
  return words.size() > most ? fmt::format("{} and {} more", text, words.size() - most) : text;
}

std::string quoted_list(const std::vector<std::string_view>& words) {
  std::string result;
  for (std::size_t i = 0; i < words.size(); ++i) {
    if (i > 0) {
      result += i + 1 == words.size() ? " or " : ", ";
    }
    result += in_quotes(words[i]);
  }
  return result;
}

std::string did_you_mean(std::string_view word, const std::vector<std::string_view>& known) {
  constexpr std::size_t shortest_beginning = 3;
  constexpr std::size_t most_longer = 3;
  std::vector<std::string_view> longer;
  for (const std::string_view candidate : known) {
    if (word.size() >= shortest_beginning && longer.size() < most_longer && candidate.starts_with(word)) {
      longer.push_back(candidate);
    }
  }
  const std::string_view nearest = nearest_word(word, known);
  if (!longer.empty() && !nearest.starts_with(word)) {
    return fmt::format("; did you mean {}?", quoted_list(longer));
  }
  return nearest.empty() ? "" : "; did you mean " + in_quotes(nearest) + "?";
}

std::string shell_quoted(const std::string& word) {
  constexpr std::string_view plain = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789%+,-./:=@_";
  if (!word.empty() && word.find_first_not_of(plain) == std::string::npos) {
    return word;
  }
  std::string result = "'";
  for (const char c : word) {
    result += c == '\'' ? std::string("'\\''") : std::string(1, c);
  }
  return result + "'";
}

}  // namespace dlac
