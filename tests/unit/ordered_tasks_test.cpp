// Tasks on threads: each is run once, results and errors come in the order in which they are asked for.

#include "sim/core/ordered_tasks.h"

#include <doctest/doctest.h>

#include <array>
#include <atomic>
#include <chrono>
#include <stdexcept>

namespace dlac::test {

TEST_CASE("tasks give the same results with any number of threads, each run once") {
  constexpr std::size_t count = 40;
  for (const unsigned threads : {1U, 2U, 5U}) {
    CAPTURE(threads);
    std::array<std::atomic<int>, count> runs{};
    ordered_tasks<std::size_t> tasks(count, threads, [&](unsigned thread, std::size_t i) {
      ++runs[i];
      std::this_thread::sleep_for(std::chrono::microseconds(i % 3 == 0 ? 300 : 0));  // later ones may end earlier
      return thread < threads ? i * i : 0;
    });
    for (std::size_t i = 0; i < count; ++i) {
      CHECK(tasks.result(i) == i * i);
      CHECK(runs[i] == 1);
    }
  }
}

TEST_CASE("a task's error is thrown where its result is asked for, and the others are not touched") {
  for (const unsigned threads : {1U, 3U}) {
    CAPTURE(threads);
    ordered_tasks<int> tasks(4, threads, [](unsigned, std::size_t i) {
      if (i == 1) {
        throw std::runtime_error("task 1");
      }
      return static_cast<int>(i);
    });
    CHECK(tasks.result(0) == 0);
    CHECK_THROWS_WITH_AS(tasks.result(1), "task 1", std::runtime_error);
    CHECK(tasks.result(2) == 2);
    CHECK(tasks.result(3) == 3);
  }
}

}  // namespace dlac::test
