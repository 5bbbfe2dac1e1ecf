#include "sim/sweep/result_rows.h"

#include <fmt/format.h>

#include <algorithm>
#include <functional>
#include <initializer_list>
#include <optional>
#include <string_view>
#include <utility>

#include "sim/core/text.h"
#include "sim/json/json_reader.h"
#include "sim/trace/content_hash.h"

namespace dlac {

const char* const insert_result = R"(
  INSERT INTO results VALUES (?, ?, ?, ?, ?, ?) ON CONFLICT (key) DO UPDATE SET status = excluded.status,
    error = excluded.error, totals = excluded.totals, layers = excluded.layers, checksum = excluded.checksum
    WHERE results.status = 'failed'
)";
const char* const insert_point = "INSERT OR REPLACE INTO points VALUES (?, ?, ?, ?)";
const char* const result_columns =
    "results.rowid, results.key, results.status, results.error, results.totals, results.layers, results.checksum";
const char* const point_columns = "points.point, points.axes, points.key, points.checksum";

namespace {

constexpr const char* tables = R"(
  CREATE TABLE IF NOT EXISTS sweep (only INTEGER PRIMARY KEY CHECK (only = 1), name TEXT NOT NULL,
    definition TEXT NOT NULL, inputs TEXT NOT NULL, axes TEXT NOT NULL, points INTEGER NOT NULL,
    ended INTEGER NOT NULL, checksum TEXT NOT NULL);
  CREATE TABLE IF NOT EXISTS results (key TEXT PRIMARY KEY, status TEXT NOT NULL, error TEXT NOT NULL,
    totals TEXT NOT NULL, layers TEXT NOT NULL, checksum TEXT NOT NULL);
  CREATE TABLE IF NOT EXISTS points (point INTEGER PRIMARY KEY, axes TEXT NOT NULL, key TEXT NOT NULL,
    checksum TEXT NOT NULL);
)";

/// Lengths tell where a column ends.
std::string checksum_of(std::initializer_list<std::string_view> table_and_columns) {
  std::string all;
  for (const auto part : table_and_columns) {
    all += fmt::format("{}:{}\n", part.size(), part);
  }
  return content_hash(all);
}

std::string checksum_of(const identity_row& row, const std::string& axes) {
  const auto& identity = row.identity;
  return checksum_of({"sweep", identity.name, identity.definition, identity.inputs, axes,
                      std::to_string(identity.points), row.has_ended ? "1" : "0"});
}

std::string checksum_of_result(const std::string& key, const point_result& result) {
  return checksum_of({"results", key, to_string(result.status), result.error, result.totals, result.layers});
}

std::string checksum_of_point(const stored_point& done) {
  return checksum_of({"points", std::to_string(done.point), done.axes, done.key});
}

[[noreturn]] void fail(const std::string& file, const std::string& where, const std::string& found) {
  throw damage_error(file, where, found, "what was written there");
}

std::string place_of(const char* table, const statement& row, int rowid_column) {
  return row.is_number(rowid_column)
             ? fmt::format("table {}, row {}", table, static_cast<std::int64_t>(row.number(rowid_column)))
             : fmt::format("table {}", table);
}

/// `types` has a letter for each column: text or number.
void expect_types(const database& from, const statement& row, int first, std::string_view types,
                  const std::string& place) {
  for (std::size_t i = 0; i < types.size(); ++i) {
    const int column = first + static_cast<int>(i);
    if (types[i] == 't' ? !row.is_text(column) : !row.is_number(column)) {
      fail(from.path(), place, "a value of another type");
    }
  }
}

void expect_checksum(const database& from, const std::string& stored, const std::string& computed,
                     const std::string& place) {
  if (stored != computed) {
    fail(from.path(), place, "content that its checksum does not fit");
  }
}

std::optional<point_status> status_of(const std::string& word) {
  for (const auto status : {point_status::ok, point_status::error, point_status::failed}) {
    if (word == to_string(status)) {
      return status;
    }
  }
  return std::nullopt;
}

/// ["grid.rows", ["pe.fma_units", "pe.adders"]]: zipped axes together.
std::string axes_text(const sweep_identity& identity) {
  auto all = nlohmann::json::array();
  for (std::size_t i = 0; i < identity.axes.size();) {
    auto end = i + 1;
    while (!identity.groups.empty() && end < identity.axes.size() && identity.groups[end] == identity.groups[i]) {
      ++end;
    }
    if (end == i + 1) {
      all.push_back(identity.axes[i]);
    } else {
      all.push_back(std::vector<std::string>(identity.axes.begin() + static_cast<std::ptrdiff_t>(i),
                                             identity.axes.begin() + static_cast<std::ptrdiff_t>(end)));
    }
    i = end;
  }
  return all.dump();
}

void read_axes(const std::string& text, const std::string& file, sweep_identity& identity) {
  const json_document document(file + ": table sweep, axes", parse_json(text, file));
  std::size_t group = 0;
  constexpr std::size_t most = 1U << 10U;
  for (const auto& entry : document.root().elements(1, most)) {
    for (const auto& name : entry.is_array() ? entry.elements(1, most) : std::vector{entry}) {
      identity.axes.push_back(name.text());
      identity.groups.push_back(group);
    }
    ++group;
  }
}

nlohmann::json parsed(const std::string& text, const std::string& file, const std::string& place) {
  try {
    return parse_json(text, file);
  } catch (const input_error& error) {
    fail(file, place, "JSON with a mistake: " + std::string(error.what()));
  }
}

nlohmann::json parsed_object(const std::string& text, const std::string& file, const std::string& place) {
  auto value = parsed(text, file, place);
  if (!value.is_object()) {
    fail(file, place, "JSON that is no object");
  }
  return value;
}

/// Visits the rows of a table, and deletes those for which `read` throws a damage_error.
void delete_damaged(database& of, const std::string& table, const char* columns, damaged_rows& damaged,
                    const std::function<void(const statement&)>& read) {
  std::vector<std::uint64_t> numbers;
  statement query(of, fmt::format("SELECT rowid, {} FROM {} NOT INDEXED ORDER BY rowid", columns, table));
  while (query.step()) {
    try {
      read(query);
    } catch (const damage_error& error) {
      damaged.first = damaged.count++ == 0 ? error.damage() : damaged.first;
      numbers.push_back(query.number(0));
    }
  }
  for (const auto number : numbers) {
    statement(of, fmt::format("DELETE FROM {} WHERE rowid = ?", table)).bind_number(number).step();
  }
}

}  // namespace

void make_tables(database& of) {
  of.execute(tables);
}

std::optional<std::string> missing_table(database& of) {
  for (const char* const name : {"sweep", "results", "points"}) {
    statement query(of, "SELECT 1 FROM sqlite_schema WHERE type = 'table' AND name = ?");
    if (!query.bind_text(name).step()) {
      return name;
    }
  }
  return std::nullopt;
}

void write_identity(database& to, const identity_row& row) {
  const auto& identity = row.identity;
  const auto axes = axes_text(identity);
  to.execute("DELETE FROM sweep");
  statement(to, "INSERT INTO sweep VALUES (1, ?, ?, ?, ?, ?, ?, ?)")
      .bind_text(identity.name)
      .bind_text(identity.definition)
      .bind_text(identity.inputs)
      .bind_text(axes)
      .bind_number(identity.points)
      .bind_number(row.has_ended ? 1 : 0)
      .bind_text(checksum_of(row, axes))
      .step();
}

identity_row read_identity(database& from) {
  statement query(from, "SELECT name, definition, inputs, axes, points, ended, checksum FROM sweep");
  if (!query.step()) {
    throw input_error(from.path(), "", "a sweep that has not begun", "the results of a sweep");
  }
  const std::string place = "table sweep";
  expect_types(from, query, 0, "ttttnnt", place);
  identity_row row{.identity = {.name = query.text(0),
                                .definition = query.text(1),
                                .inputs = query.text(2),
                                .axes = {},
                                .points = query.number(4)},
                   .has_ended = query.number(5) == 1};
  const auto axes = query.text(3);
  expect_checksum(from, query.text(6), checksum_of(row, axes), place);
  if (query.number(5) > 1) {
    fail(from.path(), place, "neither 0 nor 1 for \"ended\"");
  }
  read_axes(axes, from.path(), row.identity);
  return row;
}

sweep_file definition_of(const sweep_identity& identity, const std::string& database) {
  try {
    return read_sweep_text(identity.definition, database);
  } catch (const input_error& error) {
    fail(database, "table sweep", "a definition with a mistake: " + std::string(error.what()));
  }
}

void bind_result(statement& insertion, const stored_point& done) {
  insertion.bind_text(done.key)
      .bind_text(to_string(done.result.status))
      .bind_text(done.result.error)
      .bind_text(done.result.totals)
      .bind_text(done.result.layers)
      .bind_text(checksum_of_result(done.key, done.result));
}

result_row read_result(const database& from, const statement& row, int first) {
  const auto place = place_of("results", row, first);
  expect_types(from, row, first, "ntttttt", place);
  const auto status = status_of(row.text(first + 2));
  if (!status) {
    fail(from.path(), place, "an unknown status");
  }
  result_row result{row.text(first + 1), {*status, row.text(first + 3), row.text(first + 4), row.text(first + 5)}};
  expect_checksum(from, row.text(first + 6), checksum_of_result(result.key, result.result), place);
  return result;
}

void bind_point(statement& insertion, const stored_point& done) {
  insertion.bind_number(done.point).bind_text(done.axes).bind_text(done.key).bind_text(checksum_of_point(done));
}

stored_point read_point(const database& from, const statement& row, int first) {
  const auto place = place_of("points", row, first);
  expect_types(from, row, first, "nttt", place);
  stored_point point{.point = row.number(first), .axes = row.text(first + 1), .key = row.text(first + 2), .result = {}};
  expect_checksum(from, row.text(first + 3), checksum_of_point(point), place);
  return point;
}

damaged_rows delete_damaged_rows(database& of) {
  damaged_rows damaged;
  delete_damaged(of, "results", result_columns, damaged, [&](const statement& row) { read_result(of, row, 1); });
  delete_damaged(of, "points", point_columns, damaged, [&](const statement& row) { read_point(of, row, 1); });
  // What has lost its result is run again as well.
  const std::string lost = "FROM points WHERE NOT EXISTS (SELECT 1 FROM results WHERE results.key = points.key)";
  statement count(of, "SELECT count(*) " + lost);
  count.step();
  if (damaged.count == 0 && count.number(0) > 0) {
    damaged = {count.number(0), of.path() + ": table points: keys that have no result"};
  }
  of.execute("DELETE " + lost);
  return damaged;
}

nlohmann::json axes_of(const stored_point& done, const std::vector<std::string>& names, const std::string& file) {
  const auto place = fmt::format("table points, row {}", done.point);
  auto axes = parsed_object(done.axes, file, place);
  for (const auto& name : names) {
    if (!axes.contains(name)) {
      fail(file, place, "no value of the axis " + in_quotes(name));
    }
  }
  return axes;
}

nlohmann::json totals_of(const stored_point& done, const std::string& file) {
  return done.result.status != point_status::ok
             ? nlohmann::json::object()
             : parsed_object(done.result.totals, file, fmt::format("totals of point {}", done.point));
}

nlohmann::json layers_of(const stored_point& done, const std::string& file) {
  if (done.result.layers.empty()) {
    return nlohmann::json::array();
  }
  const auto place = fmt::format("layers of point {}", done.point);
  auto layers = parsed(done.result.layers, file, place);
  if (!layers.is_array() ||
      !std::all_of(layers.begin(), layers.end(), [](const auto& layer) { return layer.is_object(); })) {
    fail(file, place, "JSON that is no list of objects");
  }
  return layers;
}

}  // namespace dlac
