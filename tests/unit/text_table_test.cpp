// Text tables: widths, groups, wrapped and dropped columns.

#include "sim/text/text_table.h"

#include <doctest/doctest.h>

#include <string>

namespace dlac {
namespace {

TEST_CASE("text table: names are shortened in the middle, by characters") {
  CHECK(shortened("conv", 4) == "conv");
  CHECK(shortened("layer2.0.downsample", 9) == "laye…mple");
  CHECK(shortened("größe", 3) == "g…e");
  CHECK(shortened("abc", 1) == "…");
  CHECK(character_count("größe…") == 6);
}

TEST_CASE("text table: group titles stand above their columns") {
  text_table table({{"name", ""}, {"first", "both"}, {"second", "both"}, {"last", ""}});
  table.add_row({"a", "1", "2", "3"});
  CHECK(table.text({80}) ==
        "      --- both ---\n"
        "name  first second  last\n"
        "a         1      2     3\n");
}

TEST_CASE("text table: a group's title widens its columns, it is not cut") {
  text_table table({{"name", ""}, {"a", "non-zero %"}, {"b", "non-zero %"}});
  table.add_row({"x", "1", "2"});
  CHECK(table.text({80}) ==
        "       non-zero %\n"
        "name           a b\n"
        "x              1 2\n");
}

TEST_CASE("text table: what is too wide for a terminal goes on below, groups whole") {
  text_table table({{"layer", ""}, {"one", ""}, {"x", "pair"}, {"y", "pair"}, {"two", ""}});
  table.add_row({"conv.1.with.a.long.name", "1234", "5", "6", "789"});
  table.add_gap();
  table.add_row({"all", "1", "2", "3", "4"});
  CHECK(table.text({200, true}) == table.text({200}));
  CHECK(table.text({24, true}) ==
        "                   pair\n"
        "layer        one     x y\n"
        "conv.…name  1234     5 6\n"
        "\n"
        "all            1     2 3\n"
        "\n"
        "layer                two\n"
        "conv.1.wi…long.name  789\n"
        "\n"
        "all                    4\n");
  const std::string narrowest = table.text({4, true});
  for (const std::string number : {" 1234\n", " 5\n", " 6\n", " 789\n"}) {
    CHECK(narrowest.find(number) != std::string::npos);
  }
}

TEST_CASE("text table: cells cannot move the cursor") {
  text_table table({{"name", ""}, {"n", ""}});
  table.add_row({"a\x1b[1m\nb\u202e", "1"});
  CHECK(table.text({80}).find("a\\x1b[1m\\nb\\u{202e}  1\n") != std::string::npos);
}

TEST_CASE("text: lines are broken at blanks, words stay whole") {
  CHECK(wrapped("energy      12.5 mJ on chip", 20, 12) == "energy      12.5 mJ\n            on chip\n");
  CHECK(wrapped("one two\nthree", 80, 4) == "one two\nthree\n");
  CHECK(wrapped("a verylongwordindeed b", 8, 2) == "a\n  verylongwordindeed\n  b\n");
  CHECK(wrapped("a\n\nb", 8, 2) == "a\n\nb\n");
  CHECK(wrapped("", 8, 2).empty());
}

}  // namespace
}  // namespace dlac
