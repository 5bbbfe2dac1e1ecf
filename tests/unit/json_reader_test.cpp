// The strict JSON reader, and the messages that it gives.

#include "sim/json/json_reader.h"
#include "sim/core/text.h"

#include <doctest/doctest.h>

#include <cstdint>
#include <limits>
#include <string>
#include <vector>

#include "sim/json/json_format.h"
#include "tests/unit/bad_input.h"

namespace dlac {
namespace {

using test::message_of;

std::string parse_message(std::string_view text) {
  return message_of([&] { parse_json(text, "x.json"); });
}

/// The message of reading `text` with `read`, given the root.
template <class Read>
std::string read_message(std::string_view text, const Read& read) {
  const json_document document("x.json", parse_json(text, "x.json"));
  return message_of([&] { static_cast<void>(read(document.root())); });
}

TEST_CASE("syntax errors name the line, the column, what was found and what was expected") {
  CHECK(parse_message("{\n  \"a\": 1,\n  x }") ==
        "x.json: line 3, column 3: found invalid literal; last read: '1,<U+000A>  x', expected string literal");
  CHECK(parse_message("{\"a\": 1") == "x.json: line 1, column 8: found end of input, expected '}'");
  CHECK(parse_message("{\"a\": 1}}") == "x.json: line 1, column 9: found '}', expected end of input");
  CHECK(parse_message("[1,\n]") == "x.json: line 2, column 1: found ']', expected '[', '{', or a literal");
  CHECK(parse_message("// no comments\n{}") ==
        "x.json: line 1, column 1: found invalid literal; last read: '/', expected JSON");
  CHECK(parse_message("{\"a\": 1e999}") ==
        "x.json: line 1, column 11: found number overflow parsing '1e999', expected JSON");
  CHECK(parse_message("") == "x.json: found an empty file, expected JSON");
  CHECK(parse_message(" \n\t") == "x.json: found an empty file, expected JSON");
}

TEST_CASE("text that is not UTF-8 or has control characters stays out, and out of the message") {
  const std::string message = parse_message("{\"\xff\": 1}");
  CHECK(message.find("line 1, column 3: found invalid string: ill-formed UTF-8 byte") != std::string::npos);
  CHECK(message.find("\\xff") != std::string::npos);
}

TEST_CASE("a NUL byte ends no document, wherever it stands") {
  const auto message = [](std::string_view text) { return parse_message(text); };
  CHECK(message(std::string_view("{\"a\": 1}\n\0garbage", 17)) ==
        "x.json: line 2, column 1: found a NUL byte, expected JSON, which is text");
  CHECK(message(std::string_view("{\"a\": 1}\0", 9)) ==
        "x.json: line 1, column 9: found a NUL byte, expected JSON, which is text");
  for (const std::string_view text : {std::string_view("\0", 1), std::string_view("\0{}", 3),
                                      std::string_view("[\"\0\"]", 5), std::string_view("[1,\0 2]", 7)}) {
    CHECK(message(text).find("found a NUL byte") != std::string::npos);
  }
}

TEST_CASE("a key may stand once") {
  CHECK(parse_message(R"({"a": {"b": 1, "b": 1}})") == "x.json: /a/b: found a second \"b\", expected every key once");
  CHECK(parse_message(R"({"a~/": [1, {"x": 2, "x": 3}]})") ==
        "x.json: /a~0~1/1/x: found a second \"x\", expected every key once");
}

TEST_CASE("nesting is bounded") {
  CHECK(parse_message(std::string(64, '[') + std::string(64, ']')) == "");
  CHECK(parse_message(std::string(65, '[') + std::string(65, ']')) ==
        "x.json: found more than 64 levels of nesting, expected fewer");
  CHECK(parse_message(std::string(1000000, '[')) == "x.json: found more than 64 levels of nesting, expected fewer");
}

TEST_CASE("files that are none") {
  const test::temporary_folder folder;
  const std::string expected = ", expected a JSON file of at most 16 MiB";
  const auto load_message = [](const std::string& path) { return message_of([&] { json_document::load(path); }); };
  CHECK(load_message(folder.path("")) == folder.path("") + ": found a folder" + expected);
  CHECK(load_message(folder.path("none.json")) == folder.path("none.json") + ": found no such file" + expected);
  CHECK(load_message(folder.file("empty.json", "")) ==
        folder.path("empty.json") + ": found an empty file, expected JSON");
  CHECK(load_message(folder.file("large.json", std::string((1U << 24U) + 1, ' '))) ==
        folder.path("large.json") + ": found more than 16777216 bytes" + expected);
  CHECK(load_message("/dev/zero") == "/dev/zero: found a device, whose end may never come" + expected);
}

TEST_CASE("integers are written as integers and are in range") {
  const auto message = [](std::string_view text) {
    return read_message(text, [](const json_value& v) { return v.elements(1, 1)[0].integer(0, 1024); });
  };
  const std::string expected = ", expected an integer from 0 to 1024";
  CHECK(message("[0]") == "");
  CHECK(message("[-0]") == "");
  CHECK(message("[1024]") == "");
  CHECK(message("[1025]") == "x.json: /0: found 1025" + expected);
  CHECK(message("[-1]") == "x.json: /0: found -1" + expected);
  CHECK(message("[8.0]") == "x.json: /0: found 8.0" + expected);
  CHECK(message("[1e2]") == "x.json: /0: found 100.0" + expected);
  CHECK(message("[\"8\"]") == "x.json: /0: found \"8\"" + expected);
  CHECK(message("[true]") == "x.json: /0: found true" + expected);
  CHECK(message("[null]") == "x.json: /0: found null" + expected);
  CHECK(message("[18446744073709551615]") == "x.json: /0: found 18446744073709551615" + expected);
  CHECK(message("[18446744073709551616]") == "x.json: /0: found 18446744073709551616" + expected);
  CHECK(message("[-9223372036854775808]") == "x.json: /0: found -9223372036854775808" + expected);
}

TEST_CASE("a $schema is a string") {
  const auto message = [](std::string_view text) {
    return read_message(text, [](const json_value& v) { v.check_keys({"a"}); });
  };
  CHECK(message(R"({"$schema": "s", "a": 1})") == "");
  CHECK(message(R"({"a": 1, "$schema": 5})") == "x.json: /$schema: found 5, expected a string");
}

TEST_CASE("the whole range of 64 bits is read exactly") {
  const json_document document("x.json", parse_json("18446744073709551615", "x.json"));
  CHECK(document.root().integer(0, std::numeric_limits<std::uint64_t>::max()) ==
        std::numeric_limits<std::uint64_t>::max());
}

TEST_CASE("numbers are in range") {
  const auto message = [](std::string_view text) {
    return read_message(text, [](const json_value& v) { return v.number(0.5, 100000); });
  };
  CHECK(message("0.5") == "");
  CHECK(message("100000") == "");
  CHECK(message("0.49") == "x.json: found 0.49, expected a number from 0.5 to 100000");
  CHECK(message("100000.5") == "x.json: found 100000.5, expected a number from 0.5 to 100000");
  CHECK(message("\"nan\"") == "x.json: found \"nan\", expected a number from 0.5 to 100000");
}

TEST_CASE("strings are printable and bounded") {
  const auto message = [](std::string_view text) {
    return read_message(text, [](const json_value& v) { return v.text(); });
  };
  CHECK(message("\"caf\xc3\xa9\"") == "");
  CHECK(message("\"\"") == "x.json: found \"\", expected a string that is not empty");
  CHECK(message("\"a\\nb\"") == "x.json: found \"a\\nb\", expected a string without control characters");
  CHECK(message("\"\\u0085\"") == "x.json: found \"\\u{85}\", expected a string without control characters");
  CHECK(message("7") == "x.json: found 7, expected a string");
  CHECK(message('"' + std::string(5000, 'a') + '"') == "x.json: found a string of 5000 bytes, expected at most 4096");
}

TEST_CASE("booleans, choices and arrays") {
  CHECK(read_message("1", [](const json_value& v) { return v.boolean(); }) ==
        "x.json: found 1, expected true or false");
  const auto choose = [](const json_value& v) { return v.choice({"none", "both"}); };
  CHECK(read_message("\"both\"", choose) == "");
  CHECK(read_message("\"bth\"", choose) ==
        "x.json: found \"bth\", expected one of \"none\" or \"both\"; did you mean \"both\"?");
  CHECK(read_message("{}", choose) == "x.json: found an object, expected one of \"none\" or \"both\"");
  const auto pair = [](const json_value& v) { return v.elements(2, 2); };
  CHECK(read_message("[1]", pair) == "x.json: found an array of 1 element, expected an array of 2 elements");
  CHECK(read_message("{}", pair) == "x.json: found an object, expected an array of 2 elements");
  const auto list = [](const json_value& v) { return v.elements(1, 3); };
  CHECK(read_message("[]", list) == "x.json: found an array of 0 elements, expected an array of 1 to 3 elements");
}

TEST_CASE("an unknown key gets the nearest known one") {
  const auto check = [](const json_value& v) {
    v.check_keys({"grid", "clock_mhz", "fma_units"});
    return 0;
  };
  const std::string expected = ", expected one of \"grid\", \"clock_mhz\" or \"fma_units\"";
  CHECK(read_message(R"({"grid": 1})", check) == "");
  CHECK(read_message(R"({"grdi": 1})", check) ==
        "x.json: /grdi: found unknown key \"grdi\"" + expected + "; did you mean \"grid\"?");
  CHECK(read_message(R"({"fmaUnits": 1})", check) ==
        "x.json: /fmaUnits: found unknown key \"fmaUnits\"" + expected + "; did you mean \"fma_units\"?");
  CHECK(read_message(R"({"colour": 1})", check) == "x.json: /colour: found unknown key \"colour\"" + expected);
  CHECK(read_message("[]", check) == "x.json: found an array of 0 elements, expected an object");
}

TEST_CASE("messages stay one short line whatever the file holds") {
  const std::string long_key = std::string(100000, 'k') + "\\n";
  const std::string message = read_message("{\"" + long_key + "\": 1}", [](const json_value& v) {
    v.check_keys({"grid"});
    return 0;
  });
  CHECK(message.size() < 500);
  CHECK(message.find('\n') == std::string::npos);
  CHECK(std::string(input_error("a\nb", "c\td", "e\x1b[0m", "f").what()) ==
        "a\\nb: c\\td: found e\\x1b[0m, expected f");
}

TEST_CASE("what was meant: words that begin like it, three at most, before the nearest one") {
  CHECK(did_you_mean("resnet", {"lenet", "resnet18", "resnet20", "resnet34", "resnet50"}) ==
        "; did you mean \"resnet18\", \"resnet20\" or \"resnet34\"?");
  CHECK(did_you_mean("lenett", {"lenet", "resnet18"}) == "; did you mean \"lenet\"?");
  CHECK(did_you_mean("re", {"resnet18"}) == "");
}

TEST_CASE("the nearest word: one slip always, a third of the word at most, never all of it") {
  const std::vector<std::string_view> known = {"rows", "cols", "epilogue"};
  CHECK(nearest_word("rosw", known) == "rows");
  CHECK(nearest_word("ROWS", known) == "rows");
  CHECK(nearest_word("row", known) == "rows");
  CHECK(nearest_word("columns", known) == "");
  CHECK(nearest_word("epilog", known) == "epilogue");
  CHECK(nearest_word("", known) == "");
  CHECK(nearest_word("x", {"y"}) == "");
  CHECK(nearest_word("rows", {}) == "");
  CHECK(nearest_word(std::string(100000, 'r'), known) == "");
}

struct point {
  std::uint32_t x = 7;
  std::optional<std::uint32_t> y;
};

TEST_CASE("an object's table reads, writes and describes it") {
  const json_format<point> format = object_format<point>("A point.")
                                        .constant("kind", "point")
                                        .defaulted("x", &point::x, integer_format<std::uint32_t>(0, 9), "Across.")
                                        .omittable("y", &point::y, integer_format<std::uint32_t>(0, 9), "Up.")
                                        .format();
  CHECK(read_message(R"({"x": 1})", format.read) == "x.json: /kind: found no key \"kind\", expected \"point\"");
  CHECK(read_message(R"({"kind": "line"})", format.read) == "x.json: /kind: found \"line\", expected \"point\"");
  CHECK(read_message(R"({"kind": "point", "y": 10})", format.read) ==
        "x.json: /y: found 10, expected an integer from 0 to 9");

  const json_document document("x.json", parse_json(R"({"kind": "point"})", "x.json"));
  const point value = format.read(document.root());
  CHECK(format.write(value).dump() == R"({"kind":"point","x":7})");
  CHECK(format.write({1, 2}).dump() == R"({"kind":"point","x":1,"y":2})");
  CHECK(format.schema()["properties"]["x"].dump() ==
        R"({"description":"Across.","type":"integer","minimum":0,"maximum":9,"default":7})");
  CHECK(format.schema()["required"].dump() == R"(["kind"])");
  CHECK(format.schema()["additionalProperties"] == false);
}

}  // namespace
}  // namespace dlac
