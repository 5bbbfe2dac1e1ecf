#include "sim/sweep/database.h"

#include <sqlite3.h>

#include <system_error>

#include "sim/core/error.h"

namespace dlac {

database::database(const std::string& path, bool may_create) : path_(path) {
  constexpr int longest_wait_ms = 60'000;
  const int flags = SQLITE_OPEN_READWRITE | (may_create ? SQLITE_OPEN_CREATE : 0);
  if (sqlite3_open_v2(path.c_str(), &handle_, flags, nullptr) != SQLITE_OK) {
    const std::string message = handle_ == nullptr ? "out of memory" : sqlite3_errmsg(handle_);
    sqlite3_close(handle_);
    throw input_error(path, "", message, may_create ? "a place for the results of a sweep" : "the results of a sweep");
  }
  sqlite3_busy_timeout(handle_, longest_wait_ms);
}

database::~database() {
  sqlite3_close(handle_);
}

void database::fail() const {
  const int code = sqlite3_errcode(handle_);
  std::string message = sqlite3_errmsg(handle_);
  if (const int system = sqlite3_system_errno(handle_); code == SQLITE_IOERR && system != 0) {
    message += ": " + std::generic_category().message(system);
  }
  throw input_error(path_, "", message,
                    code == SQLITE_FULL || code == SQLITE_IOERR ? "a disk with room, that can be written to"
                    : code == SQLITE_NOTADB                     ? "the results of a sweep"
                                                                : "a database that can be read and written");
}

void database::execute(const std::string& sql) {
  if (sqlite3_exec(handle_, sql.c_str(), nullptr, nullptr, nullptr) != SQLITE_OK) {
    fail();
  }
}

statement::statement(database& from, const std::string& sql) : from_(from) {
  if (sqlite3_prepare_v2(from.handle(), sql.c_str(), -1, &handle_, nullptr) != SQLITE_OK) {
    from.fail();
  }
}

statement::~statement() {
  sqlite3_finalize(handle_);
}

statement& statement::bind_text(std::string_view text) {
  if (sqlite3_bind_text64(handle_, ++bound_, text.data(), text.size(), SQLITE_TRANSIENT, SQLITE_UTF8) != SQLITE_OK) {
    from_.fail();
  }
  return *this;
}

statement& statement::bind_number(std::uint64_t number) {
  if (sqlite3_bind_int64(handle_, ++bound_, static_cast<sqlite3_int64>(number)) != SQLITE_OK) {
    from_.fail();
  }
  return *this;
}

bool statement::step() {
  const int result = sqlite3_step(handle_);
  if (result != SQLITE_ROW && result != SQLITE_DONE) {
    from_.fail();
  }
  return result == SQLITE_ROW;
}

void statement::reset() {
  sqlite3_reset(handle_);
  bound_ = 0;
}

std::string statement::text(int column) const {
  const auto* const text = sqlite3_column_text(handle_, column);
  const auto bytes = static_cast<std::size_t>(sqlite3_column_bytes(handle_, column));
  return text == nullptr ? "" : std::string(reinterpret_cast<const char*>(text), bytes);
}

std::uint64_t statement::number(int column) const {
  return static_cast<std::uint64_t>(sqlite3_column_int64(handle_, column));
}

transaction::transaction(database& of) : of_(of) {
  of.execute("BEGIN IMMEDIATE");
}

transaction::~transaction() {
  if (is_open_) {
    // Whatever went wrong was told; an error here has ended the transaction already.
    static_cast<void>(sqlite3_exec(of_.handle(), "ROLLBACK", nullptr, nullptr, nullptr));
  }
}

void transaction::commit() {
  of_.execute("COMMIT");
  is_open_ = false;
}

}  // namespace dlac
