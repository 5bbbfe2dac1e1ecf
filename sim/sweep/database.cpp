#include "sim/sweep/database.h"

#include <sqlite3.h>

#include <chrono>
#include <system_error>
#include <thread>

#include "sim/core/stop.h"

namespace dlac {
namespace {

/// Errors of a file that SQLite did not write, or not so. Its own statements have no mistakes, so that a table or a
/// column that is not there (SQLITE_ERROR) has been lost.
bool is_damage(int code) {
  return code == SQLITE_CORRUPT || code == SQLITE_NOTADB || code == SQLITE_ERROR || code == SQLITE_FORMAT ||
         code == SQLITE_MISMATCH || code == SQLITE_CONSTRAINT || code == SQLITE_TOOBIG ||
         code == SQLITE_IOERR_SHORT_READ || code == SQLITE_IOERR_CORRUPTFS;
}

/// Called while another process has the database, for the `times`-th time: whether to try again. Others may go through
/// a million points, but a stop that is asked for is heeded.
int wait_for_others(void* /*unused*/, int times) {
  constexpr auto pause = std::chrono::milliseconds(20);
  constexpr int longest_wait = 30'000;      // ten minutes of these
  constexpr int longest_wait_to_stop = 40;  // less than a second
  if (times >= (stop_signal() != 0 ? longest_wait_to_stop : longest_wait)) {
    return 0;
  }
  std::this_thread::sleep_for(pause);
  return 1;
}

}  // namespace

database::database(const std::string& path, bool may_create) : path_(path) {
  const int flags = SQLITE_OPEN_READWRITE | (may_create ? SQLITE_OPEN_CREATE : 0);
  if (sqlite3_open_v2(path.c_str(), &handle_, flags, nullptr) != SQLITE_OK) {
    const std::string message = handle_ == nullptr ? "out of memory" : sqlite3_errmsg(handle_);
    sqlite3_close(handle_);
    throw input_error(path, "", message, may_create ? "a place for the results of a sweep" : "the results of a sweep");
  }
  sqlite3_busy_handler(handle_, wait_for_others, nullptr);
}

database::~database() {
  sqlite3_close(handle_);
}

void database::fail() const {
  const int code = sqlite3_errcode(handle_);
  if (code == SQLITE_BUSY) {
    heed_stop();  // it was not waited for any longer
  }
  std::string message = sqlite3_errmsg(handle_);
  if (const int system = sqlite3_system_errno(handle_); code == SQLITE_IOERR && system != 0) {
    message += ": " + std::generic_category().message(system);
  }
  if (is_damage(code) || is_damage(sqlite3_extended_errcode(handle_))) {
    throw damage_error(path_, "", message, "the results of a sweep, undamaged");
  }
  throw input_error(path_, "", message,
                    code == SQLITE_FULL || code == SQLITE_IOERR
                        ? "a disk with room, that can be written to, and no limit on the size of files (ulimit -f)"
                        : "a database that can be read and written");
}

void database::execute(const std::string& sql) {
  if (sqlite3_exec(handle_, sql.c_str(), nullptr, nullptr, nullptr) != SQLITE_OK) {
    fail();
  }
}

void database::check_structure() {
  statement check(*this, "PRAGMA integrity_check(1)");
  const bool has_answer = check.step();
  if (const auto found = has_answer ? check.text(0) : ""; found != "ok") {
    throw damage_error(path_, "", found, "the results of a sweep, undamaged");
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

bool statement::is_text(int column) const {
  return sqlite3_column_type(handle_, column) == SQLITE_TEXT;
}

bool statement::is_number(int column) const {
  return sqlite3_column_type(handle_, column) == SQLITE_INTEGER;
}

std::string statement::text(int column) const {
  if (!is_text(column)) {
    return "";
  }
  const auto* const text = sqlite3_column_text(handle_, column);
  const auto bytes = static_cast<std::size_t>(sqlite3_column_bytes(handle_, column));
  return text == nullptr ? "" : std::string(reinterpret_cast<const char*>(text), bytes);
}

std::uint64_t statement::number(int column) const {
  return !is_number(column) ? 0 : static_cast<std::uint64_t>(sqlite3_column_int64(handle_, column));
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
