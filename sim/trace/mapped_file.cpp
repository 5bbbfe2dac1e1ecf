#include "sim/trace/mapped_file.h"

#include <fcntl.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>
#include <cstring>

#include "sim/core/error.h"
#include "sim/core/file_io.h"
#include "sim/trace/lost_pages.h"

namespace dlac {

namespace {

/// An open file, closed on every way out; the mapping outlives it.
class file_descriptor {
 public:
  // O_NONBLOCK: opening a named pipe must not wait for its writer; it has no effect on a regular file.
  explicit file_descriptor(const std::string& path)
      : number_(::open(path.c_str(), O_RDONLY | O_CLOEXEC | O_NONBLOCK)) {}
  file_descriptor(const file_descriptor&) = delete;
  file_descriptor& operator=(const file_descriptor&) = delete;
  ~file_descriptor() {
    if (number_ >= 0) {
      ::close(number_);
    }
  }
  [[nodiscard]] int number() const { return number_; }

 private:
  int number_;
};

[[noreturn]] void fail_changed(const std::string& path) {
  throw changed_file(path, "", "a file that has changed since the run began to read it",
                     "the same file until the run is done");
}

[[noreturn]] void fail(const std::string& path, const std::string& found) {
  throw input_error(path, "", found, "a readable safetensors file");
}

}  // namespace

mapped_file::mapped_file(const std::string& path, const std::optional<file_stamp>& expected) : path_(path) {
  const file_descriptor file(path);
  struct stat status {};
  const bool is_open = file.number() >= 0 && ::fstat(file.number(), &status) == 0;
  if (expected && (!is_open || stamp_of(status) != *expected)) {
    fail_changed(path);
  }
  if (!is_open) {
    fail(path, path == standard_input ? "the standard input, which cannot be mapped" : std::strerror(errno));
  }
  if (S_ISDIR(status.st_mode)) {
    fail(path, "a directory");
  }
  if (!S_ISREG(status.st_mode)) {
    fail(path, "not a regular file");
  }
  if (status.st_size == 0) {
    fail(path, "an empty file");
  }
  stamp_ = stamp_of(status);
  const auto size = static_cast<std::size_t>(status.st_size);
  void* const start = ::mmap(nullptr, size, PROT_READ, MAP_PRIVATE, file.number(), 0);
  if (start == MAP_FAILED) {
    if (errno == ENOMEM) {
      throw out_of_memory_error(path, "", "too little memory to map its " + std::to_string(size) + " bytes",
                                "a larger limit of address space (ulimit -v)");
    }
    fail(path, std::strerror(errno));
  }
  bytes_ = {static_cast<const std::byte*>(start), size};
  watched_ = watch_pages(bytes_);
}

mapped_file::~mapped_file() {
  release(watched_);
  // munmap takes a pointer to non-const memory although it writes none.
  ::munmap(const_cast<std::byte*>(bytes_.data()), bytes_.size());
}

void expect_unchanged(const std::string& path, const file_stamp& stamp) {
  if (stamp_of(path) != stamp) {
    fail_changed(path);
  }
}

void mapped_file::check_unchanged() const {
  expect_unchanged(path_, stamp_);
  if (has_lost_pages(*watched_)) {
    fail(path_, "bytes that the disk cannot read");
  }
}

}  // namespace dlac
