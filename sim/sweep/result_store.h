#pragma once
// The results of a sweep, kept: DIR/sweep.db, a SQLite database. Every point is written by itself when it is done, in a
// transaction that is on the disk when it returns (rollback journal, synchronous=FULL; no WAL, which network file
// systems do not bear): a process that is killed loses the points it was at, and nothing else. Several processes may
// write to one folder.
//
//   sweep    one row: name, definition (the sweep file), inputs (hash of the files it names), axes (names), points
//            (how many there are), ended (of a search)
//   results  by key (hash of all that a result depends on): status, error, totals, layers; one that failed gives way to
//            what comes out another time
//   points   by number: axes (values), key
//
// Every row ends in a checksum (result_rows.h). A database that does not hold what was written to it is a damage_error,
// except to those who are to go on with it: they lose what is damaged, and no more.

#include <cstdint>
#include <functional>
#include <memory>
#include <mutex>
#include <optional>
#include <string>
#include <vector>

#include "sim/sweep/database.h"
#include "sim/sweep/result_rows.h"

namespace dlac {

/// What is done with a folder that has something in it: refused; gone on with, repaired where it is damaged; added to.
enum class folder_use { begin, resume, add };

struct point_counts {
  std::uint64_t ok = 0;
  std::uint64_t error = 0;
  std::uint64_t failed = 0;
  [[nodiscard]] std::uint64_t all() const { return ok + error + failed; }
};

class result_store {
 public:
  /// The store of a folder, which is made if need be. A folder that has the results of another sweep is an input_error;
  /// so is one that has anything in it, if it is to begin there. Results of changed inputs are forgotten.
  result_store(const std::string& folder, const sweep_identity& identity, folder_use use);
  /// Of a folder that has one, to read it.
  explicit result_store(const std::string& folder);

  /// Whether the folder has a store with something in it. A process that is killed between making the file and its
  /// first transaction leaves an empty one. Throws damage_error.
  static bool has_begun(const std::string& folder);

  [[nodiscard]] const std::string& folder() const { return folder_; }
  /// Of the database, for messages.
  [[nodiscard]] const std::string& path() const { return path_; }
  [[nodiscard]] const sweep_identity& identity() const { return row_.identity; }
  /// What had to be repaired, in one line without its end; empty otherwise.
  [[nodiscard]] const std::string& repairs() const { return repairs_; }

  // For several threads at once.
  /// The result of this key, if it is there and did not fail; the point is then known to have it.
  std::optional<point_result> take(std::uint64_t point, const std::string& key, const std::string& axes);
  void add(const stored_point& done);
  point_counts counts();
  /// Whether every point is there, or the search has come to its end.
  bool is_complete();
  void note_end_of_search();

  /// Every point that is done, in order. Throws damage_error, in the end where it is more than a row.
  void for_each(const std::function<void(const stored_point&)>& visit);
  /// Nobody else, in this process or another, writes to the folder while `action` runs.
  void while_locked(const std::function<void()>& action);
  /// Takes over what others have, of the same sweep: all of it or nothing.
  void merge(const std::vector<result_store*>& others);

 private:
  void note_repair(const std::string& repair);
  void begin(const sweep_identity& identity, folder_use use);
  void rescue(const sweep_identity& identity, const damage_error& damage);
  void check_schema();
  void remove_damage(const sweep_identity& identity);
  void check_identity(const sweep_identity& wanted);
  void expect_same_sweep(const result_store& other) const;

  std::string folder_;
  std::string path_;
  std::unique_ptr<database> database_;
  std::mutex mutex_;
  identity_row row_;
  std::string repairs_;
};

}  // namespace dlac
