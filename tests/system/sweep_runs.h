#pragma once
// Sweeps as processes: what they leave, and runs that are killed.

#include <signal.h>

#include <chrono>
#include <cstddef>
#include <random>
#include <string>
#include <thread>
#include <vector>

#include "tests/system/run_program.h"

namespace dlac::test {

/// The files of a folder that are compared.
inline std::string results_of(const std::string& folder) {
  return contents_of(folder + "/results.csv") + contents_of(folder + "/results.jsonl");
}

/// Starts the program so many times and kills it after up to 5 ms + `longest`; how many had not ended before.
inline std::size_t run_and_kill(const std::vector<std::string>& arguments, int rounds, std::mt19937::result_type seed,
                                std::chrono::microseconds longest) {
  std::mt19937 random(seed);
  std::size_t killed = 0;
  for (int round = 0; round < rounds; ++round) {
    running_program running(arguments);
    std::this_thread::sleep_for(std::chrono::microseconds(5000 + random() % longest.count()));
    ::kill(running.process(), SIGKILL);
    killed += running.wait().exit_code == 128 + SIGKILL ? 1 : 0;
  }
  return killed;
}

}  // namespace dlac::test
