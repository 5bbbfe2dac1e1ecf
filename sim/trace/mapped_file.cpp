#include "sim/trace/mapped_file.h"

#include <fcntl.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>
#include <cstring>

#include "sim/core/error.h"

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

[[noreturn]] void fail(const std::string& path, const std::string& found) {
  throw input_error(path, "", found, "a readable safetensors file");
}

}  // namespace

mapped_file::mapped_file(const std::string& path) {
  const file_descriptor file(path);
  if (file.number() < 0) {
    fail(path, std::strerror(errno));
  }
  struct stat status {};
  if (::fstat(file.number(), &status) != 0) {
    fail(path, std::strerror(errno));
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
  const auto size = static_cast<std::size_t>(status.st_size);
  void* const start = ::mmap(nullptr, size, PROT_READ, MAP_PRIVATE, file.number(), 0);
  if (start == MAP_FAILED) {
    fail(path, std::strerror(errno));
  }
  bytes_ = {static_cast<const std::byte*>(start), size};
}

mapped_file::~mapped_file() {
  // munmap takes a pointer to non-const memory although it writes none.
  ::munmap(const_cast<std::byte*>(bytes_.data()), bytes_.size());
}

}  // namespace dlac
