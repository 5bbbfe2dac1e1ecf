#include "sim/engine/memory_need.h"

#include <algorithm>
#include <bit>
#include <optional>
#include <vector>

#include "sim/core/bits.h"
#include "sim/mapping/chunk_sizes.h"
#include "sim/mapping/memory_plan.h"
#include "sim/mapping/pass_shapes.h"
#include "sim/mapping/program.h"
#include "sim/mapping/step_counts.h"
#include "sim/mapping/step_order.h"
#include "sim/mapping/tiling.h"
#include "sim/timing/block_choice.h"
#include "sim/workload/held_operands.h"

namespace dlac {
namespace {

constexpr std::uint64_t word_bytes = sizeof(std::uint64_t);

std::uint64_t mask_bytes(std::uint64_t rows, std::uint64_t cols) {
  return rows * words_for_bits(cols) * word_bytes;
}

/// A tensor as its zeros are drawn: `channels` regions of an image, each of planes; runs of N of M lie within a region,
/// or across those of M channels.
struct drawn_regions {
  std::uint64_t channels;
  std::uint64_t region;
  std::uint64_t plane;
  bool runs_cross;
};

/// The zeros of a synthetic tensor are drawn region by region: noise, a key of 16 bits for every element, and with
/// clusters a plane of numbers and one of sums more. Which share each channel has is settled beforehand. Runs across
/// channels want the noise of all of theirs, whole channels a number each; blocks are found without memory.
std::uint64_t drawing_bytes(const operand_source& source, const drawn_regions& drawn) {
  constexpr std::uint64_t bytes_of_a_channel = 64;
  const auto* const synthetic = std::get_if<synthetic_source>(&source);
  if (synthetic == nullptr || (!synthetic->structure && (synthetic->density == 0 || synthetic->density == 1))) {
    return 0;
  }
  const auto clusters = synthetic->cluster > 0 ? (sizeof(std::uint16_t) + sizeof(std::int32_t)) * drawn.plane : 0;
  if (!synthetic->structure) {
    return (sizeof(std::int32_t) + sizeof(std::int16_t)) * drawn.region + clusters +
           bytes_of_a_channel * drawn.channels;
  }
  if (const auto* const rule = std::get_if<n_of_m>(&*synthetic->structure)) {
    const auto regions = drawn.runs_cross ? std::min<std::uint64_t>(rule->of, drawn.channels) : 1;
    return sizeof(std::int32_t) * (regions * drawn.region + 3 * std::uint64_t{rule->of}) + clusters;
  }
  return std::holds_alternative<zero_channels>(*synthetic->structure) ? bytes_of_a_channel * drawn.channels : 0;
}

/// A tensor's mask, and what making it takes beside it.
struct mask_need {
  std::uint64_t held = 0;
  std::uint64_t making = 0;
};

/// An operand as a pass holds it.
struct held_as {
  const number_format& format;
  tensor_role role;
  bool values = false;  ///< they are wanted, whatever the zeros follow from
};

/// Where values are read and converted: the stored numbers, the held ones, their codes, and a copy; and parts. Drawn
/// zeros are those of held operands, where the format has a zero.
std::uint64_t conversion_bytes(const operand_source& source, const shape_4d& shape, const held_as& held) {
  const bool reads_values = held.values || has_parts(held.format) || !has_drawn_zeros(source, held.format, held.role);
  const std::uint64_t tensors = has_parts(held.format) ? 5 : 3;  // and both parts
  return changes_zeros(held.format) && reads_values ? tensors * sizeof(float) * shape.elements() : 0;
}

mask_need feature_map_need(const operand_source& source, const shape_4d& shape, const held_as& held) {
  const auto bytes = mask_bytes(shape.n, shape.c * shape.h * shape.w);
  // A traced tensor is packed flat first. Of parts there are two masks more.
  return {(has_parts(held.format) ? 3 : 1) * bytes,
          conversion_bytes(source, shape, held) +
              (std::holds_alternative<trace_source>(source)
                   ? bytes
                   : drawing_bytes(source, {shape.c, shape.h * shape.w, shape.h * shape.w, true}))};
}

mask_need weight_need(const operand_source& source, const shape_4d& shape, const held_as& held) {
  const auto filter = shape.c * shape.h * shape.w;
  const auto bytes = mask_bytes(shape.n, filter);
  return {(has_parts(held.format) ? 3 : 1) * bytes,
          conversion_bytes(source, shape, held) +
              (std::holds_alternative<trace_source>(source)
                   ? bytes
                   : drawing_bytes(source, {shape.n, filter, shape.h * shape.w, false}))};
}

/// All masks that a pass reads; they are made one after the other.
mask_need masks_need(const accelerator_config& config, const layer& l, pass_kind pass, std::uint32_t batch,
                     bool values) {
  std::vector<mask_need> needs;
  const operand_formats numbers = config.numbers(l.own_numbers());
  if (pass != pass_kind::backward_data || skips_outputs(config, l, pass)) {
    needs.push_back(feature_map_need(l.operands.activations, l.activation_shape(batch),
                                     {numbers.activations, tensor_role::activations, values}));
  }
  if (pass != pass_kind::backward_weight) {
    const held_as columns{weights_of(numbers, l.weights), l.held_role(tensor_role::weights), values};
    needs.push_back(l.is_matmul() ? feature_map_need(l.operands.weights, l.column_shape(batch), columns)
                                  : weight_need(l.operands.weights, l.weight_shape(), columns));
  }
  if (pass != pass_kind::forward) {
    needs.push_back(feature_map_need(l.operands.gradients, l.output_shape(batch),
                                     {numbers.gradients, tensor_role::gradients, values}));
  }
  mask_need all;
  for (const auto& need : needs) {
    all.held += need.held;
    all.making = std::max(all.making, need.making);
  }
  return all;
}

std::uint64_t steps_of(const accelerator_config& config, const mm_op_shape& op) {
  return steps_of(op, formats_of(config, op));
}

/// The masks of a mmOp. What is transposed is there twice for a moment.
std::uint64_t operands_need(const accelerator_config& config, const layer& l, const mm_op_shape& op) {
  // With parts every step has its row of bits, beside those of wholes.
  const auto steps = steps_of(config, op);
  const auto kept = steps == op.k ? op.k : op.k + steps;
  const auto rows = mask_bytes(kept, op.m);
  const auto columns = mask_bytes(kept, op.n);
  const auto making_rows = op.positions_are_steps                 ? mask_bytes(op.m, op.k)
                           : op.window.positions == size_2d{1, 1} ? rows
                                                                  : 0;
  const auto making_columns =
      op.order == column_order::pixels ? mask_bytes(op.n, op.k)
      : op.order == column_order::channels || (op.order == column_order::filters && op.k == l.filter_elements())
          ? 0
          : mask_bytes(l.filter_elements(), l.out_channels / l.groups);
  return std::max(rows + making_rows, rows + columns + making_columns) +
         (skips_outputs(config, l, op.pass) ? 2 * mask_bytes(op.m, op.n) : 0);
}

/// The step counts of one operand.
std::uint64_t counts_bytes(const tiled_dimension& dimension, std::uint64_t steps, bool skips) {
  return window_size(dimension, dimension.tiles() * (skips ? steps : 1)) * sizeof(std::uint16_t);
}

/// Source pixels along one side that `count` neighbouring positions reach, at most.
std::uint64_t reached(std::uint64_t count, std::uint64_t stride, const shared_list<std::int64_t>& offsets,
                      std::uint64_t extent) {
  if (offsets.empty()) {
    return 0;  // all that the kernel reaches is padding
  }
  const auto [least, most] = std::minmax_element(offsets.begin(), offsets.end());
  const auto span = static_cast<std::uint64_t>(*most - *least + 1);
  return std::min({extent, (count - 1) * stride + span, count * offsets.size()});
}

/// K-groups in a chunk, at most, of the first tile: no other has more outputs. None: not even one fits.
std::optional<std::uint64_t> groups_in_chunk(const accelerator_config& config, const mm_op_shape& op,
                                             const chunk_sizes& sizes, const tiling& tiles, double row_density) {
  const auto& window = op.window;
  const auto outputs = tiles.rows.valid(0);
  const auto touched = [&](std::uint64_t groups) -> touched_source {
    if (op.positions_are_steps) {
      return {(groups - 1) / window.positions.h + 1,
              reached(groups, window.stride.h, window.y_offsets, window.source.h * window.images()) *
                  reached(window.positions.w, window.stride.w, window.x_offsets, window.source.w),
              0, (outputs - 1) / window.offsets() + 1};
    }
    const auto rows = (outputs - 1) / window.positions.w + 1;
    return {(rows - 1) / window.positions.h + 1,
            reached(rows, window.stride.h, window.y_offsets, window.source.h * window.images()) *
                reached(std::min<std::uint64_t>(outputs, window.positions.w), window.stride.w, window.x_offsets,
                        window.source.w),
            0, groups};
  };
  const auto fits = [&](std::uint64_t groups) {
    const auto source = touched(groups);
    const auto elements = source.channels * source.pixels;
    const auto nonzeros = static_cast<std::uint64_t>(row_density * static_cast<double>(elements));
    return 2 * sizes.rows({elements, nonzeros, source.scales(sizes.row_scales())}) <= config.feature_map_buffer_bytes &&
           2 * sizes.columns({0, groups}, {0, tiles.cols.valid(0)}) <= config.weight_buffer_bytes;
  };
  const auto all = k_group_of(op).count;
  std::uint64_t fitting = 0;
  for (std::uint64_t step = std::bit_floor(all); step > 0; step /= 2) {
    const auto groups = fitting + step;
    fitting = groups <= all && fits(groups) ? groups : fitting;
  }
  return fitting > 0 ? std::optional(fitting) : std::nullopt;
}

/// Chunk uses of a mmOp.
std::optional<std::uint64_t> uses_of(const accelerator_config& config, const mm_op_shape& op, const chunk_sizes& sizes,
                                     const tiling& tiles, double row_density) {
  const auto groups = groups_in_chunk(config, op, sizes, tiles, row_density);
  if (!groups) {
    return std::nullopt;
  }
  return tiles.tiles() * ((k_group_of(op).count + *groups - 1) / *groups);
}

/// Step counts and memory plan with a block; nothing where the block's K-groups do not fit the buffers. While a block
/// is chosen there are two plans, one for each order, or one and its timeline; later one, its timeline and the counts.
std::optional<std::uint64_t> program_need(const accelerator_config& config, const mm_op_shape& op,
                                          const pass_formats& formats, block_shape block, double row_density) {
  constexpr std::uint64_t timeline_bytes = 48;  // of a use; the engines differ
  const tiling tiles(op.m, op.n, config.grid, block, tile_order::nt_outer);
  const auto steps = steps_of(op, formats);
  const auto counts = counts_bytes(tiles.rows, steps, skips_rows(config.skip)) +
                      counts_bytes(tiles.cols, steps, skips_columns(config.skip));
  if (!config.memory) {
    return counts;
  }
  const auto uses = uses_of(config, op, chunk_sizes(config, formats, op), tiles, row_density);
  if (!uses) {
    return std::nullopt;
  }
  const auto plan = memory_plan::bytes_for(tiles, *uses);
  const auto plans = op.of->groups > 1 || op.of->is_matmul() ? 2 * plan : plan;  // one is kept for the next group
  return std::max(config.mapping.order ? 0 : 2 * plan, plans + timeline_bytes * *uses + counts);
}

memory_need program_need(const accelerator_config& config, const mm_op_shape& op, double row_density) {
  memory_need need;
  const pass_formats formats = formats_of(config, op);
  const auto blocks = config.mapping.block ? std::vector{*config.mapping.block} : candidate_blocks(config, op);
  for (const auto block : blocks) {
    if (const auto bytes = program_need(config, op, formats, block, row_density)) {
      need.least = need.most == 0 ? *bytes : std::min(need.least, *bytes);
      need.most = std::max(need.most, *bytes);
    }
  }
  return need;
}

double density_of(const operand_source& source) {
  const auto* const synthetic = std::get_if<synthetic_source>(&source);
  return synthetic == nullptr ? 1 : synthetic->density;
}

/// Floats of all tensors of a pass, twice: the machine's and the reference's; and the clocked engine's buffers, which
/// hold a tile's operands, and outputs of a mmOp.
std::uint64_t values_need(const accelerator_config& config, const layer& l, const mm_op_shape& op,
                          std::uint32_t batch) {
  const auto inputs = l.activation_shape(batch).elements();
  const auto outputs = l.output_shape(batch).elements();
  const auto weights = l.column_shape(batch).elements();
  const auto streamed = static_cast<std::uint64_t>(
      std::count_if(l.epilogue.begin(), l.epilogue.end(), [](const pt_wise_op& o) { return o.streams_feature_map; }));
  std::uint64_t floats = 0;
  switch (op.pass) {
    case pass_kind::forward:
      floats = inputs + weights + outputs * (1 + streamed);
      break;
    case pass_kind::backward_data:
      floats = 2 * inputs + weights + outputs;
      break;
    case pass_kind::backward_weight:
      floats = inputs + outputs + 3 * weights;
      break;
  }
  const auto block = config.mapping.block.value_or(block_shape{config.pe.output_buffers, config.pe.output_buffers});
  const auto lines = std::min(op.m, std::uint64_t{config.grid.rows} * block.m) +
                     std::min(op.n, std::uint64_t{config.grid.cols} * block.n);
  const auto steps = steps_of(config, op);
  const auto copies = 2 + (steps > op.k ? 4 : 0);  // the two parts of each, on both sides
  return sizeof(float) * (copies * floats + lines * steps + op.m * op.n);
}

}  // namespace

memory_need memory_need_of(const accelerator_config& config, const layer& l, pass_kind pass, std::uint32_t batch,
                           bool values) {
  const auto op = largest_mm_op_shape(l, pass, batch);
  const auto masks = masks_need(config, l, pass, batch, values);
  // The masks are drawn anew to make values of them.
  const auto fixed = masks.held + operands_need(config, l, op) + mm_op_shapes_bytes(l, pass, batch) +
                     (values ? masks.held + masks.making + values_need(config, l, op, batch) : 0);
  const auto program = program_need(config, op, density_of(operand_provider::source_in(l, op.rows)));
  return {std::max(masks.held + masks.making, fixed + program.least),
          std::max(masks.held + masks.making, fixed + program.most)};
}

// Measured from 64 x 64 to 256 x 256 PEs of 32 output buffers in two banks with SystemC 2.3.4: 3,040 to 3,080 bytes.
std::uint64_t clocked_core_need(const accelerator_config& config) {
  constexpr std::uint64_t modules_of_a_pe = 2500;
  constexpr std::uint64_t lists_of_the_scheduler = 3;
  const auto& pe = config.pe;
  const auto buffers = std::uint64_t{pe.output_buffers} * (pe.output_banks + lists_of_the_scheduler) * sizeof(float);
  return config.processing_elements() * (modules_of_a_pe + buffers);
}

}  // namespace dlac
