// Text to JSON: a builder on nlohmann's event parser that refuses what the ready-made one lets through (duplicate keys,
// bottomless nesting).

#include <fmt/core.h>

#include <algorithm>
#include <nlohmann/json.hpp>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "sim/core/file_io.h"
#include "sim/core/text.h"
#include "sim/json/json_reader.h"

namespace dlac {
namespace {

constexpr std::size_t deepest_nesting = 64;

/// "line 3, column 7" of the last of the first `bytes_read` bytes.
std::string text_place(std::string_view text, std::size_t bytes_read) {
  const std::string_view before = text.substr(0, std::min(std::max<std::size_t>(bytes_read, 1) - 1, text.size()));
  const auto line = 1 + std::count(before.begin(), before.end(), '\n');
  const std::size_t line_begin = before.rfind('\n') + 1;  // npos + 1 is 0: the first line
  return fmt::format("line {}, column {}", line, before.size() - line_begin + 1);
}

void remove_until(std::string& text, std::string_view marker) {
  if (const std::size_t at = text.find(marker); at != std::string::npos) {
    text.erase(0, at + marker.size());
  }
}

/// Takes nlohmann's "[json.exception...] parse error at line 1, column 2: syntax error while parsing value - unexpected
/// X; expected Y" apart into found X, expected Y.
input_error syntax_error(const std::string& file, std::string_view text, std::size_t bytes_read, std::string message) {
  remove_until(message, "] ");
  remove_until(message, " - ");
  std::string expected = "JSON";
  constexpr std::string_view separator = "; expected ";
  if (const std::size_t at = message.find(separator); at != std::string::npos) {
    expected = message.substr(at + separator.size());
    message.resize(at);
  }
  constexpr std::string_view unexpected = "unexpected ";
  if (message.starts_with(unexpected)) {
    message.erase(0, unexpected.size());
  }
  return {file, text_place(text, bytes_read), message, expected};
}

class tree_builder {
 public:
  tree_builder(std::string_view text, const std::string& file) : text_(text), file_(file) {}

  // The events of nlohmann::json::sax_parse.
  bool null() { return add(nullptr); }
  bool boolean(bool value) { return add(value); }
  bool number_integer(std::int64_t value) { return add(value); }
  bool number_unsigned(std::uint64_t value) { return add(value); }
  bool number_float(double value, const std::string&) { return add(value); }
  bool string(std::string& value) { return add(std::move(value)); }
  bool binary(nlohmann::json::binary_t&) { return false; }
  bool start_object(std::size_t) { return open(nlohmann::json::object()); }
  bool start_array(std::size_t) { return open(nlohmann::json::array()); }
  bool end_object() { return close(); }
  bool end_array() { return close(); }
  bool key(std::string& name) {
    const auto [member, is_new] = open_.back().node->get_ref<nlohmann::json::object_t&>().try_emplace(name);
    if (!is_new) {
      throw input_error(file_, place(name), fmt::format("a second {}", in_quotes(name)), "every key once");
    }
    open_.back().key = name;
    member_ = &member->second;
    return true;
  }
  bool parse_error(std::size_t bytes_read, const std::string&, const nlohmann::detail::exception& error) {
    throw syntax_error(file_, text_, bytes_read, error.what());
  }

  nlohmann::json take() { return std::move(root_); }

 private:
  struct level {
    nlohmann::json* node;
    std::string key;  ///< the last one read, for messages
  };

  nlohmann::json* place_value(nlohmann::json value) {
    nlohmann::json* target = &root_;
    if (!open_.empty() && open_.back().node->is_array()) {
      target = &open_.back().node->get_ref<nlohmann::json::array_t&>().emplace_back();
    } else if (!open_.empty()) {
      target = member_;
    }
    *target = std::move(value);
    return target;
  }
  bool add(nlohmann::json value) {
    place_value(std::move(value));
    return true;
  }
  bool open(nlohmann::json container) {
    if (open_.size() == deepest_nesting) {
      throw input_error(file_, "", fmt::format("more than {} levels of nesting", deepest_nesting), "fewer");
    }
    nlohmann::json* node = place_value(std::move(container));
    open_.push_back({node, ""});
    return true;
  }
  bool close() {
    open_.pop_back();
    return true;
  }
  /// JSON pointer of member `name` of the innermost object.
  [[nodiscard]] std::string place(const std::string& name) const {
    nlohmann::json::json_pointer pointer;
    for (std::size_t i = 0; i + 1 < open_.size(); ++i) {
      const level& outer = open_[i];
      outer.node->is_array() ? pointer.push_back(std::to_string(outer.node->size() - 1)) : pointer.push_back(outer.key);
    }
    pointer.push_back(name);
    return pointer.to_string();
  }

  std::string_view text_;
  const std::string& file_;
  nlohmann::json root_;
  nlohmann::json* member_ = nullptr;
  std::vector<level> open_;
};

}  // namespace

nlohmann::json parse_json(std::string_view text, const std::string& file) {
  if (text.find_first_not_of(" \t\r\n") == std::string_view::npos) {
    throw input_error(file, "", "an empty file", "JSON");
  }
  // The parser takes a NUL byte for the end of the text, and would leave what follows unread.
  if (const std::size_t nul = text.find('\0'); nul != std::string_view::npos) {
    throw input_error(file, text_place(text, nul + 1), "a NUL byte", "JSON, which is text");
  }
  tree_builder builder(text, file);
  nlohmann::json::sax_parse(text, &builder);
  return builder.take();
}

nlohmann::json json_document::load(const std::string& path) {
  return parse_json(read_file(path, "a JSON file of at most 16 MiB", largest_json_bytes), shown_path(path));
}

}  // namespace dlac
