#pragma once
// A SQLite database whose every failure is an input_error in one line that names the file; a damage_error where the
// file does not hold what was written to it. One connection is used by one thread at a time.

#include <cstdint>
#include <memory>
#include <string>
#include <string_view>

#include "sim/core/error.h"
#include "sim/core/text.h"

struct sqlite3;
struct sqlite3_stmt;

namespace dlac {

/// What is stored is not what was written.
class damage_error : public input_error {
 public:
  damage_error(const std::string& file, const std::string& where, const std::string& found, const std::string& expected)
      : input_error(file, where, found, expected + " (dlac sweep with --resume runs again what is damaged)"),
        place_(where.empty() ? file : file + ": " + where),
        found_(escaped(found)) {}

  /// "out/sweep.db: table points, row 3: found ..."
  [[nodiscard]] std::string damage() const { return place_ + ": found " + found_; }

 private:
  std::string place_;
  std::string found_;
};

class database {
 public:
  /// Opens `path`; makes it where it does not exist, if `may_create`.
  database(const std::string& path, bool may_create);
  ~database();
  database(const database&) = delete;
  database& operator=(const database&) = delete;

  [[nodiscard]] const std::string& path() const { return path_; }
  [[nodiscard]] sqlite3* handle() const { return handle_; }
  /// Statements without parameters and results.
  void execute(const std::string& sql);
  /// Goes through all pages; throws damage_error where they do not fit together.
  void check_structure();
  [[noreturn]] void fail() const;

 private:
  std::string path_;
  sqlite3* handle_ = nullptr;
};

/// A statement with parameters, "?" each, that are bound in their order.
class statement {
 public:
  statement(database& from, const std::string& sql);
  ~statement();
  statement(const statement&) = delete;
  statement& operator=(const statement&) = delete;

  statement& bind_text(std::string_view text);
  statement& bind_number(std::uint64_t number);
  /// Goes to the next row of the result; false: there is none (left).
  bool step();
  /// To be bound and stepped once more.
  void reset();
  /// What a column holds: it may be anything, whatever its declaration says.
  [[nodiscard]] bool is_text(int column) const;
  [[nodiscard]] bool is_number(int column) const;
  /// Empty, or 0, unless it is one.
  [[nodiscard]] std::string text(int column) const;
  [[nodiscard]] std::uint64_t number(int column) const;

 private:
  database& from_;
  sqlite3_stmt* handle_ = nullptr;
  int bound_ = 0;
};

/// Everything or nothing: what is not committed is undone. Other writers wait.
class transaction {
 public:
  explicit transaction(database& of);
  ~transaction();
  transaction(const transaction&) = delete;
  transaction& operator=(const transaction&) = delete;
  void commit();

 private:
  database& of_;
  bool is_open_ = true;
};

}  // namespace dlac
