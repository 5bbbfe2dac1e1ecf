#include "sim/mapping/pass_shapes.h"

#include <algorithm>
#include <numeric>
#include <utility>

namespace dlac {
namespace {

std::uint64_t product(size_2d size) {
  return std::uint64_t{size.h} * size.w;
}

/// How many of 0 .. extent - 1 are `phase` modulo `stride`.
std::uint32_t pixels_of_phase(std::uint32_t extent, std::uint32_t stride, std::uint32_t phase) {
  return phase < extent ? (extent - phase - 1) / stride + 1 : 0;
}

std::vector<std::uint32_t> all_kernel_positions(const window_side& side) {
  std::vector<std::uint32_t> positions(side.kernel);
  std::iota(positions.begin(), positions.end(), 0U);
  return positions;
}

/// Output p reads pixel p * stride + offset through each kernel position.
std::vector<std::int64_t> strided_offsets(const window_side& side) {
  std::vector<std::int64_t> offsets;
  offsets.reserve(side.kernel);
  for (std::uint32_t position = 0; position < side.kernel; ++position) {
    offsets.push_back(std::int64_t{position} * side.dilation - side.padding);
  }
  return offsets;
}

/// Pixel p * stride + phase is reached by kernel position ky from output p + (phase + padding - ky * dilation) /
/// stride.
std::vector<std::int64_t> phase_offsets(const window_side& side, std::uint32_t phase,
                                        const shared_list<std::uint32_t>& positions) {
  std::vector<std::int64_t> offsets;
  offsets.reserve(positions.size());
  for (const auto position : positions) {
    offsets.push_back((std::int64_t{phase} + side.padding - std::int64_t{position} * side.dilation) /
                      std::int64_t{side.stride});
  }
  return offsets;
}

/// A side of a convolution: what its window goes over, or what it makes of it; of a transposed one the output is the
/// one, the input the other.
struct convolution_map {
  tensor_role role;
  shape_4d shape;
  std::uint32_t channels;  ///< of a group
  size_2d size;
};

convolution_map input_of(const layer& l, std::uint32_t batch) {
  return {tensor_role::activations, l.activation_shape(batch), l.in_channels / l.groups, l.input_size};
}
convolution_map output_of(const layer& l, std::uint32_t batch) {
  return {tensor_role::gradients, l.output_shape(batch), l.out_channels / l.groups, l.output_size()};
}
convolution_map wide_map(const layer& l, std::uint32_t batch) {
  return l.is_transposed() ? output_of(l, batch) : input_of(l, batch);
}
convolution_map narrow_map(const layer& l, std::uint32_t batch) {
  return l.is_transposed() ? input_of(l, batch) : output_of(l, batch);
}

mm_op_shape shape_of(const layer& l, pass_kind pass, std::uint32_t group) {
  mm_op_shape shape;
  shape.pass = pass;
  shape.group = group;
  shape.of = &l;
  return shape;
}

/// Over the wide map, with a stride.
row_window strided_window(const layer& l, std::uint32_t batch) {
  const auto source = wide_map(l, batch);
  return {source.shape,
          0,
          source.channels,
          narrow_map(l, batch).size,
          l.stride,
          strided_offsets(vertical(l)),
          strided_offsets(horizontal(l))};
}

/// Columns that are weights: positions are m, and channels and offsets k.
void set_filters(mm_op_shape& shape, const convolution_map& sums, std::uint32_t outputs) {
  shape.rows = sums.role;
  shape.m = shape.window.all_positions();
  shape.n = outputs;
  shape.k = shape.window.channels * shape.window.offsets();
  shape.order = shape.pass == pass_kind::forward ? column_order::filters : column_order::transposed_filters;
  shape.column_plane = product(shape.of->kernel);
}

/// Of the first group, as all that follow.
mm_op_shape strided_shape(const layer& l, pass_kind pass, std::uint32_t batch) {
  auto shape = shape_of(l, pass, 0);
  shape.window = strided_window(l, batch);
  shape.kernel_ys = all_kernel_positions(vertical(l));
  shape.kernel_xs = all_kernel_positions(horizontal(l));
  set_filters(shape, wide_map(l, batch), narrow_map(l, batch).channels);
  return shape;
}

mm_op_shape phase_shape(const layer& l, pass_kind pass, size_2d phase, std::uint32_t batch) {
  auto shape = shape_of(l, pass, 0);
  const auto source = narrow_map(l, batch);
  const auto target = wide_map(l, batch);
  shape.pixel_stride = l.stride;
  shape.phase = phase;
  shape.kernel_ys = kernel_positions_of_phase(vertical(l), phase.h);
  shape.kernel_xs = kernel_positions_of_phase(horizontal(l), phase.w);
  shape.window = {
      source.shape,
      0,
      source.channels,
      {pixels_of_phase(target.size.h, l.stride.h, phase.h), pixels_of_phase(target.size.w, l.stride.w, phase.w)},
      {1, 1},
      phase_offsets(vertical(l), phase.h, shape.kernel_ys),
      phase_offsets(horizontal(l), phase.w, shape.kernel_xs)};
  set_filters(shape, source, target.channels);
  return shape;
}

mm_op_shape backward_weight_shape(const layer& l, std::uint32_t batch) {
  auto shape = shape_of(l, pass_kind::backward_weight, 0);
  const auto columns = narrow_map(l, batch);
  shape.rows = wide_map(l, batch).role;
  shape.window = strided_window(l, batch);
  shape.positions_are_steps = true;
  shape.columns = columns.role;
  shape.order = column_order::pixels;
  shape.column_plane = product(columns.size);
  shape.m = shape.window.channels * shape.window.offsets();
  shape.n = columns.channels;
  shape.k = shape.window.all_positions();
  return shape;
}

/// One product of a matmul: a map of height 1, but for the rows^T of backward-weight, whose steps are rows of pixels.
mm_op_shape matmul_shape(const layer& l, pass_kind pass, std::uint32_t index, std::uint32_t batch) {
  auto shape = shape_of(l, pass, index);
  const auto m = l.input_size.w;
  shape.rows = pass == pass_kind::backward_data ? tensor_role::gradients : tensor_role::activations;
  const auto source = pass == pass_kind::backward_data ? l.output_shape(batch) : l.activation_shape(batch);
  shape.window = {source, 0, static_cast<std::uint32_t>(source.c), {1, m}, {1, 1}, {0}, {0}, index};
  shape.m = m;
  shape.n = l.out_channels;
  shape.k = l.in_channels;
  shape.order = column_order::channels;
  shape.column_plane = l.out_channels;
  if (pass == pass_kind::backward_data) {
    std::swap(shape.n, shape.k);
    shape.order = column_order::pixels;
  }
  if (pass == pass_kind::backward_weight) {
    std::swap(shape.m, shape.k);
    shape.window.source = {source.n, source.c, m, 1};
    shape.window.positions = {m, 1};
    shape.positions_are_steps = true;
    shape.columns = tensor_role::gradients;
    shape.order = column_order::pixels;
    shape.column_plane = m;
  }
  return shape;
}

/// The phases along one side, of so many pixels, that some kernel position reaches, in order.
std::vector<std::uint32_t> reached_phases(const window_side& side, std::uint32_t extent) {
  std::vector<std::uint32_t> phases;
  for (std::uint64_t position = 0; position < side.kernel; ++position) {
    // Of an output a whole number of strides away: phase = position * dilation - padding.
    const auto place = static_cast<std::int64_t>(position * side.dilation) - std::int64_t{side.padding};
    const auto phase = (place % side.stride + side.stride) % side.stride;
    if (phase < extent) {
      phases.push_back(static_cast<std::uint32_t>(phase));
    }
  }
  std::sort(phases.begin(), phases.end());
  phases.erase(std::unique(phases.begin(), phases.end()), phases.end());
  return phases;
}

std::vector<std::uint32_t> phase_rows(const layer& l) {
  return reached_phases(vertical(l), wide_map(l, 1).size.h);
}
std::vector<std::uint32_t> phase_columns(const layer& l) {
  return reached_phases(horizontal(l), wide_map(l, 1).size.w);
}

void add_phases(const layer& l, pass_kind pass, std::uint32_t batch, std::vector<mm_op_shape>& shapes) {
  const auto columns = phase_columns(l);
  for (const auto y : phase_rows(l)) {
    for (const auto x : columns) {
      shapes.push_back(phase_shape(l, pass, {y, x}, batch));
    }
  }
}

/// The phase along one side whose pixels are reached most often; 0 where none is.
std::uint32_t largest_phase(const window_side& side, std::uint32_t extent) {
  std::uint32_t largest = 0;
  std::uint64_t most = 0;
  for (const auto phase : reached_phases(side, extent)) {
    const auto reached = kernel_positions_of_phase(side, phase).size();
    if (const auto size = reached * pixels_of_phase(extent, side.stride, phase); size > most) {
      most = size;
      largest = phase;
    }
  }
  return largest;
}

/// Groups, or products.
std::uint64_t groups_of(const layer& l, std::uint32_t batch) {
  return l.is_matmul() ? std::uint64_t{batch} * l.products : l.groups;
}

}  // namespace

bool has_phases(const layer& l, pass_kind pass) {
  return !l.is_matmul() && pass == (l.is_transposed() ? pass_kind::forward : pass_kind::backward_data);
}

window_side vertical(const layer& l) {
  return {l.kernel.h, l.stride.h, l.dilation.h, l.padding.top};
}
window_side horizontal(const layer& l) {
  return {l.kernel.w, l.stride.w, l.dilation.w, l.padding.left};
}

std::vector<std::uint32_t> kernel_positions_of_phase(const window_side& side, std::uint32_t phase) {
  // phase + padding - position * dilation is a multiple of the stride; from one such position to the next:
  const std::uint32_t step = side.stride / std::gcd(side.stride, side.dilation);
  const std::uint64_t wanted = (std::uint64_t{phase} + side.padding) % side.stride;
  std::uint64_t position = 0;
  while (position < step && position < side.kernel && position * side.dilation % side.stride != wanted) {
    ++position;
  }
  std::vector<std::uint32_t> positions;
  for (; position < side.kernel && position * side.dilation % side.stride == wanted; position += step) {
    positions.push_back(static_cast<std::uint32_t>(position));
  }
  return positions;
}

std::vector<std::uint64_t> mm_op_shape::kernel_places() const {
  std::vector<std::uint64_t> places;
  places.reserve(kernel_ys.size() * kernel_xs.size());
  for (const auto y : kernel_ys) {
    for (const auto x : kernel_xs) {
      places.push_back(std::uint64_t{y} * of->kernel.w + x);
    }
  }
  return places;
}

pass_formats formats_of(const accelerator_config& config, const mm_op_shape& shape) {
  return formats_of(config.numbers(shape.of->own_numbers()), shape.pass, *shape.of);
}

scale_groups row_groups(const mm_op_shape& shape, const pass_formats& formats) {
  return groups_of(formats.rows, shape.window.source.h * shape.window.source.w);
}

scale_groups column_groups(const mm_op_shape& shape, const pass_formats& formats) {
  return groups_of(formats.columns, shape.column_plane);
}

k_group k_group_of(const mm_op_shape& shape) {
  const row_window& window = shape.window;
  return shape.positions_are_steps ? k_group{window.positions.w, window.images() * window.positions.h}
                                   : k_group{window.offsets(), window.channels};
}

std::vector<mm_op_shape> mm_op_shapes(const layer& l, pass_kind pass, std::uint32_t batch) {
  std::vector<mm_op_shape> shapes;
  if (l.is_matmul()) {
    for (std::uint32_t product = 0; product < groups_of(l, batch); ++product) {
      shapes.push_back(matmul_shape(l, pass, product, batch));
    }
    return shapes;
  }
  if (has_phases(l, pass)) {
    add_phases(l, pass, batch, shapes);
  } else if (pass == pass_kind::backward_weight) {
    shapes.push_back(backward_weight_shape(l, batch));
  } else {
    shapes.push_back(strided_shape(l, pass, batch));
  }
  const auto of_a_group = shapes.size();
  shapes.reserve(of_a_group * l.groups);
  for (std::uint32_t group = 1; group < l.groups; ++group) {
    for (std::size_t i = 0; i < of_a_group; ++i) {
      auto& shape = shapes.emplace_back(shapes[i]);
      shape.group = group;
      shape.window.first_channel = group * shape.window.channels;
    }
  }
  return shapes;
}

mm_op_shape largest_mm_op_shape(const layer& l, pass_kind pass, std::uint32_t batch) {
  if (l.is_matmul()) {
    return matmul_shape(l, pass, 0, batch);
  }
  if (pass == pass_kind::backward_weight) {
    return backward_weight_shape(l, batch);
  }
  if (!has_phases(l, pass)) {
    return strided_shape(l, pass, batch);
  }
  const size_2d target = wide_map(l, batch).size;
  return phase_shape(l, pass, {largest_phase(vertical(l), target.h), largest_phase(horizontal(l), target.w)}, batch);
}

std::uint64_t mm_op_shapes_bytes(const layer& l, pass_kind pass, std::uint32_t batch) {
  const auto shape = largest_mm_op_shape(l, pass, batch);
  const auto offsets = shape.window.y_offsets.size() + shape.window.x_offsets.size();
  const std::uint64_t phases = has_phases(l, pass) ? phase_rows(l).size() * phase_columns(l).size() : 1;
  // A vector that grows is there twice.
  return groups_of(l, batch) * phases *
         (2 * sizeof(mm_op_shape) + offsets * (sizeof(std::int64_t) + sizeof(std::uint32_t)));
}

std::vector<update_step> update_steps(weight_format weights) {
  using enum update_step;
  return weights == weight_format::ternary ? std::vector{velocity, weight, threshold, sign}
                                           : std::vector{velocity, weight};
}

sign_scaling sign_scaling_of(const layer& l, const pass_formats& formats, pass_kind pass) {
  if (!formats.scales_sums) {
    return sign_scaling::none;
  }
  const bool begins_with_mul_add =
      pass == pass_kind::forward && !l.epilogue.empty() && l.epilogue.front().kind == pt_wise_kind::mul_add;
  return begins_with_mul_add ? sign_scaling::folded : sign_scaling::own_operation;
}

std::vector<pt_wise_op> pass_epilogue(const layer& l, const pass_formats& formats, pass_kind pass) {
  if (l.is_matmul() && pass != pass_kind::forward) {
    return {};
  }
  const auto op = [](pt_wise_kind kind, bool streams) { return pt_wise_op{kind, streams, "", 0}; };
  std::vector<pt_wise_op> operations;
  if (sign_scaling_of(l, formats, pass) == sign_scaling::own_operation) {
    operations.push_back(op(pt_wise_kind::mul_add, false));
  }
  switch (pass) {
    case pass_kind::forward:
      operations.insert(operations.end(), l.epilogue.begin(), l.epilogue.end());
      break;
    case pass_kind::backward_data:
      operations.push_back(op(pt_wise_kind::select, true));
      break;
    case pass_kind::backward_weight:
      for (const auto step : update_steps(l.weights)) {
        const bool multiplies = step == update_step::velocity || step == update_step::weight;
        operations.push_back(op(multiplies ? pt_wise_kind::mul_add : pt_wise_kind::select, multiplies));
      }
      break;
  }
  return operations;
}

}  // namespace dlac
