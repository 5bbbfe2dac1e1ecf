#pragma once
// Pages of the documentation that show what the program computes: written by `make docs`, held against it by tests.

#include <doctest/doctest.h>

#include <cstdlib>
#include <fstream>
#include <string>
#include <vector>

#include "tests/system/run_program.h"

namespace dlac::test {

/// Where the environment asks for it (DLAC_WRITE_DOCS), pages are written instead of compared.
inline bool writes_docs() {
  return std::getenv("DLAC_WRITE_DOCS") != nullptr;
}

/// The page of this path in the project has this text.
inline void check_page(const std::string& path, const std::string& wanted) {
  const std::string file = source_folder + "/" + path;
  if (writes_docs()) {
    std::ofstream(file, std::ios::binary) << wanted;
    return;
  }
  const std::string found = contents_of(file);
  std::size_t same = 0;
  while (same < std::min(found.size(), wanted.size()) && found[same] == wanted[same]) {
    ++same;
  }
  const auto line_at = [&](const std::string& text) {
    const auto begin = same == 0 ? 0 : text.rfind('\n', same - 1) + 1;
    return text.substr(begin, text.find('\n', same) - begin);
  };
  INFO(path << " is not what the program computes; `make docs` writes it. It has\n  " << line_at(found)
            << "\nand should have\n  " << line_at(wanted));
  CHECK((found == wanted));
}

/// Takes a page's parts between `<!-- NAME, written by make docs -->` and `<!-- end -->`, one after the other.
class page_with_parts {
 public:
  explicit page_with_parts(std::string path)
      : path_(std::move(path)), text_(contents_of(source_folder + "/" + path_)) {}

  /// `lines` end in a newline.
  void set(const std::string& name, const std::string& lines) {
    const std::string mark = "<!-- " + name + ", written by make docs -->\n";
    const auto mark_at = text_.find(mark);
    REQUIRE_MESSAGE(mark_at != std::string::npos, path_ << " has no part " << name);
    const auto begin = mark_at + mark.size();
    const auto end = text_.find("<!-- end -->", begin);
    REQUIRE(end != std::string::npos);
    text_.replace(begin, end - begin, lines);
    names_.push_back(name);
  }

  /// All parts were set, and the page has what they say.
  void check() const {
    std::size_t marks = 0;
    for (auto at = text_.find(", written by make docs -->"); at != std::string::npos;
         at = text_.find(", written by make docs -->", at + 1)) {
      ++marks;
    }
    CHECK(marks == names_.size());
    check_page(path_, text_);
  }

 private:
  std::string path_;
  std::string text_;
  std::vector<std::string> names_;
};

}  // namespace dlac::test
