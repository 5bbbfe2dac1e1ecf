#include "sim/import/yaml_reader.h"

#include <fmt/format.h>
#include <yaml-cpp/depthguard.h>
#include <yaml-cpp/eventhandler.h>
#include <yaml-cpp/yaml.h>

#include <algorithm>
#include <charconv>
#include <cmath>
#include <sstream>
#include <system_error>

#include "sim/core/error.h"
#include "sim/core/file_io.h"
#include "sim/core/text.h"
#include "sim/import/imported_network.h"

namespace dlac {
namespace {

constexpr std::uint64_t largest_file_bytes = std::uint64_t{256} << 10U;
constexpr std::size_t most_keys = 1024;
constexpr std::size_t most_merges = 64;  // a few anchors in each other would be any number of keys
constexpr std::string_view merge_key = "<<";
constexpr std::string_view merge_key_of_timeloop = "<<<";

bool has_member(const std::vector<std::pair<std::string, yaml_value>>& members, const std::string& key) {
  return std::any_of(members.begin(), members.end(), [&](const auto& member) { return member.first == key; });
}

/// Lets a document pass.
class deaf_handler : public YAML::EventHandler {
 public:
  void OnDocumentStart(const YAML::Mark& /*mark*/) override {}
  void OnDocumentEnd() override {}
  void OnNull(const YAML::Mark& /*mark*/, YAML::anchor_t /*anchor*/) override {}
  void OnAlias(const YAML::Mark& /*mark*/, YAML::anchor_t /*anchor*/) override {}
  void OnScalar(const YAML::Mark& /*mark*/, const std::string& /*tag*/, YAML::anchor_t /*anchor*/,
                const std::string& /*value*/) override {}
  void OnSequenceStart(const YAML::Mark& /*mark*/, const std::string& /*tag*/, YAML::anchor_t /*anchor*/,
                       YAML::EmitterStyle::value /*style*/) override {}
  void OnSequenceEnd() override {}
  void OnMapStart(const YAML::Mark& /*mark*/, const std::string& /*tag*/, YAML::anchor_t /*anchor*/,
                  YAML::EmitterStyle::value /*style*/) override {}
  void OnMapEnd() override {}
};

/// Asking yaml-cpp for all documents never ends where one begins with a comma: it is asked for one, and whether there
/// is more.
void expect_one_document(const std::string& text, const std::string& file) {
  std::istringstream stream(text);
  YAML::Parser parser(stream);
  deaf_handler handler;
  if (!parser.HandleNextDocument(handler)) {
    throw input_error(file, "", "no document", "one");
  }
  if (parser) {
    throw input_error(file, "", "more behind the first document", "one document");
  }
}

}  // namespace

yaml_value::yaml_value(std::string file, std::string place, const YAML::Node& node)
    : file_(std::move(file)), place_(std::move(place)), node_(node) {}

void yaml_value::fail(std::string_view expected) const {
  fail(node_.IsScalar()     ? in_quotes(node_.Scalar())
       : node_.IsSequence() ? "a list"
       : node_.IsMap()      ? "a map"
                            : "nothing",
       expected);
}

void yaml_value::fail(std::string_view found, std::string_view expected) const {
  throw input_error(file_, place_, found, expected);
}

std::vector<std::pair<std::string, yaml_value>> yaml_value::members() const {
  std::vector<std::pair<std::string, yaml_value>> members;
  std::size_t merges = 0;
  add_members(members, merges);
  return members;
}

void yaml_value::add_members(std::vector<std::pair<std::string, yaml_value>>& members, std::size_t& merges) const {
  if (!node_.IsMap()) {
    fail("a map of keys and values");
  }
  if (node_.size() > most_keys || ++merges > most_merges) {
    fail(merges > most_merges ? fmt::format("more than {} merged maps", most_merges)
                              : fmt::format("{} keys", node_.size()),
         "fewer");
  }
  const std::size_t own_begin = members.size();
  std::vector<yaml_value> merged;
  for (const auto& pair : node_) {
    if (!pair.first.IsScalar()) {
      fail("a key that is no text", "plain keys");
    }
    const std::string& key = pair.first.Scalar();
    yaml_value value(file_, place_.empty() ? key : place_ + "." + key, pair.second);
    if (key == merge_key || key == merge_key_of_timeloop) {
      merged.push_back(std::move(value));
      continue;
    }
    const auto own = members.begin() + static_cast<std::ptrdiff_t>(own_begin);
    if (std::any_of(own, members.end(), [&](const auto& member) { return member.first == key; })) {
      value.fail(fmt::format("a second {}", in_quotes(key)), "every key once");
    }
    if (!has_member(members, key)) {
      members.emplace_back(key, std::move(value));
    }
  }
  for (const yaml_value& value : merged) {
    if (value.is_list()) {
      for (const yaml_value& element : value.elements()) {
        element.add_members(members, merges);
      }
    } else {
      value.add_members(members, merges);
    }
  }
}

std::optional<yaml_value> yaml_value::find(std::string_view key) const {
  for (auto& [name, value] : members()) {
    if (name == key) {
      return value;
    }
  }
  return std::nullopt;
}

std::vector<yaml_value> yaml_value::elements() const {
  if (!node_.IsSequence()) {
    fail("a list");
  }
  std::vector<yaml_value> elements;
  for (std::size_t i = 0; i < node_.size(); ++i) {
    elements.emplace_back(file_, fmt::format("{}[{}]", place_, i), node_[i]);
  }
  return elements;
}

std::string yaml_value::text() const {
  if (!node_.IsScalar() || node_.Scalar().empty() || !is_printable(node_.Scalar())) {
    fail("a text");
  }
  return node_.Scalar();
}

std::uint32_t yaml_value::whole(std::uint64_t minimum, std::uint64_t maximum) const {
  if (!node_.IsScalar()) {
    fail(fmt::format("a whole number from {} to {}", minimum, maximum));
  }
  return whole_number(node_.Scalar(), minimum, maximum, file_, place_);
}

double yaml_value::decimal(double minimum, double maximum) const {
  const std::string expected = fmt::format("a number from {} to {}", minimum, maximum);
  if (!node_.IsScalar()) {
    fail(expected);
  }
  const std::string& text = node_.Scalar();
  double number = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), number);
  if (error != std::errc() || end != text.data() + text.size() || !(number >= minimum && number <= maximum)) {
    fail(expected);
  }
  return number;
}

yaml_value read_yaml(const std::string& path) {
  const std::string text = read_file(path, "a YAML file of at most 256 KiB", largest_file_bytes);
  const std::string file = shown_path(path);
  for (const std::string_view mark : {"{{", "{%"}) {
    if (text.find(mark) != std::string::npos) {
      throw input_error(file, "", fmt::format(R"("{}", as of a template)", mark), "YAML, which the template makes");
    }
  }
  try {
    expect_one_document(text, file);
    return {file, "", YAML::Load(text)};
  } catch (const YAML::DeepRecursion& deep) {
    throw input_error(file, "", fmt::format("more than {} lists and maps in each other", deep.depth() - 1), "fewer");
  } catch (const YAML::Exception& error) {
    const std::string place =
        error.mark.is_null() ? "" : fmt::format("line {}, column {}", error.mark.line + 1, error.mark.column + 1);
    throw input_error(file, place, error.msg, "YAML");
  }
}

}  // namespace dlac
