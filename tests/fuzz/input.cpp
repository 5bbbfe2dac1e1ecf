#include "tests/fuzz/input.h"

#include <fmt/format.h>
#include <sys/mman.h>
#include <unistd.h>

#include <cerrno>
#include <exception>
#include <system_error>

#include "sim/core/error.h"
#include "sim/core/text.h"

namespace dlac::fuzz {
namespace {

/// Told apart from sim/core/text.h, so that it can disagree: a byte of a control character, C1 ones in UTF-8 too.
bool has_control_character(std::string_view text) {
  char previous = 0;
  for (const char c : text) {
    const auto byte = static_cast<unsigned char>(c);
    if (byte < 0x20 || byte == 0x7F || (previous == '\xC2' && byte < 0xA0)) {
      return true;
    }
    previous = c;
  }
  return false;
}

[[noreturn]] void fail(const char* what) {
  throw std::system_error(errno, std::generic_category(), what);
}

}  // namespace

memory_file::memory_file() : number_(::memfd_create("input", MFD_CLOEXEC)) {
  if (number_ < 0) {
    fail("memfd_create");
  }
  path_ = fmt::format("/proc/self/fd/{}", number_);
}

memory_file::~memory_file() {
  ::close(number_);
}

const std::string& memory_file::hold(std::string_view contents) {
  if (::ftruncate(number_, 0) != 0) {
    fail("ftruncate");
  }
  for (std::size_t written = 0; written < contents.size();) {
    const ssize_t count =
        ::pwrite(number_, contents.data() + written, contents.size() - written, static_cast<off_t>(written));
    if (count <= 0) {
      fail("pwrite");
    }
    written += static_cast<std::size_t>(count);
  }
  return path_;
}

outcome outcome_of(const reader& reader, std::string_view contents) {
  static memory_file file;
  const std::string& path = file.hold(contents);
  try {
    reader.read(path);
  } catch (const input_error& error) {
    const std::string_view message = error.what();
    if (message.empty() || has_control_character(message)) {
      return {.finding = fmt::format("an input_error that is no printable line: {}", one_line(message, 500))};
    }
    return {.refusal = error.what()};
  } catch (const std::exception& error) {
    return {.finding = fmt::format("an exception that is no input_error: {}", error.what())};
  }
  return {};
}

}  // namespace dlac::fuzz
