#pragma once
// The results of a sweep, kept: DIR/sweep.db, a SQLite database. Every point is written by itself when it is done, in a
// transaction that is on the disk when it returns (rollback journal, synchronous=FULL; no WAL, which network file
// systems do not bear): a process that is killed loses the points it was at, and nothing else. Several processes may
// write to one folder.
//
//   sweep    one row: name, definition (the sweep file), inputs (hash of the files it names), axes (names), points
//   results  by key (hash of all that a result depends on): status, error, totals, layers; one that failed gives way to
//            what comes out another time
//   points   by number: axes (values), key

#include <cstdint>
#include <functional>
#include <mutex>
#include <optional>
#include <string>
#include <vector>

#include "sim/sweep/database.h"
#include "sim/sweep/point_run.h"

namespace dlac {

/// What makes it this sweep.
struct sweep_identity {
  std::string name;
  std::string definition;
  std::string inputs;
  std::vector<std::string> axes;
  std::uint64_t points = 0;
};

struct stored_point {
  std::uint64_t point = 0;
  std::string axes;  ///< JSON
  std::string key;
  point_result result;
};

class result_store {
 public:
  /// The store of a folder, which is made if need be. A folder that has the results of another sweep is an input_error;
  /// so is one that has anything in it, unless `resume`. Results of changed inputs are forgotten.
  result_store(const std::string& folder, const sweep_identity& identity, bool resume);
  /// Of a folder that has one, to read it.
  explicit result_store(const std::string& folder);

  [[nodiscard]] const std::string& folder() const { return folder_; }
  [[nodiscard]] const sweep_identity& identity() const { return identity_; }

  // For several threads at once.
  /// The result of this key, if it is there and did not fail; the point is then known to have it.
  std::optional<point_result> take(std::uint64_t point, const std::string& key, const std::string& axes);
  void add(const stored_point& done);
  [[nodiscard]] std::uint64_t count();

  /// Every point that is done, in order.
  void for_each(const std::function<void(const stored_point&)>& visit);
  /// Nobody else, in this process or another, writes to the folder while `action` runs.
  void while_locked(const std::function<void()>& action);
  /// Takes over what `other` has, of the same sweep.
  void merge(result_store& other);

 private:
  void check_schema();
  void read_identity();
  void check_identity(const sweep_identity& wanted);

  std::string folder_;
  database database_;
  std::mutex mutex_;
  sweep_identity identity_;
};

}  // namespace dlac
