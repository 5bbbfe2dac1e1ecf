#include "sim/text/yaml.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <limits>
#include <string_view>

#include <nlohmann/json.hpp>

#include "sim/core/text.h"

namespace dlac {
namespace {

using json = nlohmann::ordered_json;

/// A word that no reader takes for anything but a string.
bool is_plain(std::string_view text) {
  constexpr std::array<std::string_view, 8> other_meaning = {"true", "false", "yes", "no", "on", "off", "null", "n"};
  const auto is_letter = [](char c) { return (c >= 'a' && c <= 'z') || c == '_' || c == '.'; };
  return text.size() > 1 && text.front() >= 'a' && text.front() <= 'z' &&
         std::all_of(text.begin(), text.end(), is_letter) &&
         std::find(other_meaning.begin(), other_meaning.end(), text) == other_meaning.end();
}

std::string double_quoted(std::string_view text) {
  std::string result = "\"";
  for (const char c : one_line(text, std::numeric_limits<std::size_t>::max())) {
    if (c == '{') {
      result += R"(\x7B)";  // "{{" and "{%" mean something to Jinja
    } else {
      result += c == '"' || c == '\\' ? std::string{'\\', c} : std::string(1, c);
    }
  }
  return result + '"';
}

/// YAML 1.1 wants a point: 2e-09 would be a string.
std::string number(double value) {
  std::string text = fmt::format("{}", value);
  if (text.find('.') == std::string::npos) {
    text.insert(std::min(text.find('e'), text.size()), ".0");
  }
  return text;
}

std::string scalar(const json& value) {
  if (value.is_string()) {
    const auto& text = value.get_ref<const std::string&>();
    return is_plain(text) ? text : double_quoted(text);
  }
  return value.is_number_float() ? number(value.get<double>()) : value.dump();
}

/// `lead` stands before the first line, `indent` spaces before the others.
void add(std::string& text, std::string lead, const json& value, std::size_t indent) {
  if (!value.is_structured() || value.empty()) {  // {} and [] are the same in JSON
    text += lead + scalar(value) + '\n';
    return;
  }
  const std::string margin(indent, ' ');
  for (const auto& [key, item] : value.items()) {
    lead += value.is_object() ? key + ":" : "-";
    const bool is_block = item.is_structured() && !item.empty();
    if (!is_block) {
      add(text, lead + ' ', item, indent);
    } else if (value.is_object()) {
      text += lead + '\n';
      add(text, std::string(indent + 2, ' '), item, indent + 2);
    } else {
      add(text, lead + ' ', item, indent + 2);
    }
    lead = margin;
  }
}

}  // namespace

std::string to_yaml(const json& value) {
  std::string text;
  add(text, "", value, 0);
  return text;
}

}  // namespace dlac
