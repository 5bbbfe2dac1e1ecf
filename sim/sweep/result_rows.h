#pragma once
// The rows of a sweep's database (result_store.h): how they are written and read. Each ends in a checksum of its
// table's name and of all its other columns. A row that holds other types than were written, or other content than its
// checksum tells, is a damage_error that names the file, the table and the row.

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include <nlohmann/json_fwd.hpp>

#include "sim/sweep/database.h"
#include "sim/sweep/point_run.h"
#include "sim/sweep/sweep_file.h"

namespace dlac {

/// What makes it this sweep.
struct sweep_identity {
  std::string name;
  std::string definition;
  std::string inputs;
  std::vector<std::string> axes;
  std::vector<std::size_t> groups = {};  ///< of each axis: those that are zipped have one; empty: each has its own
  std::uint64_t points = 0;
};

struct stored_point {
  std::uint64_t point = 0;
  std::string axes;  ///< JSON
  std::string key;
  point_result result;
};

/// Makes the tables that are not there; the columns are those of the functions below, in their order.
void make_tables(database& of);
/// The first of those tables that a database with tables lacks.
std::optional<std::string> missing_table(database& of);

// Rows of `sweep`: one. `ended`: of a search, that it came to its end.
struct identity_row {
  sweep_identity identity;
  bool has_ended = false;
};
void write_identity(database& to, const identity_row& row);
/// Throws input_error where there is none, as of a sweep that has not begun.
identity_row read_identity(database& from);

/// The sweep file that a sweep began with; `database` is the path that messages name.
sweep_file definition_of(const sweep_identity& identity, const std::string& database);

// Rows of `results`. An insertion of a key that is there counts only where that one failed.
extern const char* const insert_result;
void bind_result(statement& insertion, const stored_point& done);
/// A statement's columns of one, from `first` on: rowid, and all that the table has.
extern const char* const result_columns;
inline constexpr int result_column_count = 7;
struct result_row {
  std::string key;
  point_result result;
};
result_row read_result(const database& from, const statement& row, int first);

// Rows of `points`, without their results.
extern const char* const insert_point;
void bind_point(statement& insertion, const stored_point& done);
extern const char* const point_columns;
inline constexpr int point_column_count = 4;
stored_point read_point(const database& from, const statement& row, int first);

/// Deletes the rows of both tables that are damaged; returns what is wrong with the first, and how many there are.
struct damaged_rows {
  std::uint64_t count = 0;
  std::string first = {};
};
damaged_rows delete_damaged_rows(database& of);

// The JSON of a row, read strictly. `file` is for messages.
/// An object that has each of the axes of `names`.
nlohmann::json axes_of(const stored_point& done, const std::vector<std::string>& names, const std::string& file);
/// Empty unless the point is ok.
nlohmann::json totals_of(const stored_point& done, const std::string& file);
/// A row for each layer and pass, where they were kept.
nlohmann::json layers_of(const stored_point& done, const std::string& file);

}  // namespace dlac
