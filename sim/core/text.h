#pragma once
// Text that came from outside, made safe to print: messages are one line whatever a file or a command line holds.

#include <cstddef>
#include <string>
#include <string_view>
#include <vector>

namespace dlac {

/// `text` as a terminal may see it: what would move its cursor, turn the direction of its text or show nothing becomes
/// \n, \t, \x1b, \u{202e}, ..., and bytes that are no valid UTF-8 \xff.
std::string escaped(std::string_view text);

/// escaped(text), but line breaks stay: for text of many lines.
std::string escaped_lines(std::string_view text);

/// escaped(text); text of more than `max_characters` characters is cut and ends in "...".
std::string one_line(std::string_view text, std::size_t max_characters);

/// one_line(text) in double quotes, short enough for a message.
std::string in_quotes(std::string_view text);

/// Valid UTF-8 without control characters.
bool is_printable(std::string_view text);

/// "2, 5, 9 and 4 more": the first `most`, each on one line.
std::string some_of(const std::vector<std::string>& words, std::size_t most = 5);

/// `"a"`, `"a" or "b"`, `"a", "b" or "c"`.
std::string quoted_list(const std::vector<std::string_view>& words);

/// `; did you mean "..."?` with the one of `known` that is nearest in spelling, unless only others begin with the word:
/// then with these, three at most; nothing when none is near.
std::string did_you_mean(std::string_view word, const std::vector<std::string_view>& known);

/// A word of a shell's command line: as it is where a shell would not touch it, else in single quotes.
std::string shell_quoted(const std::string& word);

}  // namespace dlac
