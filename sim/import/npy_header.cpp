#include "sim/import/npy_header.h"

#include <fmt/format.h>

#include <algorithm>
#include <charconv>
#include <system_error>

#include "sim/core/error.h"
#include "sim/core/text.h"

namespace dlac {
namespace {

constexpr std::size_t most_axes = 32;

class literal_parser {
 public:
  literal_parser(std::string_view text, const std::string& file) : text_(text), file_(file) {}

  npy_header header() {
    npy_header result;
    std::vector<std::string> keys;
    expect('{');
    while (!take('}')) {
      const std::string key = quoted();
      if (std::find(keys.begin(), keys.end(), key) != keys.end()) {
        fail("a second " + in_quotes(key), "every key once");
      }
      keys.push_back(key);
      expect(':');
      if (key == "descr") {
        result.descr = quoted();
      } else if (key == "fortran_order") {
        result.is_fortran_order = boolean();
      } else if (key == "shape") {
        result.shape = tuple();
      } else {
        fail(in_quotes(key), R"("descr", "fortran_order" and "shape")");
      }
      if (!take(',')) {
        expect('}');
        break;
      }
    }
    skip_blanks();
    if (at_ != text_.size()) {
      fail("text behind the header", "blanks");
    }
    if (keys.size() != 3) {
      fail(fmt::format("{} keys", keys.size()), R"("descr", "fortran_order" and "shape")");
    }
    return result;
  }

 private:
  [[noreturn]] void fail(std::string_view found, std::string_view expected) const {
    throw input_error(file_, "header", found, expected);
  }
  void skip_blanks() { at_ = std::min(text_.find_first_not_of(" \t\n", at_), text_.size()); }
  bool take(char c) {
    skip_blanks();
    const bool is_there = at_ < text_.size() && text_[at_] == c;
    at_ += is_there ? 1 : 0;
    return is_there;
  }
  void expect(char c) {
    if (!take(c)) {
      fail(at_ == text_.size() ? "its end" : in_quotes(text_.substr(at_, 20)), fmt::format("'{}'", c));
    }
  }
  std::string quoted() {
    skip_blanks();
    const char quote = at_ < text_.size() ? text_[at_] : '\0';
    const std::size_t end = quote == '\'' || quote == '"' ? text_.find(quote, at_ + 1) : std::string_view::npos;
    if (end == std::string_view::npos) {
      fail(at_ == text_.size() ? "its end" : in_quotes(text_.substr(at_, 20)),
           "a text in quotes: an array of plain numbers");
    }
    std::string word(text_.substr(at_ + 1, end - at_ - 1));
    at_ = end + 1;
    return word;
  }
  bool boolean() {
    skip_blanks();
    for (const auto& [word, value] : {std::pair("True", true), std::pair("False", false)}) {
      if (text_.substr(at_).starts_with(word)) {
        at_ += std::string_view(word).size();
        return value;
      }
    }
    fail(in_quotes(text_.substr(at_, 20)), "True or False");
  }
  std::vector<std::uint64_t> tuple() {
    std::vector<std::uint64_t> shape;
    expect('(');
    while (!take(')')) {
      skip_blanks();
      std::uint64_t extent = 0;
      const auto [end, error] = std::from_chars(text_.data() + at_, text_.data() + text_.size(), extent);
      if (error != std::errc()) {
        fail(in_quotes(text_.substr(at_, 20)), "a shape: whole numbers in brackets");
      }
      at_ = static_cast<std::size_t>(end - text_.data());
      static_cast<void>(take('L'));  // Python 2 wrote long numbers so
      shape.push_back(extent);
      if (shape.size() > most_axes) {
        fail(fmt::format("more than {} axes", most_axes), "fewer");
      }
      if (!take(',')) {
        expect(')');
        break;
      }
    }
    return shape;
  }

  std::string_view text_;
  const std::string& file_;
  std::size_t at_ = 0;
};

}  // namespace

npy_header parse_npy_header(std::string_view text, const std::string& file) {
  return literal_parser(text, file).header();
}

}  // namespace dlac
