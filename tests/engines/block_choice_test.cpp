// The `auto` block against the best fixed one: every candidate of every ResNet-34 layer is simulated in full.

#include <doctest/doctest.h>
#include <fmt/format.h>

#include <algorithm>
#include <cstdlib>
#include <fstream>
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
  return fast.run(mm_op_program(config, op, block, tile_order::nt_outer, l.epilogue)).cycles;
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

/// The table of docs/block-choice.md, written where the environment asks for it.
class table {
 public:
  table() {
    if (const char* path = std::getenv("DLAC_BLOCK_TABLE")) {
      file_.open(path);
      file_ << "| layer | chosen | cycles | best fixed | cycles | loss |\n|---|---|---|---|---|---|\n";
    }
  }
  void add(const std::string& layer, const measured_block& chosen, const measured_block& best, double loss) {
    file_ << fmt::format("| {} | {}x{} | {} | {}x{} | {} | {:.1f} % |\n", layer, chosen.block.m, chosen.block.n,
                         chosen.cycles, best.block.m, best.block.n, best.cycles, 100 * loss);
  }

 private:
  std::ofstream file_;
};

}  // namespace

TEST_CASE("the auto block is within 3 % of the best fixed block on every layer of the traced ResNet-34") {
  const std::string root = DLAC_SOURCE_DIR;
  const auto config = read_accelerator_config(root + "/configs/paper-fp16-inference.json");
  const auto net = read_network(root + "/workloads/resnet34.json");
  const operand_provider operands(net, std::nullopt, machine_mode::fp32_training);
  const auto fast = make_engine(engine_kind::fast, config);
  table rows;
  for (const auto& l : net.layers) {
    CAPTURE(l.name);
    const auto op = forward_mm_op(l, operands.activation_mask(l), operands.weight_nonzeros(l), 0);
    measured_block chosen{choose_block(config, op, l.epilogue)};
    chosen.cycles = cycles_of(*fast, config, op, l, chosen.block);
    const auto best = best_fixed_block(*fast, config, op, l);
    const double loss = static_cast<double>(chosen.cycles) / static_cast<double>(best.cycles) - 1;
    CHECK(loss <= allowed_loss);
    rows.add(l.name, chosen, best, loss);
  }
}

}  // namespace dlac::test
