#include "sim/sweep/result_store.h"

#include <fmt/format.h>

#include <algorithm>
#include <filesystem>
#include <system_error>

#include <nlohmann/json.hpp>

#include "sim/core/error.h"
#include "sim/core/file_io.h"
#include "sim/core/text.h"

namespace dlac {
namespace {

// "DLAC" and the version of the tables below.
constexpr std::uint64_t application_id = 0x444c4143;
constexpr std::uint64_t schema_version = 1;

constexpr const char* tables = R"(
  CREATE TABLE IF NOT EXISTS sweep (only INTEGER PRIMARY KEY CHECK (only = 1), name TEXT NOT NULL,
    definition TEXT NOT NULL, inputs TEXT NOT NULL, axes TEXT NOT NULL, points INTEGER NOT NULL);
  CREATE TABLE IF NOT EXISTS results (key TEXT PRIMARY KEY, status TEXT NOT NULL, error TEXT NOT NULL,
    totals TEXT NOT NULL, layers TEXT NOT NULL);
  CREATE TABLE IF NOT EXISTS points (point INTEGER PRIMARY KEY, axes TEXT NOT NULL, key TEXT NOT NULL);
)";

constexpr const char* insert_result = R"(
  INSERT INTO results VALUES (?, ?, ?, ?, ?) ON CONFLICT (key) DO UPDATE SET status = excluded.status,
    error = excluded.error, totals = excluded.totals, layers = excluded.layers WHERE results.status = 'failed'
)";
constexpr const char* insert_point = "INSERT OR REPLACE INTO points VALUES (?, ?, ?)";

std::string store_path(const std::string& folder) {
  return (std::filesystem::path(folder) / "sweep.db").string();
}

std::string prepared_folder(const std::string& folder, bool resume) {
  make_folders(folder);
  std::error_code error;
  const bool is_empty = std::filesystem::is_empty(folder, error);
  if (error) {
    throw input_error(folder, "", error.message(), "a folder that can be read");
  }
  if (!is_empty && !resume) {
    throw input_error(folder, "", "a folder with files in it", "an empty one, or --resume to go on with its sweep");
  }
  return store_path(folder);
}

std::string existing_store(const std::string& folder) {
  auto path = store_path(folder);
  std::error_code ignored;
  if (!std::filesystem::exists(path, ignored)) {
    throw input_error(folder, "", "no sweep.db", "the folder of a sweep");
  }
  return path;
}

point_status status_of(const std::string& word) {
  for (const auto status : {point_status::ok, point_status::error}) {
    if (word == to_string(status)) {
      return status;
    }
  }
  return point_status::failed;
}

/// Of four columns from `first` on.
point_result result_of(const statement& row, int first) {
  return {status_of(row.text(first)), row.text(first + 1), row.text(first + 2), row.text(first + 3)};
}

statement& bind_result(statement& insertion, const stored_point& done) {
  return insertion.bind_text(done.key)
      .bind_text(to_string(done.result.status))
      .bind_text(done.result.error)
      .bind_text(done.result.totals)
      .bind_text(done.result.layers);
}

statement& bind_point(statement& insertion, const stored_point& done) {
  return insertion.bind_number(done.point).bind_text(done.axes).bind_text(done.key);
}

std::uint64_t pragma(database& of, const std::string& name) {
  statement query(of, "PRAGMA " + name);
  query.step();
  return query.number(0);
}

}  // namespace

result_store::result_store(const std::string& folder, const sweep_identity& identity, bool resume)
    : folder_(folder), database_(prepared_folder(folder, resume), true) {
  database_.execute("PRAGMA synchronous = FULL");
  transaction change(database_);
  check_schema();
  database_.execute(tables);
  database_.execute(fmt::format("PRAGMA application_id = {}", application_id));
  database_.execute(fmt::format("PRAGMA user_version = {}", schema_version));
  statement(database_, "INSERT OR IGNORE INTO sweep VALUES (1, ?, ?, ?, ?, ?)")
      .bind_text(identity.name)
      .bind_text(identity.definition)
      .bind_text(identity.inputs)
      .bind_text(nlohmann::json(identity.axes).dump())
      .bind_number(identity.points)
      .step();
  read_identity();
  check_identity(identity);
  change.commit();
}

result_store::result_store(const std::string& folder) : folder_(folder), database_(existing_store(folder), false) {
  check_schema();
  read_identity();
}

/// A new database has neither tables nor ids.
void result_store::check_schema() {
  const auto id = pragma(database_, "application_id");
  const auto version = pragma(database_, "user_version");
  statement any(database_, "SELECT count(*) FROM sqlite_schema");
  any.step();
  if (any.number(0) == 0) {
    return;
  }
  if (id != application_id) {
    throw input_error(database_.path(), "", "another program's database", "the results of a sweep");
  }
  if (version != schema_version) {
    throw input_error(database_.path(), "", fmt::format("version {} of the tables", version),
                      fmt::format("version {}", schema_version));
  }
}

void result_store::read_identity() {
  statement any(database_, "SELECT count(*) FROM sqlite_schema");
  any.step();
  if (any.number(0) == 0) {
    throw input_error(folder_, "", "a sweep that has not begun", "the folder of a sweep");
  }
  statement query(database_, "SELECT name, definition, inputs, axes, points FROM sweep");
  if (!query.step()) {
    throw input_error(folder_, "", "a sweep that has not begun", "the folder of a sweep");
  }
  identity_ = {query.text(0), query.text(1), query.text(2), nlohmann::json::parse(query.text(3)), query.number(4)};
}

void result_store::check_identity(const sweep_identity& wanted) {
  if (identity_.definition != wanted.definition) {
    throw input_error(folder_, "", "the results of another sweep, " + in_quotes(identity_.name),
                      fmt::format("those of {} with the same axes and values", in_quotes(wanted.name)));
  }
  if (identity_.inputs == wanted.inputs) {
    return;
  }
  // A file that the sweep names has changed, and with it what the points are; results are found again by their keys.
  database_.execute("DELETE FROM points");
  statement(database_, "UPDATE sweep SET inputs = ?, points = ?")
      .bind_text(wanted.inputs)
      .bind_number(wanted.points)
      .step();
  identity_ = wanted;
}

std::optional<point_result> result_store::take(std::uint64_t point, const std::string& key, const std::string& axes) {
  const std::scoped_lock lock(mutex_);
  point_result found;
  {
    statement query(database_, "SELECT status, error, totals, layers FROM results WHERE key = ?");
    if (!query.bind_text(key).step()) {
      return std::nullopt;
    }
    found = result_of(query, 0);
  }
  if (found.status == point_status::failed) {
    return std::nullopt;
  }
  {
    statement known(database_, "SELECT 1 FROM points WHERE point = ? AND key = ?");
    if (known.bind_number(point).bind_text(key).step()) {
      return found;
    }
  }
  transaction change(database_);
  statement insertion(database_, insert_point);
  bind_point(insertion, {.point = point, .axes = axes, .key = key, .result = {}}).step();
  change.commit();
  return found;
}

void result_store::add(const stored_point& done) {
  const std::scoped_lock lock(mutex_);
  transaction change(database_);
  statement result(database_, insert_result);
  bind_result(result, done).step();
  statement point(database_, insert_point);
  bind_point(point, done).step();
  change.commit();
}

std::uint64_t result_store::count() {
  const std::scoped_lock lock(mutex_);
  statement query(database_, "SELECT count(*) FROM points");
  query.step();
  return query.number(0);
}

void result_store::for_each(const std::function<void(const stored_point&)>& visit) {
  const std::scoped_lock lock(mutex_);
  statement query(database_,
                  "SELECT point, axes, key, status, error, totals, layers FROM points JOIN results USING (key) "
                  "ORDER BY point");
  while (query.step()) {
    visit({query.number(0), query.text(1), query.text(2), result_of(query, 3)});
  }
}

void result_store::while_locked(const std::function<void()>& action) {
  transaction lock(database_);
  action();
  lock.commit();
}

void result_store::merge(result_store& other) {
  if (other.identity_.definition != identity_.definition || other.identity_.inputs != identity_.inputs) {
    throw input_error(other.folder_, "", "another sweep, or other inputs of it",
                      fmt::format("the sweep {} of {}", in_quotes(identity_.name), folder_));
  }
  const std::scoped_lock lock(mutex_);
  transaction change(database_);
  statement result(database_, insert_result);
  statement point(database_, insert_point);
  other.for_each([&](const stored_point& done) {
    result.reset();
    bind_result(result, done).step();
    point.reset();
    bind_point(point, done).step();
  });
  result.reset();
  point.reset();
  change.commit();
}

}  // namespace dlac
