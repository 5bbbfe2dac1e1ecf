#include "sim/sweep/result_store.h"

#include <fmt/format.h>

#include <filesystem>
#include <system_error>

#include "sim/core/error.h"
#include "sim/core/file_io.h"
#include "sim/core/text.h"
#include "sim/sweep/store_rescue.h"

namespace dlac {
namespace {

// "DLAC" and the version of the tables.
constexpr std::uint64_t application_id = 0x444c4143;
constexpr std::uint64_t schema_version = 2;

std::string store_path(const std::string& folder) {
  return (std::filesystem::path(folder) / "sweep.db").string();
}

std::string prepared_folder(const std::string& folder, folder_use use) {
  make_folders(folder);
  std::error_code error;
  const bool is_empty = std::filesystem::is_empty(folder, error);
  if (error) {
    throw input_error(folder, "", error.message(), "a folder that can be read");
  }
  if (!is_empty && use == folder_use::begin) {
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

std::uint64_t only_number(database& of, const std::string& query_text) {
  statement query(of, query_text);
  query.step();
  return query.number(0);
}

bool has_tables(database& of) {
  return only_number(of, "SELECT count(*) FROM sqlite_schema") > 0;
}

}  // namespace

result_store::result_store(const std::string& folder, const sweep_identity& identity, folder_use use)
    : folder_(folder), path_(prepared_folder(folder, use)) {
  try {
    begin(identity, use);
  } catch (const damage_error& damage) {
    if (use != folder_use::resume) {
      throw;
    }
    rescue(identity, damage);
  }
}

result_store::result_store(const std::string& folder)
    : folder_(folder), path_(existing_store(folder)), database_(std::make_unique<database>(path_, false)) {
  check_schema();
  if (!has_tables(*database_)) {
    throw input_error(folder_, "", "a sweep that has not begun", "the folder of a sweep");
  }
  row_ = read_identity(*database_);
}

bool result_store::has_begun(const std::string& folder) {
  const auto path = store_path(folder);
  std::error_code ignored;
  if (!std::filesystem::exists(path, ignored)) {
    return false;
  }
  database store(path, false);
  return has_tables(store);
}

void result_store::begin(const sweep_identity& identity, folder_use use) {
  database_.reset();
  database_ = std::make_unique<database>(path_, true);
  database_->execute("PRAGMA synchronous = FULL");
  transaction change(*database_);
  check_schema();
  const bool had_tables = has_tables(*database_);
  const auto missing = had_tables ? missing_table(*database_) : std::nullopt;
  make_tables(*database_);
  database_->execute(fmt::format("PRAGMA application_id = {}", application_id));
  database_->execute(fmt::format("PRAGMA user_version = {}", schema_version));
  if (only_number(*database_, "SELECT count(*) FROM sweep") == 0) {
    database_->execute("DELETE FROM points");  // there are none, unless the row was lost
    write_identity(*database_, {.identity = identity});
    if (had_tables) {
      note_repair(fmt::format("{}: table sweep: found no row; its points are listed again", path_));
    }
  }
  if (missing) {
    note_repair(fmt::format("{}: found no table {}; what it held is made again", path_, *missing));
  }
  if (use == folder_use::resume) {
    remove_damage(identity);
  }
  row_ = read_identity(*database_);
  check_identity(identity);
  change.commit();
}

void result_store::note_repair(const std::string& repair) {
  repairs_ += (repairs_.empty() ? "" : "; ") + repair;
}

/// The whole file is of no use: another takes its place, with every row that can still be read.
void result_store::rescue(const sweep_identity& identity, const damage_error& damage) {
  database_.reset();
  const folder_lock lock(folder_);
  try {
    // Another process may have been here before.
    begin(identity, folder_use::resume);
    return;
  } catch (const damage_error&) {
    database_.reset();
  }
  const auto aside = set_aside(path_);
  begin(identity, folder_use::resume);
  transaction change(*database_);
  const auto kept = copy_sound_results(aside, *database_);
  change.commit();
  repairs_ = fmt::format("{}; it is {} now, and {} of its results are taken over", damage.damage(), aside, kept);
}

/// A new database has neither tables nor ids.
void result_store::check_schema() {
  const auto id = only_number(*database_, "PRAGMA application_id");
  const auto version = only_number(*database_, "PRAGMA user_version");
  if (!has_tables(*database_)) {
    return;
  }
  if (id != application_id) {
    throw input_error(path_, "", "another program's database", "the results of a sweep");
  }
  if (version != schema_version) {
    throw input_error(path_, "",
                      fmt::format("results that {} version of dlac keeps (tables of version {})",
                                  version < schema_version ? "an older" : "another", version),
                      fmt::format("tables of version {}: run the sweep in another folder", schema_version));
  }
}

void result_store::remove_damage(const sweep_identity& identity) {
  database_->check_structure();
  auto damaged = delete_damaged_rows(*database_);
  identity_row row{.identity = identity};
  try {
    row = read_identity(*database_);
  } catch (const damage_error& error) {
    // Which points there are is no longer known. Results are found again by their keys.
    database_->execute("DELETE FROM points");
    damaged.first = damaged.count++ == 0 ? error.damage() : damaged.first;
  }
  if (damaged.count > 0) {
    row.has_ended = false;
    write_identity(*database_, row);
    note_repair(fmt::format("{} damaged rows are left out, the first: {}", damaged.count, damaged.first));
  }
}

void result_store::check_identity(const sweep_identity& wanted) {
  const auto& found = row_.identity;
  if (found.definition != wanted.definition) {
    throw input_error(folder_, "", "the results of another sweep, " + in_quotes(found.name),
                      fmt::format("those of {} with the same axes and values", in_quotes(wanted.name)));
  }
  if (found.inputs == wanted.inputs) {
    return;
  }
  // A file that the sweep names has changed, and with it what the points are; results are found again by their keys.
  database_->execute("DELETE FROM points");
  row_ = {.identity = wanted};
  write_identity(*database_, row_);
}

std::optional<point_result> result_store::take(std::uint64_t point, const std::string& key, const std::string& axes) {
  const std::scoped_lock lock(mutex_);
  std::optional<result_row> found;
  {
    statement query(*database_, fmt::format("SELECT {} FROM results WHERE key = ?", result_columns));
    if (!query.bind_text(key).step()) {
      return std::nullopt;
    }
    found = read_result(*database_, query, 0);
  }
  if (found->result.status == point_status::failed) {
    return std::nullopt;
  }
  {
    statement known(*database_, "SELECT 1 FROM points WHERE point = ? AND key = ? AND axes = ?");
    if (known.bind_number(point).bind_text(key).bind_text(axes).step()) {
      return found->result;
    }
  }
  transaction change(*database_);
  statement insertion(*database_, insert_point);
  bind_point(insertion, {.point = point, .axes = axes, .key = key, .result = {}});
  insertion.step();
  change.commit();
  return found->result;
}

void result_store::add(const stored_point& done) {
  const std::scoped_lock lock(mutex_);
  transaction change(*database_);
  statement result(*database_, insert_result);
  bind_result(result, done);
  result.step();
  statement point(*database_, insert_point);
  bind_point(point, done);
  point.step();
  change.commit();
}

point_counts result_store::counts() {
  const std::scoped_lock lock(mutex_);
  statement query(*database_, "SELECT status, count(*) FROM points JOIN results USING (key) GROUP BY status");
  point_counts counts;
  while (query.step()) {
    const auto status = query.text(0);
    auto& count = status == to_string(point_status::ok)      ? counts.ok
                  : status == to_string(point_status::error) ? counts.error
                                                             : counts.failed;
    count += query.number(1);
  }
  return counts;
}

bool result_store::is_complete() {
  return row_.has_ended || counts().all() == row_.identity.points;
}

void result_store::note_end_of_search() {
  const std::scoped_lock lock(mutex_);
  transaction change(*database_);
  row_.has_ended = true;
  write_identity(*database_, row_);
  change.commit();
}

void result_store::for_each(const std::function<void(const stored_point&)>& visit) {
  const std::scoped_lock lock(mutex_);
  statement query(*database_, fmt::format("SELECT {}, {} FROM points LEFT JOIN results ON results.key = points.key "
                                          "ORDER BY points.point",
                                          point_columns, result_columns));
  while (query.step()) {
    auto point = read_point(*database_, query, 0);
    if (point.point >= row_.identity.points || !query.is_number(point_column_count)) {
      throw damage_error(path_, fmt::format("table points, row {}", point.point),
                         "a point that the sweep has not, or a key that has no result", "a point with its result");
    }
    point.result = read_result(*database_, query, point_column_count).result;
    visit(point);
  }
  database_->check_structure();
}

void result_store::while_locked(const std::function<void()>& action) {
  transaction lock(*database_);
  action();
  lock.commit();
}

void result_store::expect_same_sweep(const result_store& other) const {
  if (other.identity().definition != identity().definition || other.identity().inputs != identity().inputs) {
    throw input_error(other.folder_, "", "another sweep, or other inputs of it",
                      fmt::format("the sweep {} of {}", in_quotes(identity().name), folder_));
  }
}

void result_store::merge(const std::vector<result_store*>& others) {
  const std::scoped_lock lock(mutex_);
  transaction change(*database_);
  statement result(*database_, insert_result);
  statement point(*database_, insert_point);
  for (auto* const other : others) {
    expect_same_sweep(*other);
    other->for_each([&](const stored_point& done) {
      result.reset();
      bind_result(result, done);
      result.step();
      point.reset();
      bind_point(point, done);
      point.step();
    });
    row_.has_ended = row_.has_ended || other->row_.has_ended;
  }
  result.reset();
  point.reset();
  write_identity(*database_, row_);
  change.commit();
}

}  // namespace dlac
