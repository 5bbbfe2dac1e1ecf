#include "sim/engine/pass_run.h"

#include <algorithm>
#include <limits>
#include <optional>
#include <span>
#include <string>
#include <utility>
#include <vector>

#include "sim/contract/requantise_cost.h"
#include "sim/engine/program_choice.h"
#include "sim/engine/value_check.h"
#include "sim/mapping/chunk_sizes.h"
#include "sim/mapping/mm_op.h"
#include "sim/mapping/step_order.h"
#include "sim/mapping/values.h"
#include "sim/timing/fast_count.h"
#include "sim/workload/held_operands.h"
#include "sim/workload/operation_counts.h"

namespace dlac {
namespace {

/// The masks that a pass reads, and what became of the operands' numbers where they had to be read for them.
struct held_masks {
  layer_masks masks;
  held_figures rows;
  held_figures columns;
};

held_masks load_masks(const accelerator_config& config, const layer& l, pass_kind pass,
                      const operand_provider& operands) {
  held_masks held;
  const auto load = [&](tensor_role operand, tensor_mask& mask, part_masks& parts) {
    held_mask loaded = operands.operand_mask(l, operand, pass);
    mask = std::move(loaded.mask);
    parts = std::move(loaded.parts);
    return loaded.figures;
  };
  layer_masks& masks = held.masks;
  const bool are_swapped = l.is_transposed() && pass == pass_kind::backward_weight;
  if (pass != pass_kind::backward_data || skips_outputs(config, l, pass)) {
    (are_swapped ? held.columns : held.rows) =
        load(tensor_role::activations, masks.activations, masks.activation_parts);
  }
  if (pass != pass_kind::backward_weight) {
    held.columns = load(tensor_role::weights, masks.weights, masks.weight_parts);
  }
  if (pass != pass_kind::forward) {
    (pass == pass_kind::backward_data || are_swapped ? held.rows : held.columns) =
        load(tensor_role::gradients, masks.gradients, masks.gradient_parts);
  }
  return held;
}

void add_operands(layer_result& result, const mm_op& op) {
  if (result.mm_ops++ == 0) {
    result.row_operand = op.rows;
    result.column_operand = op.columns;
    result.m = op.m;
    result.n = op.n;
    result.k = op.k;
  }
  result.products += all_products(op);
  result.outputs += op.m * op.n;
  const auto nonzeros = count_nonzeros(op);
  result.effectual_macs += nonzeros.products;
  result.row.nonzeros += nonzeros.row_elements;
  result.row.elements += op.m * op.k;
  result.column.nonzeros += nonzeros.column_elements;
  result.column.elements += op.n * op.k;
}

/// The same machine without any skipping.
accelerator_config dense_machine(accelerator_config config) {
  config.skip = skip_mode::none;
  config.skip_outputs = false;
  return config;
}

bool skips_anything(const accelerator_config& config, const layer& l, pass_kind pass) {
  return config.skip != skip_mode::none || skips_outputs(config, l, pass);
}

/// Runs the mmOps of a pass one after the other; only one of them is in memory at a time, or those few small ones that
/// the engine runs together.
class pass_run {
 public:
  explicit pass_run(const pass_inputs& inputs)
      : config_(inputs.config),
        net_(inputs.net),
        layer_(inputs.of),
        pass_(inputs.pass),
        operands_(inputs.operands),
        with_values_(inputs.with_values),
        threads_(inputs.threads),
        outputs_(inputs.outputs),
        by_reference_(inputs.by_reference),
        energy_(inputs.energy),
        numbers_(config_.numbers(layer_.own_numbers())),
        held_(load_masks(config_, layer_, pass_, operands_)),
        epilogue_(pass_epilogue(layer_, formats_of(numbers_, pass_, layer_), pass_)),
        instructions_(lower_epilogue(epilogue_, config_.pe)) {
    const layer& l = layer_;
    result_.name = l.name;
    result_.pass = pass_;
    result_.dense_macs = l.dense_macs(net_.batch);
    result_.formats = formats_of(numbers_, pass_, l);
    result_.has_phases = has_phases(l, pass_);
    result_.model_bits = model_bits(l, numbers_);
    result_.lanes = config_.lanes(result_.formats);
    result_.part_pairs = parts_of(result_.formats).steps();
    if (l.recorded && pass_ == pass_kind::forward) {
      result_.checked.recorded_of = l.recorded_shape(net_.batch).elements();
    }
  }

  layer_result run(engine& runner) {
    if (with_values_) {
      values_ = load_values(net_, layer_, pass_, operands_);
      held_.rows = values_.row_figures;
      held_.columns = values_.column_figures;
      output_.assign(output_elements(), 0.0F);
    }
    auto shapes = mm_op_shapes(layer_, pass_, net_.batch);
    const auto phases = shapes.empty() ? 0 : shapes_of_a_group(shapes);
    for (std::size_t phase = 0; phase < phases; ++phase) {
      run_groups(shapes, phase, phases, runner);
    }
    if (pass_ == pass_kind::forward && result_.has_phases) {
      result_.unreached_outputs = output_elements() - result_.outputs;
      fill_unreached(shapes);
    }
    requantise();
    tell_figures();
    check_invariants(result_, config_, runner.keeps_bandwidth());
    if (with_values_) {
      hold_output();
      check_values(net_, layer_, pass_,
                   {output_, result_.unreached_outputs, saturated_sums_, !skips_outputs(config_, layer_, pass_)},
                   operands_, result_.checked);
    } else if (by_reference_) {
      output_ = reference_output(net_, layer_, operands_, result_.checked);
    }
    if (outputs_ && (with_values_ || by_reference_)) {
      outputs_(layer_, pass_, output_);
    }
    return std::move(result_);
  }

 private:
  [[nodiscard]] std::uint64_t output_elements() const { return output_shape(layer_, pass_, net_.batch).elements(); }

  /// What no mmOp makes: the epilogue of 0.
  void fill_unreached(const std::vector<mm_op_shape>& shapes) {
    if (!with_values_ || result_.unreached_outputs == 0) {
      return;
    }
    std::vector<bool> is_made(output_.size());
    for (const auto& shape : shapes) {
      const auto values = make_mm_op_values(values_, shape);
      for (std::uint64_t m = 0; m < shape.m; ++m) {
        for (std::uint64_t n = 0; n < shape.n; ++n) {
          is_made[values->output_index(m, n)] = true;
        }
      }
    }
    const auto of_zeros = epilogue_of_zeros(net_, layer_, result_.formats, operands_);
    for (std::size_t i = 0; i < output_.size(); ++i) {
      output_[i] = is_made[i] ? output_[i] : of_zeros[i];
    }
  }

  /// The outputs once more, where their format hangs on all of them.
  void requantise() {
    if (!result_.formats.requantises()) {
      return;
    }
    const auto elements = output_elements();
    const requantising pass{elements, bytes_for(elements * bits_of(result_.formats.pointwise)),
                            bytes_for(elements * bits_of(result_.formats.output))};
    const auto cycles =
        requantise_cost(pass, config_.processing_elements() * (config_.pe.fma_units + config_.pe.adders),
                        std::uint64_t{config_.grid.rows} * config_.drain_elements_per_cycle,
                        config_.memory ? config_.memory->bytes_per_cycle.thousandths : 0);
    for (layer_counters* const counters : {&result_.counters, &result_.dense}) {
      counters->cycles += cycles;
      counters->parts.requantise = cycles;
      counters->pe_parts.requantise = config_.processing_elements() * cycles;
    }
    result_.requantised = elements;
    if (config_.memory) {
      result_.traffic.streamed += pass.bytes_in;
      result_.traffic.outputs += pass.bytes_out;
    }
  }

  /// The outputs in their format, where that is another than the epilogue's.
  void hold_output() {
    const pass_formats& formats = result_.formats;
    if (is_float(formats.output, formats.pointwise)) {
      result_.numbers.output_sqnr_db = std::numeric_limits<double>::infinity();
      return;
    }
    const std::string name = output_name(layer_, pass_);
    held_operand held = hold_values(output_format(numbers_, layer_, pass_),
                                    {.name = name,
                                     .role = output_role(pass_),
                                     .shape = output_shape(layer_, pass_, net_.batch),
                                     .values = {},
                                     .pass = pass_},
                                    std::move(output_));
    output_ = std::move(held.values);
    result_.numbers.saturated += held.figures.saturated;
    result_.numbers.output_sqnr_db = held.figures.sqnr_db;
  }

  void tell_figures() {
    number_figures& numbers = result_.numbers;
    numbers.zeros_made = held_.rows.zeros_made + held_.columns.zeros_made;
    numbers.saturated += held_.rows.saturated + held_.columns.saturated;
    numbers.row_sqnr_db = held_.rows.sqnr_db;
    numbers.column_sqnr_db = held_.columns.sqnr_db;
  }

  void choose(const mm_op& first, const std::vector<mm_op_shape>& shapes) {
    const auto choice = choose_program(config_, layer_, first, shapes, held_.masks, energy_);
    result_.block = choice.block;
    result_.order = choice.order;
    for (const auto& op : epilogue_) {
      result_.epilogue.emplace_back(to_string(op.kind));
    }
  }

  /// What does not change from group to group, of one of its mmOps.
  struct group_facts {
    shared_plan plan;
    std::optional<layer_counters> dense;
    bool is_alike = true;  ///< the same in every group
  };
  /// One, or one for each phase.
  static std::size_t shapes_of_a_group(const std::vector<mm_op_shape>& shapes) {
    return static_cast<std::size_t>(std::count_if(
        shapes.begin(), shapes.end(), [&](const mm_op_shape& shape) { return shape.group == shapes.front().group; }));
  }

  /// The mmOps of all groups, or those of one phase.
  void run_groups(std::vector<mm_op_shape>& shapes, std::size_t phase, std::size_t phases, engine& runner) {
    group_facts like_first;
    for (std::size_t next = phase; next < shapes.size();) {
      std::vector<mm_op> ops;  // programs refer to them
      std::vector<mm_op_program> programs;
      std::size_t wanted = 1;
      for (; programs.size() < wanted && next < shapes.size(); next += phases) {
        ops.reserve(wanted);
        programs.reserve(wanted);
        // The choice looks at all shapes once more, and so do values.
        const bool is_kept = with_values_ || result_.mm_ops == 0;
        add_op(is_kept ? shapes[next] : std::move(shapes[next]), shapes, ops);
        add_program(ops.back(), like_first, programs);
        if (programs.size() == 1 && like_first.is_alike && !with_values_) {
          wanted = runner.wanted_at_once(programs.front());
        }
      }
      run_programs(ops, programs, like_first, runner);
    }
  }

  void add_op(mm_op_shape shape, const std::vector<mm_op_shape>& shapes, std::vector<mm_op>& ops) {
    mm_op& op = ops.emplace_back(make_mm_op(std::move(shape), held_.masks, window_view_));
    if (skips_outputs(config_, layer_, pass_)) {
      op.needed = outputs_kept_by_relu(op, held_.masks.activations);
    }
    if (result_.mm_ops == 0) {
      choose(op, shapes);
    }
    add_operands(result_, op);
  }

  void add_program(const mm_op& op, group_facts& first, std::vector<mm_op_program>& programs) {
    mm_op_program& program =
        programs.emplace_back(config_, op, result_.formats, result_.block, result_.order, instructions_, nullptr);
    if (config_.memory && !(first.plan && first.is_alike)) {
      first = {.plan = plan_mm_op(config_, op, held_.masks, {result_.block, result_.order}),
               .dense = {},
               .is_alike = chunk_sizes(config_, result_.formats, op).groups_are_alike()};
    }
    program.memory = first.plan;
  }

  /// With values it is one program.
  void run_programs(std::span<const mm_op> ops, std::span<mm_op_program> programs, group_facts& like_first,
                    engine& runner) {
    const auto values = with_values_ ? make_mm_op_values(values_, ops.front()) : nullptr;
    programs.front().values = values.get();
    const auto done = runner.run_alike(programs);
    for (std::size_t i = 0; i < programs.size(); ++i) {
      add_result(programs[i], ops[i], done[i], like_first);
      result_.checked.engines += runner.counters_compared();
    }
    if (values) {
      place_outputs(ops.front(), *values, done.front().outputs, output_);
    }
  }

  void add_result(const mm_op_program& program, const mm_op& op, const mm_op_result& done, group_facts& like_first) {
    result_.counters += done.counters;
    if (program.slices) {
      result_.slice_operations += op.m * op.n * (program.steps / program.slices->steps) * program.slices->operations;
    }
    result_.numbers.saturated += done.saturated_sums;
    saturated_sums_ += done.saturated_sums;
    if (program.memory) {
      result_.traffic += program.memory->traffic;
    }
    if (skips_anything(config_, layer_, pass_) && !like_first.dense) {
      like_first.dense = dense_counters(op, program);
    }
    result_.dense += skips_anything(config_, layer_, pass_) ? *like_first.dense : done.counters;
  }

  layer_counters dense_counters(const mm_op& op, const mm_op_program& program) const {
    const auto config = dense_machine(config_);
    mm_op_program dense(config, op, result_.formats, result_.block, result_.order, instructions_, nullptr);
    dense.memory = program.memory;
    return fast_count_mm_op(config, dense, threads_);
  }

  const accelerator_config& config_;
  const network& net_;
  const layer& layer_;
  pass_kind pass_;
  const operand_provider& operands_;
  bool with_values_;
  unsigned threads_;
  output_callback outputs_;
  bool by_reference_;
  layer_energy energy_;
  operand_formats numbers_;
  held_masks held_;
  window_view window_view_;
  std::vector<pt_wise_op> epilogue_;
  shared_list<pt_wise_instruction> instructions_;  ///< as which it runs
  layer_values values_;
  std::vector<float> output_;  ///< with values
  std::uint64_t saturated_sums_ = 0;
  layer_result result_;
};

}  // namespace

layer_result run_pass(const pass_inputs& inputs, engine& runner) {
  return pass_run(inputs).run(runner);
}

}  // namespace dlac
