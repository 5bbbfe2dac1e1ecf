#include "sim/trace/lost_pages.h"

#include <sys/mman.h>
#include <unistd.h>

#include <atomic>
#include <cerrno>
#include <csignal>
#include <cstdint>
#include <mutex>

namespace dlac {

/// The signal handler walks over these without a lock: they are never freed, but used again.
struct watched_range {
  std::atomic<std::uintptr_t> begin = 0;
  std::atomic<std::uintptr_t> end = 0;  ///< 0: in use by no file
  std::atomic<bool> has_lost_pages = false;
  watched_range* next = nullptr;
};

namespace {

// A signal handler can reach nothing but globals.
std::atomic<watched_range*> first_range = nullptr;
std::uintptr_t page_bytes = 0;
struct sigaction previous_action;

/// Replaces the page of `address` and all that follow in its file: the file is known to be damaged, and a single signal
/// is enough then.
bool replace_lost_pages(std::uintptr_t address) {
  for (watched_range* range = first_range.load(); range != nullptr; range = range->next) {
    const std::uintptr_t end = range->end.load();
    if (address < range->begin.load() || address >= end) {
      continue;
    }
    const std::uintptr_t page = address - address % page_bytes;
    range->has_lost_pages.store(true);
    // The address comes from the signal, as a number.
    auto* const place = reinterpret_cast<void*>(page);  // NOLINT(performance-no-int-to-ptr)
    return ::mmap(place, end - page, PROT_READ, MAP_PRIVATE | MAP_ANONYMOUS | MAP_FIXED, -1, 0) != MAP_FAILED;
  }
  return false;
}

void on_bus_error(int /*signal*/, siginfo_t* info, void* /*context*/) {
  const int kept_errno = errno;
  if (!replace_lost_pages(reinterpret_cast<std::uintptr_t>(info->si_addr))) {
    // The access is tried again, and then it is the business of the one before.
    static_cast<void>(::sigaction(SIGBUS, &previous_action, nullptr));
  }
  errno = kept_errno;
}

void install_handler() {
  page_bytes = static_cast<std::uintptr_t>(::sysconf(_SC_PAGESIZE));
  struct sigaction action {};
  action.sa_sigaction = on_bus_error;
  action.sa_flags = SA_SIGINFO | SA_ONSTACK;
  static_cast<void>(::sigaction(SIGBUS, &action, &previous_action));
}

std::mutex list_mutex;

/// One that no file uses, or a new one. Its end is 0.
watched_range* unused_range() {
  for (watched_range* range = first_range.load(); range != nullptr; range = range->next) {
    if (range->end.load() == 0) {
      return range;
    }
  }
  auto* const added = new watched_range;
  added->next = first_range.load();
  first_range.store(added);
  return added;
}

}  // namespace

watched_range* watch_pages(std::span<const std::byte> bytes) {
  static std::once_flag installed;
  std::call_once(installed, install_handler);
  const auto begin = reinterpret_cast<std::uintptr_t>(bytes.data());
  const std::scoped_lock lock(list_mutex);
  watched_range* const range = unused_range();
  range->has_lost_pages.store(false);
  range->begin.store(begin);
  range->end.store(begin + bytes.size());
  return range;
}

void release(watched_range* range) {
  const std::scoped_lock lock(list_mutex);
  range->end.store(0);
}

bool has_lost_pages(const watched_range& range) {
  return range.has_lost_pages.load();
}

}  // namespace dlac
