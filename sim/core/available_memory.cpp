#include "sim/core/available_memory.h"

#include <fmt/format.h>
#include <malloc.h>
#include <sys/resource.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <fstream>
#include <optional>
#include <sstream>
#include <string_view>

namespace dlac {
namespace {

std::uint64_t difference(std::uint64_t limit, std::uint64_t used) {
  return limit - std::min(limit, used);
}

/// The number behind `key` in a file of keys and numbers ("MemAvailable:  123 kB", "inactive_file 4096").
std::optional<std::uint64_t> number_of(const std::string& path, const std::string& key) {
  std::ifstream file(path);
  std::string line;
  while (std::getline(file, line)) {
    std::istringstream words(line);
    std::string word;
    std::uint64_t number = 0;
    if (words >> word && (word == key || word == key + ":") && words >> number) {
      return number;
    }
  }
  return std::nullopt;
}

/// The only number of a file; none where it holds a word ("max") or is missing.
std::optional<std::uint64_t> number_in(const std::string& path) {
  std::uint64_t number = 0;
  std::ifstream file(path);
  return file >> number ? std::optional(number) : std::nullopt;
}

class least_memory {
 public:
  void limit(std::uint64_t bytes, std::string_view of) {
    if (bytes < least_.bytes) {
      least_ = {bytes, std::string(of)};
    }
  }
  [[nodiscard]] const available_memory& value() const { return least_; }

 private:
  available_memory least_;
};

void limit_by_machine(const memory_files& files, least_memory& least) {
  constexpr std::uint64_t kibibyte = 1024;
  const std::string path = files.proc + "/meminfo";
  if (const auto available = number_of(path, "MemAvailable")) {
    least.limit((*available + number_of(path, "SwapFree").value_or(0)) * kibibyte, "this machine");
  }
}

/// What the process has of its address space, and of that as data.
void limit_by_process(const memory_files& files, least_memory& least) {
  std::array<std::uint64_t, 6> pages{};  // size, resident, shared, text, library, data and stack
  std::ifstream file(files.proc + "/self/statm");
  for (auto& number : pages) {
    file >> number;
  }
  if (!file) {
    return;
  }
  const auto page = static_cast<std::uint64_t>(::sysconf(_SC_PAGESIZE));
  const auto limit = [&](decltype(RLIMIT_AS) resource, std::uint64_t used, std::string_view of) {
    rlimit allowed{};
    if (::getrlimit(resource, &allowed) == 0 && allowed.rlim_cur != RLIM_INFINITY) {
      least.limit(difference(allowed.rlim_cur, used * page), of);
    }
  };
  limit(RLIMIT_AS, pages[0], "the limit of the address space (ulimit -v)");
  limit(RLIMIT_DATA, pages[5], "the limit of the data (ulimit -d)");
}

/// Files of one version of control groups.
struct cgroup_names {
  const char* limit;
  const char* used;
  const char* reclaimable;  ///< key in memory.stat
};
constexpr cgroup_names version_1 = {"memory.limit_in_bytes", "memory.usage_in_bytes", "total_inactive_file"};
constexpr cgroup_names version_2 = {"memory.max", "memory.current", "inactive_file"};

/// A group and all above it; `root` is where the hierarchy is mounted.
void limit_by_groups(const std::string& root, std::string group, const cgroup_names& names, least_memory& least) {
  for (;;) {
    const std::string folder = root + group + "/";
    const auto limit = number_in(folder + names.limit);
    const auto used = number_in(folder + names.used);
    if (limit && used) {
      const auto reclaimable = number_of(folder + "memory.stat", names.reclaimable).value_or(0);
      least.limit(difference(*limit, difference(*used, reclaimable)), "the control group's memory limit");
    }
    if (group.empty()) {
      return;
    }
    group.resize(std::min(group.rfind('/'), group.size() - 1));
  }
}

/// Lines of /proc/self/cgroup are NUMBER:CONTROLLERS:GROUP; version 2 has number 0 and no controllers.
void limit_by_cgroups(const memory_files& files, least_memory& least) {
  std::ifstream file(files.proc + "/self/cgroup");
  std::string line;
  while (std::getline(file, line)) {
    const auto first = line.find(':');
    const auto second = line.find(':', first + 1);
    if (first == std::string::npos || second == std::string::npos) {
      continue;
    }
    const auto controllers = fmt::format(",{},", line.substr(first + 1, second - first - 1));
    auto group = line.substr(second + 1);
    if (group == "/") {
      group.clear();
    }
    if (controllers == ",,") {
      limit_by_groups(files.cgroups, group, version_2, least);
      limit_by_groups(files.cgroups + "/unified", group, version_2, least);
    } else if (controllers.find(",memory,") != std::string::npos) {
      // In a container the group's own folder may be all that is mounted.
      limit_by_groups(files.cgroups + "/memory", group, version_1, least);
    }
  }
}

}  // namespace

available_memory measure_available_memory(const memory_files& files) {
  least_memory least;
  limit_by_machine(files, least);
  limit_by_process(files, least);
  limit_by_cgroups(files, least);
  available_memory result = least.value();
  // What was freed and is kept for the next allocations.
  const auto kept = static_cast<std::uint64_t>(::mallinfo2().fordblks);
  result.bytes += std::min(kept, std::numeric_limits<std::uint64_t>::max() - result.bytes);
  return result;
}

std::string memory_text(std::uint64_t bytes) {
  constexpr std::array units = {"bytes", "kB", "MB", "GB", "TB", "PB", "EB"};
  auto number = static_cast<double>(bytes);
  std::size_t unit = 0;
  while (number >= 999.5) {
    number /= 1000;
    ++unit;
  }
  return fmt::format("{:.3g} {}", number, units[unit]);
}

}  // namespace dlac
