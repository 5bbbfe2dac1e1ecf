#include "sim/text/text_table.h"

#include <doctest/doctest.h>

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
  CHECK(table.text(80) ==
        "      --- both ---\n"
        "name  first second  last\n"
        "a         1      2     3\n");
}

}  // namespace
}  // namespace dlac
