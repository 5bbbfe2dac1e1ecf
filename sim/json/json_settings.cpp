// --set: values of the command line over those of a file.

#include <algorithm>
#include <nlohmann/json.hpp>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "sim/core/file_io.h"
#include "sim/core/text.h"
#include "sim/json/json_reader.h"

namespace dlac {
namespace {

std::vector<std::string> split_path(std::string_view path) {
  std::vector<std::string> keys;
  while (true) {
    const std::size_t dot = path.find('.');
    keys.emplace_back(path.substr(0, dot));
    if (dot == std::string_view::npos) {
      return keys;
    }
    path.remove_prefix(dot + 1);
  }
}

/// JSON, or a bare string; what opens like a string, an array or an object was meant as JSON.
nlohmann::json setting_value(const std::string& text, const std::string& label) {
  const std::size_t first = text.find_first_not_of(" \t\r\n");
  if (first == std::string::npos) {
    return text;
  }
  if (text[first] == '"' || text[first] == '[' || text[first] == '{' || nlohmann::json::accept(text)) {
    return parse_json(text, label);
  }
  if (!is_printable(text)) {
    throw input_error(label, "", "a value with control characters", "JSON, or text");
  }
  return text;
}

}  // namespace

json_document::json_document(const std::string& file, nlohmann::json root)
    : file_(shown_path(file)), root_(std::make_unique<nlohmann::json>(std::move(root))) {}

json_document::~json_document() = default;

void json_document::set(const std::string& assignment) {
  set(assignment, "--set " + one_line(assignment, 200));
}

void json_document::set(const std::string& assignment, const std::string& label) {
  const std::size_t equals = assignment.find('=');
  if (equals == std::string::npos) {
    throw input_error(label, "", "no \"=\"", "KEY=VALUE, such as grid.rows=4");
  }
  const std::vector<std::string> keys = split_path(std::string_view(assignment).substr(0, equals));
  if (std::find(keys.begin(), keys.end(), "") != keys.end()) {
    throw input_error(label, "", "an empty key", "KEY=VALUE, such as grid.rows=4");
  }

  nlohmann::json* node = root_.get();
  nlohmann::json::json_pointer pointer;
  std::optional<std::string> topmost_new;
  for (const std::string& key : keys) {
    if (node->is_null() || node->is_discarded()) {
      *node = nlohmann::json::object();
      topmost_new = topmost_new.value_or(pointer.to_string());
    }
    if (!node->is_object()) {
      // Only the root can be the file's own mistake: every other path was spelt on the command line.
      throw input_error(node == root_.get() ? file_ : label, pointer.to_string(),
                        json_value(*this, *node, "").description(), "an object");
    }
    const auto [member, is_new] = node->emplace(key, nlohmann::json::value_t::discarded);
    node = &*member;
    pointer.push_back(key);
    if (is_new) {
      topmost_new = topmost_new.value_or(pointer.to_string());
    }
  }
  nlohmann::json value = setting_value(assignment.substr(equals + 1), label);
  // A removed key stays in the tree as a discarded value, so that an unknown one is still found.
  *node = value.is_null() ? nlohmann::json(nlohmann::json::value_t::discarded) : std::move(value);
  settings_.push_back({topmost_new.value_or(pointer.to_string()), label});
}

input_error json_document::error(std::string_view pointer, std::string_view found, std::string_view expected) const {
  const auto covers = [&](const setting& s) {
    return pointer.starts_with(s.pointer) && (pointer.size() == s.pointer.size() || pointer[s.pointer.size()] == '/');
  };
  const auto last = std::find_if(settings_.rbegin(), settings_.rend(), covers);
  return {last == settings_.rend() ? file_ : last->label, pointer, found, expected};
}

}  // namespace dlac
