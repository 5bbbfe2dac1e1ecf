// Blocks and orders chosen for energy: what the choice believes a block to do against what engines count, the choice
// itself against every candidate, and against the best candidate of every ResNet-34 layer, all simulated in full.

#include <doctest/doctest.h>
#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <limits>
#include <optional>

#include "models/energy.h"
#include "sim/config/accelerator_config.h"
#include "sim/core/error.h"
#include "sim/engine/network_run.h"
#include "sim/engine/pass_run.h"
#include "sim/engine/program_choice.h"
#include "sim/mapping/buffer_fit.h"
#include "sim/timing/block_choice.h"
#include "sim/timing/block_value.h"
#include "sim/timing/tile_sequence.h"
#include "tests/engines/run_engines.h"
#include "tests/engines/test_scale.h"
#include "tests/engines/training_case.h"

namespace dlac::test {
namespace {

const std::string root = DLAC_SOURCE_DIR;

/// The first mmOp of a pass of a random training case.
struct first_mm_op {
  std::vector<mm_op_shape> shapes;
  mm_op op;
};
std::optional<first_mm_op> first_of(const training_case& c, pass_kind pass) {
  auto shapes = mm_op_shapes(c.shape, pass, c.batch);
  if (shapes.empty()) {
    return std::nullopt;
  }
  auto op = make_mm_op(shapes.front(), c.masks);
  if (skips_outputs(c.config, c.shape, pass)) {
    op.needed = outputs_kept_by_relu(op, c.masks.activations);
  }
  return first_mm_op{std::move(shapes), std::move(op)};
}

/// Blocks and orders that an objective may choose from.
std::vector<program_choice> all_choices(const training_case& c, const first_mm_op& first) {
  buffer_fit fit(c.config, first.shapes, c.masks.of(first.op.rows));
  std::vector<program_choice> choices;
  for (const auto& block : candidate_blocks(c.config, first.op)) {
    if (!fit.shortage(block)) {
      choices.push_back({block, tile_order::nt_outer});
      choices.push_back({block, tile_order::mt_outer});
    }
  }
  return choices;
}

/// Draws cases whose block and order are left open, as far as memory lets one of the candidates run.
template <class Check>
void for_each_open_case(std::uint64_t first_seed, std::uint64_t cases, const Check& check) {
  for (std::uint64_t seed = first_seed; seed < first_seed + cases; ++seed) {
    auto c = draw_training_case(seed);
    INFO(describe(c));
    c.config.mapping = {};
    c.config.pe.output_buffers = std::max(c.config.pe.output_buffers, 6U);
    draws random(seed);
    draw_memory(random, c.config);
    for (const auto pass : passes_of(run_kind::training)) {
      if (const auto first = first_of(c, pass); first && !all_choices(c, *first).empty()) {
        check(c, *first);
      }
    }
  }
}

}  // namespace

TEST_CASE("what an objective believes that a block does is what engines count") {
  std::uint64_t skipping_outputs = 0;
  const auto cases = scaled(600);
  for (std::uint64_t seed = 5'000'001; seed <= 5'000'000 + cases; ++seed) {
    auto c = draw_training_case(seed);
    INFO(describe(c));
    c.config.mapping.objective = mapping_objective::energy;
    const auto technology_table = read_technology(root + "/models/technology/14nm.json");
    const auto energy = energy_by(c.config, technology_table);
    for (const auto pass : passes_of(run_kind::training)) {
      const auto first = first_of(c, pass);
      if (!first) {
        continue;
      }
      const auto formats = formats_of(c.config, first->op);
      const auto epilogue = pass_epilogue(c.shape, formats, pass);
      draws random(seed);
      const auto m = random.between(1, c.config.pe.output_buffers);
      const block_shape block{m, random.between(1, c.config.pe.output_buffers / m)};
      const auto counters =
          count_mm_op(c.config, mm_op_program(c.config, first->op, block, tile_order::nt_outer, epilogue));
      const block_value value(c.config, first->op, epilogue, energy);
      const memory_traffic traffic{seed, 2 * seed, 3 * seed, 0};
      auto work = value.work_of(block, static_cast<double>(counters.cycles), traffic);
      CHECK(work.counters.cycles == counters.cycles);
      CHECK(work.counters.tiles == counters.tiles);
      CHECK(work.counters.pe_steps == counters.pe_steps);
      CHECK(work.counters.activity == counters.activity);
      if (first->op.needed) {  // then products are estimated
        ++skipping_outputs;
        work.counters.issued_products = counters.issued_products;
      }
      CHECK(work.counters.issued_products == counters.issued_products);
      CHECK(value(block, static_cast<double>(counters.cycles), traffic) >= 0);
      layer_result counted;
      counted.pass = pass;
      counted.formats = formats;
      counted.counters = counters;
      counted.traffic = traffic;
      CHECK(energy(work) == energy(counted));
    }
  }
  CHECK(skipping_outputs > 0);
}

TEST_CASE("outputs that are left out lessen the products that an objective expects") {
  auto c = draw_training_case(1);
  c.config.mapping.objective = mapping_objective::energy;
  const layer_energy products = [](const layer_result& work) {
    return static_cast<double>(work.counters.issued_products);
  };
  auto first = first_of(c, pass_kind::forward);
  const block_value all(c.config, first->op, {}, products);
  c.config.skip_outputs = true;
  first->op.needed = bit_matrix(first->op.m, first->op.n);
  const block_value none(c.config, first->op, {}, products);
  CHECK(all({1, 1}, 1) > 0);
  CHECK(none({1, 1}, 1) == 0);
}

TEST_CASE("an objective of bytes takes the block and the order that move fewest, of all candidates") {
  std::uint64_t not_by_reads = 0;
  std::array<std::uint64_t, 2> orders{};
  // So many that some show the difference, however few other tests are to draw.
  constexpr std::uint64_t fewest = 30;
  for_each_open_case(6'000'001, std::max(fewest, scaled(150)), [&](training_case& c, const first_mm_op& first) {
    c.config.mapping.objective = mapping_objective::energy;
    const layer_energy bytes = [](const layer_result& work) {
      return 1.0 + 3.0 * static_cast<double>(work.traffic.columns) + static_cast<double>(work.traffic.rows);
    };
    const auto bytes_of = [&](const program_choice& choice) {
      layer_result work;
      work.traffic = plan_mm_op(c.config, first.op, c.masks, choice)->traffic;
      return bytes(work);
    };
    const auto chosen = choose_program(c.config, c.shape, first.op, first.shapes, c.masks, bytes);
    double least = std::numeric_limits<double>::infinity();
    for (const auto& choice : all_choices(c, first)) {
      least = std::min(least, bytes_of(choice));
    }
    CHECK(bytes_of(chosen) == least);
    ++orders[chosen.order == tile_order::nt_outer ? 0 : 1];
    // With the block fixed the objective still has the order, and without either of them nothing.
    c.config.mapping.block = chosen.block;
    CHECK(choose_program(c.config, c.shape, first.op, first.shapes, c.masks, bytes).order == chosen.order);
    const auto by_cycles_config = [&] {
      auto config = c.config;
      config.mapping.objective = mapping_objective::cycles;
      return config;
    }();
    not_by_reads +=
        choose_program(by_cycles_config, c.shape, first.op, first.shapes, c.masks).order == chosen.order ? 0 : 1;
    c.config.mapping.order = tile_order::mt_outer;
    CHECK(choose_program(c.config, c.shape, first.op, first.shapes, c.masks, bytes).order == tile_order::mt_outer);
    c.config.mapping = {};
  });
  CHECK(not_by_reads > 0);
  CHECK(orders[0] > 0);
  CHECK(orders[1] > 0);
}

TEST_CASE(
    "an objective of steps takes the block with fewest, and one of time alone nearly always the block of cycles") {
  int others = 0;
  int cases = 0;
  cycle in_time_cycles = 0;
  cycle least_cycles = 0;
  constexpr std::uint64_t fewest = 30;
  for_each_open_case(7'000'001, std::max(fewest, scaled(150)), [&](training_case& c, const first_mm_op& first) {
    c.config.memory.reset();
    const auto by = [&](mapping_objective objective, const layer_energy& energy) {
      c.config.mapping.objective = objective;
      return choose_program(c.config, c.shape, first.op, first.shapes, c.masks, energy);
    };
    const layer_energy steps = [](const layer_result& work) { return static_cast<double>(work.counters.pe_steps); };
    const auto steps_of_block = [&](block_shape block) {
      return count_mm_op(c.config, mm_op_program(c.config, first.op, block, tile_order::nt_outer, {})).pe_steps;
    };
    const auto chosen = by(mapping_objective::energy, steps);
    auto least = std::numeric_limits<std::uint64_t>::max();
    for (const auto& block : candidate_blocks(c.config, first.op)) {
      least = std::min(least, steps_of_block(block));
    }
    CHECK(steps_of_block(chosen.block) == least);
    CHECK(chosen.order == tile_order::nt_outer);
    const auto in_time = by(mapping_objective::energy_delay, [](const layer_result&) { return 1.0; });
    // It looks at more candidates, which may be as good or better.
    const auto by_cycles = by(mapping_objective::cycles, {});
    const auto cycles_of_block = [&](block_shape block) {
      return count_mm_op(c.config, mm_op_program(c.config, first.op, block, tile_order::nt_outer, {})).cycles;
    };
    ++cases;
    others += in_time.block == by_cycles.block ? 0 : 1;
    in_time_cycles += cycles_of_block(in_time.block);
    least_cycles += cycles_of_block(by_cycles.block);
  });
  CHECK(cases > 0);
  CHECK(20 * others <= cases);
  CHECK(100 * in_time_cycles <= 101 * least_cycles);
}

namespace {

constexpr double allowed_loss = 0.03;
// A product has the error of the cycles' estimate, too: one backward-weight pass, of which cycles alone lose 9 %.
constexpr double allowed_loss_of_product = 0.12;

/// A run whose layers are simulated with every candidate.
struct resnet34_run {
  const char* workload;
  const char* machine;
  run_kind kind;
};

struct objective_values {
  double energy = std::numeric_limits<double>::infinity();
  double energy_delay = std::numeric_limits<double>::infinity();
};

/// Simulates passes of a run, with a block and an order, or with those of an objective.
class measured_run {
 public:
  explicit measured_run(const resnet34_run& run)
      : config_(read_accelerator_config(root + "/configs/" + run.machine + ".json")),
        table_(read_technology(root + "/models/technology/" + config_.technology + ".json")),
        net_(read_network(root + "/workloads/" + run.workload + ".json")),
        operands_(net_, std::nullopt, config_.numbers()) {
    std::vector<const layer*> layers;
    for (const auto& l : net_.layers) {
      layers.push_back(&l);
    }
    passes_ = passes_of(net_, layers, run.kind);
  }

  [[nodiscard]] const std::vector<layer_pass>& passes() const { return passes_; }

  [[nodiscard]] objective_values measure(const layer_pass& p, const mapping_config& mapping) const {
    auto config = config_;
    config.mapping = mapping;
    const auto runner = make_engine(by_fast_engine{}, config);
    const auto result = run_pass({.config = config,
                                  .net = net_,
                                  .of = *p.of,
                                  .pass = p.pass,
                                  .operands = operands_,
                                  .energy = energy_by(config, table_)},
                                 *runner);
    // A machine whose block is fixed has narrower buses: all are taken as the one that leaves it open.
    const auto energy = energy_of(config_, table_, result).total();
    return {energy, energy * static_cast<double>(result.counters.cycles)};
  }

  /// The lowest of each, over all candidates that fit the buffers.
  [[nodiscard]] objective_values best(const layer_pass& p) const {
    objective_values best;
    for (const auto& block : candidate_blocks(config_, mm_op_shapes(*p.of, p.pass, net_.batch).front())) {
      for (const auto order : {tile_order::nt_outer, tile_order::mt_outer}) {
        try {
          const auto values = measure(p, {block, order});
          best = {std::min(best.energy, values.energy), std::min(best.energy_delay, values.energy_delay)};
        } catch (const input_error&) {  // it does not fit
        }
      }
    }
    return best;
  }

 private:
  accelerator_config config_;
  technology table_;
  network net_;
  operand_provider operands_;
  std::vector<layer_pass> passes_;
};

}  // namespace

// All passes at a DLAC_TEST_SCALE of 12, every twelfth of them at 1.
TEST_CASE("blocks and orders chosen for energy are within 3 % of the best on every layer of ResNet-34") {
  for (const auto& [workload, machine, kind] :
       {resnet34_run{"resnet34", "dlac-fp16-inference", run_kind::forward},
        resnet34_run{"resnet34-training", "dlac-fp32-training", run_kind::training}}) {
    const measured_run run({workload, machine, kind});
    const auto every = std::max<std::size_t>(1, 12 / scaled(1));
    double worst_energy = 0;
    double worst_energy_delay = 0;
    for (std::size_t i = every / 2; i < run.passes().size(); i += every) {
      const auto& pass = run.passes()[i];
      CAPTURE(machine);
      CAPTURE(pass.of->name);
      CAPTURE(to_string(pass.pass));
      const auto best = run.best(pass);
      const auto loss = [](double value, double least) { return value / least - 1; };
      const auto energy = loss(
          run.measure(pass, {.block = {}, .order = {}, .objective = mapping_objective::energy}).energy, best.energy);
      const auto energy_delay =
          loss(run.measure(pass, {.block = {}, .order = {}, .objective = mapping_objective::energy_delay}).energy_delay,
               best.energy_delay);
      CHECK(energy <= allowed_loss);
      CHECK(energy_delay <= allowed_loss_of_product);
      worst_energy = std::max(worst_energy, energy);
      worst_energy_delay = std::max(worst_energy_delay, energy_delay);
    }
    MESSAGE(fmt::format("{}: at most {:.2f} % above the best in energy, {:.2f} % in energy-delay product", machine,
                        100 * worst_energy, 100 * worst_energy_delay));
  }
}

}  // namespace dlac::test
