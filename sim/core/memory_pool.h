#pragma once
// The memory that the parts of the program which run at a time share. A part says what it will take before it takes it:
// it waits while others have too much, and is refused what could never be had.

#include <condition_variable>
#include <cstdint>
#include <functional>
#include <mutex>
#include <new>
#include <string>
#include <utility>

#include "sim/core/available_memory.h"

namespace dlac {

/// More is needed than there is. what() is for people: "needs about 138 GB of memory, expected at most 8.59 GB, ...".
class memory_shortage : public std::bad_alloc {
 public:
  memory_shortage(std::uint64_t needed, const available_memory& available);
  [[nodiscard]] const char* what() const noexcept override { return text_.c_str(); }

 private:
  std::string text_;
};

class memory_pool {
 public:
  /// `measure` tells what is available; it is asked while nothing is claimed.
  explicit memory_pool(std::function<available_memory()> measure) : measure_(std::move(measure)) {}

  /// Bytes that somebody has said to take; given back on destruction.
  class claim {
   public:
    claim(memory_pool& pool, std::uint64_t bytes) : pool_(&pool), bytes_(bytes) {}
    claim(claim&& other) noexcept : pool_(std::exchange(other.pool_, nullptr)), bytes_(other.bytes_) {}
    claim& operator=(claim&&) = delete;
    ~claim() {
      if (pool_ != nullptr) {
        pool_->give_back(bytes_);
      }
    }

   private:
    memory_pool* pool_;
    std::uint64_t bytes_;
  };

  /// Throws memory_shortage if `bytes` are more than is available when nothing is claimed.
  void check(std::uint64_t bytes);
  /// Claims `most` as soon as so much is left, or all there is once nothing else is claimed. Throws memory_shortage if
  /// that is less than `least`. Who holds a claim takes no other: two could wait for each other.
  [[nodiscard]] claim take(std::uint64_t least, std::uint64_t most);

 private:
  void check_locked(std::uint64_t least, std::uint64_t most);
  void give_back(std::uint64_t bytes);

  std::function<available_memory()> measure_;
  std::mutex mutex_;
  std::condition_variable given_back_;
  available_memory available_{.bytes = 0, .of = {}};  ///< when nothing was claimed
  std::uint64_t claimed_ = 0;
  std::uint64_t claims_ = 0;
};

/// What to say where an allocation failed: "out of memory, expected more than the 1.2 MB that ... has left". Allocates
/// little itself.
std::string out_of_memory_text();

/// Of this process.
memory_pool& process_memory();

/// Before an allocation of `bytes`, where they may be many: throws memory_shortage if they are not to be had. A machine
/// that promises memory it does not have would otherwise end the process later, without a word.
void require_memory(std::uint64_t bytes);

}  // namespace dlac
