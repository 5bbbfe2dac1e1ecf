// The `auto` block against the best fixed one: every candidate of every ResNet-34 layer is simulated in full.

#include <doctest/doctest.h>
#include <fmt/format.h>

#include <algorithm>
#include <cstdlib>
#include <fstream>
#include <iterator>
#include <limits>

#include "sim/config/accelerator_config.h"
#include "sim/engine/engine.h"
#include "sim/mapping/mm_op.h"
#include "sim/timing/block_choice.h"
#include "sim/workload/operands.h"

namespace dlac::test {
namespace {

constexpr double allowed_loss = 0.03;

cycle cycles_of(engine& fast, const accelerator_config& config, const mm_op& op, const layer& l, block_shape block) {
  return fast.run(mm_op_program(config, op, block, tile_order::nt_outer, l.epilogue)).counters.cycles;
}

struct measured_block {
  block_shape block;
  cycle cycles = std::numeric_limits<cycle>::max();
};

measured_block best_fixed_block(engine& fast, const accelerator_config& config, const mm_op& op, const layer& l) {
  measured_block best;
  for (const auto& block : candidate_blocks(config, op)) {
    const auto cycles = cycles_of(fast, config, op, l, block);
    if (cycles < best.cycles) {
      best = {block, cycles};
    }
  }
  return best;
}

/// The table of docs/block-choice.md, from its header to the empty line behind it: it has what was measured, or, where
/// the environment asks for it (DLAC_WRITE_DOCS), it gets that.
class documented_table {
 public:
  void add(const std::string& layer, const measured_block& chosen, const measured_block& best, double loss) {
    rows_ += fmt::format("| {} | {}x{} | {} | {}x{} | {} | {:.1f} % |\n", layer, chosen.block.m, chosen.block.n,
                         chosen.cycles, best.block.m, best.block.n, best.cycles, 100 * loss);
  }

  void check() const {
    const std::string header = "| layer | chosen | cycles | best fixed | cycles | loss |\n|---|---|---|---|---|---|\n";
    std::ifstream file(path_);
    std::string text{std::istreambuf_iterator<char>(file), {}};
    const auto begin = text.find(header);
    REQUIRE(begin != std::string::npos);
    const auto rows = begin + header.size();
    const auto end = std::min(text.find("\n\n", rows), text.size() - 1) + 1;
    if (std::getenv("DLAC_WRITE_DOCS") != nullptr) {
      std::ofstream(path_) << text.replace(rows, end - rows, rows_);
    } else {
      CHECK(text.substr(rows, end - rows) == rows_);
    }
  }

 private:
  std::string path_ = std::string(DLAC_SOURCE_DIR) + "/docs/block-choice.md";
  std::string rows_;
};

}  // namespace

TEST_CASE("the auto block is within 3 % of the best fixed block on every layer of the traced ResNet-34") {
  const std::string root = DLAC_SOURCE_DIR;
  const auto config = read_accelerator_config(root + "/configs/paper-fp16-inference.json");
  const auto net = read_network(root + "/workloads/resnet34.json");
  const operand_provider operands(net, std::nullopt, formats_of(machine_mode::fp32_training));
  const auto fast = make_engine(by_fast_engine{}, config);
  documented_table rows;
  for (const auto& l : net.layers) {
    CAPTURE(l.name);
    const auto op = forward_mm_op(l, operands.activation_mask(l), operands.weight_mask(l), 0);
    measured_block chosen{choose_block(config, op, l.epilogue)};
    chosen.cycles = cycles_of(*fast, config, op, l, chosen.block);
    const auto best = best_fixed_block(*fast, config, op, l);
    const double loss = static_cast<double>(chosen.cycles) / static_cast<double>(best.cycles) - 1;
    CHECK(loss <= allowed_loss);
    rows.add(l.name, chosen, best, loss);
  }
  rows.check();
}

}  // namespace dlac::test
