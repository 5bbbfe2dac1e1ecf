// What the process can still take, from files as Linux writes them; and the pool that shares it.

#include "sim/core/available_memory.h"

#include <doctest/doctest.h>

#include <atomic>
#include <filesystem>
#include <fstream>
#include <optional>
#include <thread>

#include "sim/core/bits.h"
#include "sim/core/memory_pool.h"
#include "tests/unit/bad_input.h"
#include "tests/unit/lowered_limit.h"

namespace dlac::test {
namespace {

constexpr std::uint64_t mebibyte = std::uint64_t{1} << 20U;

/// Files of a machine of our own.
class made_up_machine {
 public:
  void write(const std::string& path, const std::string& text) const {
    const std::filesystem::path file = folder_.path(path);
    std::filesystem::create_directories(file.parent_path());
    std::ofstream(file) << text;
  }
  [[nodiscard]] available_memory available() const {
    return measure_available_memory({folder_.path("proc"), folder_.path("cgroup")});
  }
  /// Close to so many: what the process has freed and kept is counted, too.
  void check(std::uint64_t bytes, std::string_view of) const {
    const auto found = available();
    CHECK(found.bytes >= bytes);
    CHECK(found.bytes < bytes + 256 * mebibyte);
    CHECK(found.of.find(of) != std::string::npos);
  }

 private:
  temporary_folder folder_;
};

constexpr auto meminfo =
    "MemTotal:       20971520 kB\nMemFree: 1 kB\nMemAvailable:   16777216 kB\nSwapFree: 1048576 kB\n";

}  // namespace

TEST_CASE("a machine has what is available and its swap, where no limit is lower") {
  const made_up_machine machine;
  machine.write("proc/meminfo", meminfo);
  machine.check(17 * 1024 * mebibyte, "this machine");
}

TEST_CASE("control groups limit their processes, each group above as well, less what is used and not reclaimable") {
  SUBCASE("version 2") {
    const made_up_machine machine;
    machine.write("proc/meminfo", meminfo);
    machine.write("proc/self/cgroup", "0::/jobs/one\n");
    machine.write("cgroup/jobs/one/memory.max", "max\n");
    machine.write("cgroup/jobs/one/memory.current", "0\n");
    machine.write("cgroup/jobs/memory.max", "4294967296\n");
    machine.write("cgroup/jobs/memory.current", "3221225472\n");
    machine.write("cgroup/jobs/memory.stat", "anon 5\ninactive_file 1073741824\nactive_file 7\n");
    machine.check(2048 * mebibyte, "control group");
  }
  SUBCASE("version 1") {
    const made_up_machine machine;
    machine.write("proc/meminfo", meminfo);
    machine.write("proc/self/cgroup", "5:devices:/\n4:cpu,memory:/job\n0::/\n");
    machine.write("cgroup/memory/job/memory.limit_in_bytes", "1073741824\n");
    machine.write("cgroup/memory/job/memory.usage_in_bytes", "536870912\n");
    machine.write("cgroup/memory/memory.limit_in_bytes", "9223372036854771712\n");
    machine.write("cgroup/memory/memory.usage_in_bytes", "536870912\n");
    machine.check(512 * mebibyte, "control group");
  }
  SUBCASE("in a container the root is all there is to see") {
    const made_up_machine machine;
    machine.write("proc/meminfo", meminfo);
    machine.write("proc/self/cgroup", "0::/../../host/path\n");
    machine.write("cgroup/memory.max", "1073741824\n");
    machine.write("cgroup/memory.current", "2147483648\n");
    machine.check(0, "control group");
  }
}

#ifndef __SANITIZE_ADDRESS__  // sanitizers map what they like
TEST_CASE("the limits of the process count from what it has already") {
  const made_up_machine machine;
  machine.write("proc/meminfo", meminfo);
  machine.write("proc/self/statm", "1000000 500 400 300 0 200000 0\n");  // pages of 4 KiB
  const std::uint64_t data = 200000 * 4096ULL;
  const std::uint64_t huge = std::uint64_t{1} << 45U;
  {
    const lowered_limit limit(RLIMIT_AS, huge);
    machine.check(17 * 1024 * mebibyte, "this machine");
  }
  {
    const std::uint64_t size = 1000000 * 4096ULL;
    const lowered_limit limit(RLIMIT_AS, size + 1024 * mebibyte);
    machine.check(1024 * mebibyte, "ulimit -v");
  }
  {
    const lowered_limit limit(RLIMIT_DATA, data + 2048 * mebibyte);
    machine.check(2048 * mebibyte, "ulimit -d");
  }
}
#endif

TEST_CASE("where nothing tells, nothing limits") {
  CHECK(made_up_machine().available().bytes == std::numeric_limits<std::uint64_t>::max());
}

TEST_CASE("this machine has some memory, but not as much as one could ask for") {
  CHECK(measure_available_memory().bytes > mebibyte);
  CHECK_NOTHROW(require_memory(mebibyte));
  CHECK_THROWS_AS(require_memory(std::uint64_t{1} << 60U), memory_shortage);
  CHECK_THROWS_AS(bit_matrix(std::uint64_t{1} << 32U, std::uint64_t{1} << 30U), memory_shortage);
}

TEST_CASE("amounts have three digits and a unit") {
  CHECK(memory_text(0) == "0 bytes");
  CHECK(memory_text(999) == "999 bytes");
  CHECK(memory_text(1000) == "1 kB");
  CHECK(memory_text(137'438'953'472) == "137 GB");
  CHECK(memory_text(8'589'934'592) == "8.59 GB");
  CHECK(memory_text(999'600'000) == "1 GB");
  CHECK(memory_text(std::numeric_limits<std::uint64_t>::max()) == "18.4 EB");
}

TEST_CASE("a pool refuses what can never be had, and says how much that was") {
  memory_pool pool([] { return available_memory{1000, "the box"}; });
  CHECK_NOTHROW(pool.check(1000));
  CHECK_NOTHROW(static_cast<void>(pool.take(1000, 5000)));
  try {
    pool.check(1001);
    FAIL("no shortage");
  } catch (const memory_shortage& shortage) {
    CHECK(std::string(shortage.what()) == "needs about 1 kB of memory, expected at most 1 kB, what the box has left");
  }
  CHECK_THROWS_AS(static_cast<void>(pool.take(1001, 1001)), memory_shortage);
}

TEST_CASE("who wants more than is left beside the claims waits for one to be given back") {
  std::atomic<std::uint64_t> measured = 0;
  memory_pool pool([&] {
    ++measured;
    return available_memory{1000, "the box"};
  });
  std::atomic<bool> is_taken = false;
  std::optional<memory_pool::claim> first(pool.take(600, 600));
  const auto beside = pool.take(300, 300);
  CHECK_NOTHROW(pool.check(1000));  // of all, not of what is left
  std::jthread waiting([&] {
    const auto claim = pool.take(200, 500);
    is_taken = true;
  });
  std::this_thread::sleep_for(std::chrono::milliseconds(50));
  CHECK_FALSE(is_taken);
  first.reset();
  waiting.join();
  CHECK(is_taken);
  CHECK(measured == 1);  // while nothing was claimed
}

}  // namespace dlac::test
