#include "sim/sweep/result_files.h"

#include <fmt/format.h>

#include <algorithm>
#include <filesystem>
#include <initializer_list>
#include <iterator>

#include <nlohmann/json.hpp>

#include "sim/core/file_io.h"
#include "sim/core/text.h"
#include "sim/report/report_fields.h"
#include "sim/text/csv.h"

namespace dlac {
namespace {

using json = nlohmann::json;

constexpr const char* results_csv = "results.csv";
constexpr const char* results_jsonl = "results.jsonl";
constexpr const char* layers_csv = "layers.csv";

using strings = std::vector<std::string>;

/// Text as it is, nothing for null, anything else as JSON.
std::string cell(const json& value) {
  return value.is_null() ? "" : value.is_string() ? value.get<std::string>() : value.dump();
}

strings joined(std::initializer_list<strings> parts) {
  strings all;
  for (const auto& part : parts) {
    all.insert(all.end(), part.begin(), part.end());
  }
  return all;
}

/// What every line of a point begins with: its number and its axes.
strings point_cells(const stored_point& done, const strings& axes, const std::string& database) {
  strings cells = {std::to_string(done.point)};
  const auto values = axes_of(done, axes, database);
  std::transform(axes.begin(), axes.end(), std::back_inserter(cells),
                 [&](const std::string& axis) { return cell(values.at(axis)); });
  return cells;
}

/// The report's fields of totals, or of a layer.
std::vector<std::string> field_names(field_scope scope) {
  std::vector<std::string> names;
  for (const auto& field : report_fields()) {
    if (field.is_in(scope)) {
      names.push_back(field.name);
    }
  }
  return names;
}

std::vector<json::json_pointer> pointers_of(const std::vector<std::string>& names) {
  std::vector<json::json_pointer> pointers;
  std::transform(names.begin(), names.end(), std::back_inserter(pointers), pointer_of);
  return pointers;
}

std::string results_header(const strings& axes) {
  return csv_line(joined({{"point"}, axes, {"status", "error"}, total_names()}));
}

std::string results_line(const stored_point& done, const strings& axes, const std::vector<json::json_pointer>& fields,
                         const std::string& database) {
  auto cells = point_cells(done, axes, database);
  cells.emplace_back(to_string(done.result.status));
  cells.push_back(done.result.error);
  const auto totals = totals_of(done, database);
  std::transform(fields.begin(), fields.end(), std::back_inserter(cells),
                 [&](const json::json_pointer& field) { return totals.contains(field) ? cell(totals.at(field)) : ""; });
  return csv_line(cells);
}

std::string json_line(const stored_point& done) {
  auto line = fmt::format(R"({{"point":{},"key":"{}","axes":{},"status":"{}")", done.point, done.key, done.axes,
                          to_string(done.result.status));
  if (done.result.status != point_status::ok) {
    line += R"(,"error":)" + json(done.result.error).dump(-1, ' ', false, json::error_handler_t::replace);
  } else {
    line += R"(,"totals":)" + done.result.totals;
  }
  if (!done.result.layers.empty()) {
    line += R"(,"layers":)" + done.result.layers;
  }
  return line + "}\n";
}

/// An axis that is called like a column of the report is told apart from it.
std::string layers_header(const strings& axes, const strings& fields) {
  strings names = {"point"};
  for (const auto& axis : axes) {
    const bool clashes = std::find(fields.begin(), fields.end(), axis) != fields.end();
    names.push_back(clashes ? "axes." + axis : axis);
  }
  return csv_line(joined({names, fields}));
}

std::string layer_lines(const stored_point& done, const strings& axes, const std::vector<json::json_pointer>& fields,
                        const std::string& database) {
  const auto begin = point_cells(done, axes, database);
  std::string lines;
  for (const auto& layer : layers_of(done, database)) {
    auto cells = begin;
    std::transform(fields.begin(), fields.end(), std::back_inserter(cells), [&](const json::json_pointer& field) {
      return layer.contains(field) ? flat_text(layer.at(field)) : "";
    });
    lines += csv_line(cells);
  }
  return lines;
}

/// What tells readers of the files that points are missing.
std::string partial_csv_line(const std::string& note, std::size_t axes, std::size_t fields) {
  return csv_line(joined({strings(axes + 1), {"partial", note}, strings(fields)}));
}

std::string partial_json_line(const std::string& note) {
  return nlohmann::ordered_json{{"point", nullptr}, {"status", "partial"}, {"error", note}}.dump() + '\n';
}

std::filesystem::path place_of(const result_store& store, const char* name) {
  return std::filesystem::path(store.folder()) / name;
}

void write_layers(result_store& store, atomic_files& files) {
  atomic_file& csv = files.add(place_of(store, layers_csv));
  const auto fields = field_names(field_scope::layer);
  const auto pointers = pointers_of(fields);
  const auto& axes = store.identity().axes;
  csv.write(layers_header(axes, fields));
  store.for_each([&](const stored_point& done) { csv.write(layer_lines(done, axes, pointers, store.path())); });
}

}  // namespace

json::json_pointer pointer_of(const std::string& dotted) {
  json::json_pointer pointer;
  std::size_t begin = 0;
  while (begin <= dotted.size()) {
    const auto end = std::min(dotted.find('.', begin), dotted.size());
    pointer.push_back(dotted.substr(begin, end - begin));
    begin = end + 1;
  }
  return pointer;
}

std::vector<std::string> total_names() {
  auto names = field_names(field_scope::total);
  for (auto& name : names) {
    name.insert(0, "totals.");
  }
  return names;
}

std::string count_text(result_store& store) {
  const auto counts = store.counts();
  const auto points = store.identity().points;
  return definition_of(store.identity(), store.path()).optimise
             ? fmt::format("tried {} of {} combinations", counts.all(), points)
             : fmt::format("{} of {} points", counts.ok + counts.error, points);
}

std::string partial_note(result_store& store) {
  const auto counts = store.counts();
  if (store.is_complete() && counts.failed == 0) {
    return "";
  }
  const auto search = definition_of(store.identity(), store.path()).optimise;
  const auto text = search ? fmt::format("{} of at most {} points of a search", counts.ok + counts.error,
                                         std::uint64_t{search->population} * (search->generations + 1))
                           : fmt::format("{} of {} points", counts.ok + counts.error, store.identity().points);
  return counts.failed == 0 ? text : fmt::format("{}, {} failed", text, counts.failed);
}

bool is_per_layer(const result_store& store) {
  return definition_of(store.identity(), store.path()).per_layer;
}

void check_result_places(const result_store& store) {
  for (const auto* const name : {results_csv, results_jsonl, layers_csv}) {
    check_file_to_write(place_of(store, name));
  }
}

void write_result_files(result_store& store) {
  const auto fields = pointers_of(field_names(field_scope::total));
  const auto& axes = store.identity().axes;
  // Of two processes that end together, the one that writes last has seen what both have done.
  store.while_locked([&] {
    atomic_files files;
    atomic_file& csv = files.add(place_of(store, results_csv));
    atomic_file& jsonl = files.add(place_of(store, results_jsonl));
    csv.write(results_header(axes));
    store.for_each([&](const stored_point& done) {
      csv.write(results_line(done, axes, fields, store.path()));
      jsonl.write(json_line(done));
    });
    if (!store.is_complete()) {
      const auto note = partial_note(store);
      csv.write(partial_csv_line(note, axes.size(), fields.size()));
      jsonl.write(partial_json_line(note));
    }
    if (is_per_layer(store)) {
      write_layers(store, files);
    }
    files.commit();
  });
}

}  // namespace dlac
