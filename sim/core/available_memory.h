#pragma once
// How much memory the process can still take: what the machine has available, and what the limits leave that somebody
// has set on the process (its address space, its data) or on its control groups (v1 and v2).

#include <cstdint>
#include <limits>
#include <string>

namespace dlac {

struct available_memory {
  std::uint64_t bytes = std::numeric_limits<std::uint64_t>::max();
  std::string of;  ///< "this machine", or the limit that leaves least
};

/// Where Linux tells it; what it does not tell limits nothing.
struct memory_files {
  std::string proc = "/proc";
  std::string cgroups = "/sys/fs/cgroup";
};

/// The least of all of them.
available_memory measure_available_memory(const memory_files& files = {});

/// "138 GB", "8.59 GB", "512 MB": three digits.
std::string memory_text(std::uint64_t bytes);

}  // namespace dlac
