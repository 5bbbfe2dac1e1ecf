// Text that is safe to print, and CSV that is safe to open.

#include "sim/core/text.h"
#include "sim/text/csv.h"

#include <doctest/doctest.h>

#include <string>

namespace dlac {
namespace {

TEST_CASE("text: what a terminal would obey, or not show, is spelt out") {
  CHECK(escaped("größe 🙂 漢字") == "größe 🙂 漢字");
  CHECK(escaped("a\nb\tc\rd") == "a\\nb\\tc\\rd");
  CHECK(escaped(std::string("\x1b[31m\x7f\0", 7)) == "\\x1b[31m\\x7f\\x00");
  CHECK(escaped("\u0085\u009b") == "\\u{85}\\u{9b}");
  for (const auto& [text, shown] : {std::pair{"\u202a", "\\u{202a}"},
                                    {"\u202e", "\\u{202e}"},
                                    {"\u2066", "\\u{2066}"},
                                    {"\u2069", "\\u{2069}"},
                                    {"\u200e", "\\u{200e}"},
                                    {"\u200f", "\\u{200f}"},
                                    {"\u061c", "\\u{61c}"},
                                    {"\u200b", "\\u{200b}"},
                                    {"\u200d", "\\u{200d}"},
                                    {"\u2060", "\\u{2060}"},
                                    {"\ufeff", "\\u{feff}"},
                                    {"\u00ad", "\\u{ad}"},
                                    {"\u2028", "\\u{2028}"},
                                    {"\U000e0041", "\\u{e0041}"}}) {
    CHECK(escaped(text) == shown);
    CHECK(in_quotes(text) == "\"" + std::string(shown) + "\"");
  }
  CHECK(escaped("\xff\xc3(\xed\xa0\x80") == "\\xff\\xc3(\\xed\\xa0\\x80");
  CHECK(escaped_lines("a\nb\x1b\u202e\n") == "a\nb\\x1b\\u{202e}\n");
  CHECK(one_line("\u202e\u202e\u202e", 2) == "\\u{202e}\\u{202e}...");
}

TEST_CASE("csv: fields are quoted, and text that begins like a formula is none") {
  CHECK(csv_field("conv1") == "conv1");
  CHECK(csv_field("a,b\"c") == "\"a,b\"\"c\"");
  for (const std::string number : {"-3", "+4", "-3.5", "-1e-09", "+2.5E+10", "0", "-0"}) {
    CHECK(csv_field(number) == number);
  }
  for (const std::string formula :
       {"=1+1", "+1+1", "-2+3", "@SUM(A1)", "-", "+", "=", "--1", "+-1", "-inf", "-nan", "-.5", "-1e", "+1 2", "\tx"}) {
    CHECK(csv_field(formula) == "'" + formula);
  }
  CHECK(csv_field("\rx") == "\"'\rx\"");
  CHECK(csv_field("=a,b") == "\"'=a,b\"");
  CHECK(csv_field("") == "");
}

}  // namespace
}  // namespace dlac
