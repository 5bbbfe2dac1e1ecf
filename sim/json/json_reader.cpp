#include "sim/json/json_reader.h"

#include <fmt/core.h>

#include <algorithm>
#include <cmath>
#include <nlohmann/json.hpp>
#include <utility>

#include "sim/core/text.h"

namespace dlac {
namespace {

std::string child_pointer(const std::string& parent, std::string_view key) {
  std::string result = parent + '/';
  for (const char c : key) {
    result += c == '~' ? "~0" : c == '/' ? "~1" : std::string(1, c);
  }
  return result;
}

constexpr double largest_exact = 1e15;  ///< below it JSON prints whole numbers digit by digit
constexpr double longest_plain = 1e22;  ///< with all digits

/// `{}` of fmt prints 1e+05 for 100000.0; limits read better plain.
std::string plain_number(double number) {
  const double rounded = std::nearbyint(number);
  return rounded == number && std::abs(number) < longest_plain ? fmt::format("{:.0f}", number)
                                                               : fmt::format("{}", number);
}

std::string element_count(std::size_t count) {
  return fmt::format("{} element{}", count, count == 1 ? "" : "s");
}

}  // namespace

std::string integer_expectation(std::uint64_t minimum, std::uint64_t maximum) {
  return fmt::format("an integer from {} to {}", minimum, maximum);
}

std::string number_expectation(double minimum, double maximum) {
  return fmt::format("a number from {} to {}", plain_number(minimum), plain_number(maximum));
}

std::string choice_expectation(const std::vector<std::string_view>& words) {
  return (words.size() > 1 ? "one of " : "") + quoted_list(words);
}

std::string array_expectation(std::size_t minimum, std::size_t maximum) {
  return minimum == maximum ? fmt::format("an array of {}", element_count(minimum))
                            : fmt::format("an array of {} to {}", minimum, element_count(maximum));
}

bool is_remark(std::string_view key) {
  return key == schema_key || key == comment_key;
}

json_value json_document::root() const {
  return {*this, *root_, ""};
}

bool json_value::is_null() const {
  return node_->is_null();
}
bool json_value::is_object() const {
  return node_->is_object();
}
bool json_value::is_array() const {
  return node_->is_array();
}
bool json_value::is_string() const {
  return node_->is_string();
}

bool json_value::is_number() const {
  return node_->is_number();
}

std::string json_value::description() const {
  if (is_string()) {
    return in_quotes(node_->get_ref<const std::string&>());
  }
  if (is_array()) {
    return fmt::format("an array of {}", element_count(node_->size()));
  }
  if (node_->is_number_float() && std::abs(node_->get<double>()) >= largest_exact) {
    return plain_number(node_->get<double>());
  }
  return is_object() ? "an object" : node_->dump();
}

void json_value::fail(std::string_view expected) const {
  fail(description(), expected);
}

void json_value::fail(std::string_view found, std::string_view expected) const {
  throw document_->error(pointer_, found, expected);
}

bool json_value::boolean() const {
  if (!node_->is_boolean()) {
    fail("true or false");
  }
  return node_->get<bool>();
}

std::string json_value::text() const {
  if (!is_string()) {
    fail("a string");
  }
  const auto& text = node_->get_ref<const std::string&>();
  if (text.empty()) {
    fail("a string that is not empty");
  }
  if (text.size() > longest_text) {
    fail(fmt::format("a string of {} bytes", text.size()), fmt::format("at most {}", longest_text));
  }
  if (!is_printable(text)) {
    fail("a string without control characters");
  }
  return text;
}

std::uint64_t json_value::integer(std::uint64_t minimum, std::uint64_t maximum) const {
  // The parser makes an unsigned of every integer without a sign; with one, only -0 is in range.
  const bool is_integer =
      node_->is_number_integer() && (node_->is_number_unsigned() || node_->get<std::int64_t>() == 0);
  if (!is_integer || node_->get<std::uint64_t>() < minimum || node_->get<std::uint64_t>() > maximum) {
    fail(integer_expectation(minimum, maximum));
  }
  return node_->get<std::uint64_t>();
}

double json_value::number(double minimum, double maximum) const {
  if (!node_->is_number() || !(node_->get<double>() >= minimum && node_->get<double>() <= maximum)) {
    fail(number_expectation(minimum, maximum));
  }
  return node_->get<double>();
}

std::size_t json_value::choice(const std::vector<std::string_view>& words) const {
  if (!is_string()) {
    fail(choice_expectation(words));
  }
  const auto& word = node_->get_ref<const std::string&>();
  const auto position = std::find(words.begin(), words.end(), word);
  if (position == words.end()) {
    fail(choice_expectation(words) + did_you_mean(word, words));
  }
  return static_cast<std::size_t>(position - words.begin());
}

std::vector<json_value> json_value::elements(std::size_t minimum, std::size_t maximum) const {
  if (!is_array() || node_->size() < minimum || node_->size() > maximum) {
    fail(array_expectation(minimum, maximum));
  }
  std::vector<json_value> result;
  result.reserve(node_->size());
  for (std::size_t i = 0; i < node_->size(); ++i) {
    result.emplace_back(*document_, (*node_)[i], child_pointer(pointer_, std::to_string(i)));
  }
  return result;
}

void json_value::check_keys(const std::vector<std::string_view>& known) const {
  if (!is_object()) {
    fail("an object");
  }
  for (const auto& [key, member] : node_->items()) {
    if (key == schema_key && !member.is_string()) {
      json_value(*document_, member, child_pointer(pointer_, key)).fail("a string");
    }
    if (!is_remark(key) && std::find(known.begin(), known.end(), key) == known.end()) {
      fail_unknown(key, known);
    }
  }
}

void json_value::fail_unknown(const std::string& key, const std::vector<std::string_view>& known) const {
  throw document_->error(child_pointer(pointer_, key), "unknown key " + in_quotes(key),
                         choice_expectation(known) + did_you_mean(key, known));
}

std::optional<json_value> json_value::find(std::string_view key) const {
  const auto member = node_->find(key);
  if (member == node_->end() || member->is_discarded()) {  // removed by json_document::set
    return std::nullopt;
  }
  return json_value(*document_, *member, child_pointer(pointer_, key));
}

json_value json_value::member(std::string_view key, std::string_view expected) const {
  if (auto found = find(key)) {
    return *std::move(found);
  }
  throw document_->error(child_pointer(pointer_, key), "no key " + in_quotes(key), expected);
}

json_value json_value::tag(const std::string& key, std::string_view expected) const {
  if (!is_object()) {
    fail("an object");
  }
  if (!find(key)) {
    for (const auto& [other, unused] : node_->items()) {
      if (!nearest_word(other, {key}).empty()) {
        fail_unknown(other, {key});
      }
    }
  }
  return member(key, expected);
}

}  // namespace dlac
