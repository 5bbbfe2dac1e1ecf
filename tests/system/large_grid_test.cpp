// The clocked engine on grids of tens of thousands of PEs: a run takes as long as its simulation, not as long as the
// kernel would take to remove what it was elaborated from.

#include <doctest/doctest.h>

#include <chrono>
#include <string>
#include <vector>

#include "tests/system/run_program.h"

namespace dlac::test {

TEST_CASE("a single product on a grid of 256 x 256 is there in no time, with either engine and with values") {
  const temporary_folder folder;
  const auto network = folder.file("one.json", R"({"name": "one", "layers": [
    {"name": "product", "type": "linear", "in_features": 1, "out_features": 1, "weight_format": "full",
     "operands": {"activations": {"source": "dense"}, "weights": {"source": "dense"}},
     "epilogue": [{"op": "select", "threshold": 0}]}]})");
  for (const auto& engine : std::vector<std::vector<std::string>>{
           {"--engine", "systemc"}, {"--check"}, {"--engine", "systemc", "--values"}}) {
    CAPTURE(engine[0]);
    std::vector<std::string> arguments = {"run", network, "--set", "grid.rows=256", "--set", "grid.cols=256"};
    arguments.insert(arguments.end(), engine.begin(), engine.end());
    const auto begin = std::chrono::steady_clock::now();
    const auto finished = run_program(arguments);
    CHECK(finished.exit_code == 0);
    CHECK(finished.err.empty());
    // On a quiet machine it is about one second; a removal that is quadratic takes minutes.
    CHECK(std::chrono::steady_clock::now() - begin < std::chrono::seconds(90));
  }
}

}  // namespace dlac::test
