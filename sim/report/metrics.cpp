#include "sim/report/metrics.h"

#include <fmt/format.h>
#include <fnmatch.h>

#include <algorithm>
#include <cctype>
#include <nlohmann/json.hpp>
#include <optional>

#include "sim/core/error.h"
#include "sim/core/text.h"
#include "sim/report/report.h"
#include "sim/report/report_fields.h"
#include "sim/report/table_words.h"

namespace dlac {
namespace {

constexpr std::string_view root_group = "Keys of the report";
constexpr std::string_view column_group = "Columns of the table";
constexpr std::string_view line_group = "Lines under the table";

std::string_view scope_text(field_scope scope) {
  switch (scope) {
    case field_scope::layer:
      return "each layer (JSON, CSV)";
    case field_scope::total:
      return "totals (JSON; CSV of a sweep)";
    case field_scope::both:
      break;
  }
  return "each layer (JSON, CSV) and totals (JSON; CSV of a sweep)";
}

std::vector<std::string> paths_of(const report_field& field) {
  std::vector<std::string> paths = {field.name};
  if (field.is_in(field_scope::layer)) {
    paths.push_back("layers." + field.name);
  }
  if (field.is_in(field_scope::total)) {
    paths.push_back("totals." + field.name);
    paths.push_back("totals.ternary." + field.name);
  }
  return paths;
}

metric of_field(const report_field& field) {
  return {.name = field.name,
          .group = std::string(field.group),
          .definition = field.description,
          .formula = field.formula,
          .unit = std::string(field.unit),
          .found = std::string(scope_text(field.scope)),
          .page = std::string(field.rule.page),
          .heading = std::string(field.rule.heading),
          .paths = paths_of(field)};
}

metric of_root_key(const std::string& key, const nlohmann::ordered_json& schema) {
  return {.name = key,
          .group = std::string(root_group),
          .definition = schema.at("description").get<std::string>(),
          .formula = "",
          .unit = "",
          .found = "JSON",
          .page = "",
          .heading = "",
          .paths = {key}};
}

/// A word of the table stands for a field, perhaps scaled; without one it says all by itself.
metric of_word(const table_word& word, std::string_view group, std::string found) {
  const auto fields = report_fields();
  const auto field =
      std::find_if(fields.begin(), fields.end(), [&](const report_field& f) { return f.name == word.field; });
  metric m = field == fields.end() ? metric{} : of_field(*field);
  m.name = word.name;
  m.group = group;
  m.definition = std::string(word.text) + (field == fields.end() || word.text.empty() ? "" : " ") + m.definition;
  if (!word.field.empty()) {
    m.formula = word.formula.empty() ? std::string(word.field) : std::string(word.formula);
    m.unit = word.formula.empty() ? m.unit : std::string(word.unit);
  }
  m.found = std::move(found);
  m.paths = {m.name};
  if (!word.group.empty()) {
    m.paths.push_back(fmt::format("{} {}", word.group, word.name));  // "times peak"
    m.paths.push_back(fmt::format("{}.{}", word.group, word.name));  // and all of "times"
  }
  return m;
}

std::vector<metric> all_metrics() {
  std::vector<metric> all;
  for (const report_field& field : report_fields()) {
    all.push_back(of_field(field));
  }
  const nlohmann::ordered_json schema = report_schema();
  for (const auto& [key, value] : schema.at("properties").items()) {
    all.push_back(of_root_key(key, value));
  }
  for (const table_word& word : table_columns()) {
    all.push_back(
        of_word(word, column_group, word.group.empty() ? "table" : fmt::format("table, below \"{}\"", word.group)));
  }
  for (const table_word& word : table_lines()) {
    all.push_back(of_word(word, line_group, "table"));
  }
  return all;
}

/// "/layers/3/cycles" and "layers[3].cycles" as "layers.cycles"; "totals.ternary" stays.
std::string normalised(const std::string& word) {
  std::string path;
  std::string step;
  const auto add_step = [&] {
    const bool is_index = std::all_of(step.begin(), step.end(), [](unsigned char c) { return std::isdigit(c) != 0; });
    if (!is_index) {
      path += (path.empty() ? "" : ".") + step;
    }
    step.clear();
  };
  for (const char c : word) {
    if (c == '.' || c == '/' || c == '[' || c == ']') {
      add_step();
    } else {
      step += c;
    }
  }
  add_step();
  return path;
}

std::vector<const metric*> metrics_where(const auto& matches) {
  std::vector<const metric*> found;
  for (const metric& m : report_metrics()) {
    if (std::any_of(m.paths.begin(), m.paths.end(), matches)) {
      found.push_back(&m);
    }
  }
  return found;
}

/// The name that is near in spelling or, without one, those that have the word in them.
std::string nearest(const std::string& word) {
  constexpr std::size_t shown = 3;
  std::vector<std::string_view> known;
  std::vector<std::string_view> longer;
  for (const metric& m : report_metrics()) {
    const bool is_deprecated = m.definition.starts_with("Deprecated");
    if (!is_deprecated) {
      known.insert(known.end(), m.paths.begin(), m.paths.end());
    }
    if (word.size() >= shown && longer.size() < shown && !is_deprecated && m.name.find(word) != std::string::npos) {
      longer.push_back(m.name);
    }
  }
  const std::string suggestion = did_you_mean(word, known);
  return !suggestion.empty() || longer.empty() ? suggestion : fmt::format("; did you mean {}?", quoted_list(longer));
}

std::string wrapped(std::string_view text, std::size_t indentation) {
  constexpr std::size_t width = 100;
  std::string result;
  std::size_t column = indentation;
  while (!text.empty()) {
    const std::string_view word = text.substr(0, text.find(' '));
    text.remove_prefix(std::min(text.size(), word.size() + 1));
    if (column + word.size() > width && column > indentation) {
      result += '\n' + std::string(indentation, ' ');
      column = indentation;
    } else if (column > indentation) {
      result += ' ';
      ++column;
    }
    result += word;
    column += word.size();
  }
  return result;
}

/// As GitHub makes them.
std::string anchor_of(std::string_view heading) {
  std::string anchor;
  for (const char c : heading) {
    const auto byte = static_cast<unsigned char>(c);
    if (std::isalnum(byte) != 0 || c == '-') {
      anchor += static_cast<char>(std::tolower(byte));
    } else if (c == ' ') {
      anchor += '-';
    }
  }
  return anchor;
}

/// A cell of a Markdown table.
std::string cell(std::string_view text) {
  std::string result;
  for (const char c : text) {
    result += c == '|' ? "\\|" : std::string(1, c);
  }
  return result;
}

}  // namespace

std::span<const metric> report_metrics() {
  static const std::vector<metric> all = all_metrics();
  return all;
}

std::vector<const metric*> find_metrics(const std::string& word) {
  for (const std::string& path : {word, normalised(word)}) {
    if (auto found = metrics_where([&](const std::string& p) { return p == path; }); !found.empty()) {
      return found;
    }
    const auto is_below = [&](const std::string& p) {
      return p.starts_with(path + ".") || ::fnmatch(path.c_str(), p.c_str(), 0) == 0;
    };
    if (auto found = metrics_where(is_below); !path.empty() && !found.empty()) {
      return found;
    }
  }
  // A name below some group: "recorded".
  if (auto found = metrics_where([&](const std::string& p) { return p.ends_with("." + word); });
      !word.empty() && !found.empty()) {
    return found;
  }
  throw input_error("dlac explain", "", in_quotes(word),
                    "a name in a report (dlac explain lists them)" + nearest(word));
}

std::string metric_text(const metric& m) {
  std::string text = fmt::format("{}\n  {}\n", m.name, wrapped(m.definition, 2));
  const auto add = [&](std::string_view title, std::string_view value) {
    if (!value.empty()) {
      text += fmt::format("  {:<9}{}\n", title, wrapped(value, 11));
    }
  };
  add("formula", m.formula);
  add("unit", m.unit);
  add("in", m.found);
  add("rule", m.page.empty() ? "" : fmt::format("docs/{}, \"{}\"", m.page, m.heading));
  return text;
}

std::string metric_list() {
  constexpr std::size_t name_width = 36;
  std::string text;
  std::string_view group;
  for (const metric& m : report_metrics()) {
    if (m.group != group) {
      text += fmt::format("{}{}\n", text.empty() ? "" : "\n", m.group);
      group = m.group;
    }
    const std::string unit = m.unit.empty() ? "" : fmt::format(" [{}]", m.unit);
    text += fmt::format("  {:<{}}{}\n", m.name, name_width - 2, wrapped(m.definition + unit, name_width));
  }
  return text;
}

std::string metrics_markdown() {
  std::string text =
      "# Metrics\n\n"
      "Every name in a report: what it means, how it is computed, its unit, where it stands, and the rule behind it.\n"
      "`dlac explain NAME` prints one of them, `dlac explain --format markdown` this page; the JSON Schema "
      "(`dlac schema report`)\n"
      "is made from the same table. Symbols are those of the [cycle contract](cycle-contract.md). A MAC is two FLOP.\n";
  std::string_view group;
  for (const metric& m : report_metrics()) {
    if (m.group != group) {
      text += fmt::format("\n## {}\n\n| name | meaning | formula | unit | in | rule |\n|---|---|---|---|---|---|\n",
                          m.group);
      group = m.group;
    }
    const std::string rule = m.page.empty() ? "" : fmt::format("[{}]({}#{})", m.heading, m.page, anchor_of(m.heading));
    text += fmt::format("| `{}` | {} | {} | {} | {} | {} |\n", cell(m.name), cell(m.definition), cell(m.formula),
                        m.unit, cell(m.found), rule);
  }
  return text;
}

}  // namespace dlac
