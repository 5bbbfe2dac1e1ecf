#include "sim/mapping/pass_shapes.h"

#include <algorithm>

namespace dlac {
namespace {

std::uint64_t product(size_2d size) {
  return std::uint64_t{size.h} * size.w;
}

std::vector<std::int64_t> forward_offsets(std::uint32_t kernel, std::uint32_t padding) {
  std::vector<std::int64_t> offsets;
  for (std::uint32_t position = 0; position < kernel; ++position) {
    offsets.push_back(std::int64_t{position} - std::int64_t{padding});
  }
  return offsets;
}

row_window forward_window(const layer& l, std::uint32_t group, std::uint32_t batch) {
  const auto channels = l.in_channels / l.groups;
  return {l.activation_shape(batch),
          group * channels,
          channels,
          l.output_size(),
          l.stride,
          forward_offsets(l.kernel.h, l.padding.h),
          forward_offsets(l.kernel.w, l.padding.w)};
}

mm_op_shape forward_shape(const layer& l, std::uint32_t group, std::uint32_t batch) {
  mm_op_shape shape;
  shape.pass = pass_kind::forward;
  shape.group = group;
  shape.weights = l.weights;
  shape.numbers = l.own_numbers();
  shape.window = forward_window(l, group, batch);
  shape.m = shape.window.all_positions();
  shape.n = l.out_channels / l.groups;
  shape.k = shape.window.channels * shape.window.offsets();
  shape.column_plane = product(l.kernel);
  return shape;
}

mm_op_shape backward_weight_shape(const layer& l, std::uint32_t group, std::uint32_t batch) {
  mm_op_shape shape;
  shape.pass = pass_kind::backward_weight;
  shape.group = group;
  shape.weights = l.weights;
  shape.numbers = l.own_numbers();
  shape.window = forward_window(l, group, batch);
  shape.m = shape.window.channels * shape.window.offsets();
  shape.n = l.out_channels / l.groups;
  shape.k = shape.window.all_positions();
  shape.column_plane = product(shape.window.positions);
  return shape;
}

/// How many of 0 .. extent - 1 are `phase` modulo `stride`.
std::uint32_t pixels_of_phase(std::uint32_t extent, std::uint32_t stride, std::uint32_t phase) {
  return phase < extent ? (extent - phase - 1) / stride + 1 : 0;
}

/// Pixel p * stride + phase is reached by kernel position ky from output p + (phase + padding - ky) / stride.
std::vector<std::int64_t> phase_offsets(std::uint32_t kernel, std::uint32_t stride, std::uint32_t padding,
                                        std::uint32_t phase) {
  std::vector<std::int64_t> offsets;
  for (const auto position : kernel_positions_of_phase(kernel, stride, padding, phase)) {
    offsets.push_back((std::int64_t{phase} + std::int64_t{padding} - std::int64_t{position}) / std::int64_t{stride});
  }
  return offsets;
}

mm_op_shape backward_data_shape(const layer& l, std::uint32_t group, size_2d phase, std::uint32_t batch) {
  mm_op_shape shape;
  shape.pass = pass_kind::backward_data;
  shape.group = group;
  shape.phase = phase;
  shape.weights = l.weights;
  shape.numbers = l.own_numbers();
  const auto channels = l.out_channels / l.groups;
  shape.window = {
      l.output_shape(batch),
      group * channels,
      channels,
      {pixels_of_phase(l.input_size.h, l.stride.h, phase.h), pixels_of_phase(l.input_size.w, l.stride.w, phase.w)},
      {1, 1},
      phase_offsets(l.kernel.h, l.stride.h, l.padding.h, phase.h),
      phase_offsets(l.kernel.w, l.stride.w, l.padding.w, phase.w)};
  shape.m = shape.window.all_positions();
  shape.n = l.in_channels / l.groups;
  shape.k = channels * shape.window.offsets();
  shape.column_plane = product(l.kernel);
  return shape;
}

void add_phases(const layer& l, std::uint32_t group, std::uint32_t batch, std::vector<mm_op_shape>& shapes) {
  for (std::uint32_t y = 0; y < l.stride.h; ++y) {
    for (std::uint32_t x = 0; x < l.stride.w; ++x) {
      auto shape = backward_data_shape(l, group, {y, x}, batch);
      if (product(shape.window.positions) > 0 && shape.window.offsets() > 0) {
        shapes.push_back(std::move(shape));
      }
    }
  }
}

/// The phase along one side whose pixels are reached most often.
std::uint32_t largest_phase(std::uint32_t extent, std::uint32_t kernel, std::uint32_t stride, std::uint32_t padding) {
  std::uint32_t largest = 0;
  std::uint64_t most = 0;
  for (std::uint32_t phase = 0; phase < stride; ++phase) {
    const auto reached = kernel_positions_of_phase(kernel, stride, padding, phase).size();
    if (const auto size = reached * pixels_of_phase(extent, stride, phase); size > most) {
      most = size;
      largest = phase;
    }
  }
  return largest;
}

}  // namespace

std::vector<std::uint32_t> kernel_positions_of_phase(std::uint32_t kernel, std::uint32_t stride, std::uint32_t padding,
                                                     std::uint32_t phase) {
  std::vector<std::uint32_t> positions;
  for (auto position = (phase + padding) % stride; position < kernel; position += stride) {
    positions.push_back(position);
  }
  return positions;
}

pass_formats formats_of(const accelerator_config& config, const mm_op_shape& shape) {
  return config.formats(shape.pass, shape.weights, shape.numbers);
}

scale_groups row_groups(const mm_op_shape& shape, const pass_formats& formats) {
  return groups_of(formats.rows, shape.window.source.h * shape.window.source.w);
}

scale_groups column_groups(const mm_op_shape& shape, const pass_formats& formats) {
  return groups_of(formats.columns, shape.column_plane);
}

k_group k_group_of(const mm_op_shape& shape) {
  const row_window& window = shape.window;
  return shape.pass == pass_kind::backward_weight ? k_group{window.positions.w, window.images() * window.positions.h}
                                                  : k_group{window.offsets(), window.channels};
}

std::vector<mm_op_shape> mm_op_shapes(const layer& l, pass_kind pass, std::uint32_t batch) {
  std::vector<mm_op_shape> shapes;
  for (std::uint32_t group = 0; group < l.groups; ++group) {
    switch (pass) {
      case pass_kind::forward:
        shapes.push_back(forward_shape(l, group, batch));
        break;
      case pass_kind::backward_data:
        add_phases(l, group, batch, shapes);
        break;
      case pass_kind::backward_weight:
        shapes.push_back(backward_weight_shape(l, group, batch));
        break;
    }
  }
  return shapes;
}

mm_op_shape largest_mm_op_shape(const layer& l, pass_kind pass, std::uint32_t batch) {
  switch (pass) {
    case pass_kind::forward:
      return forward_shape(l, 0, batch);
    case pass_kind::backward_weight:
      return backward_weight_shape(l, 0, batch);
    case pass_kind::backward_data:
      break;
  }
  return backward_data_shape(l, 0,
                             {largest_phase(l.input_size.h, l.kernel.h, l.stride.h, l.padding.h),
                              largest_phase(l.input_size.w, l.kernel.w, l.stride.w, l.padding.w)},
                             batch);
}

std::uint64_t mm_op_shapes_bytes(const layer& l, pass_kind pass, std::uint32_t batch) {
  const auto shape = largest_mm_op_shape(l, pass, batch);
  const auto offsets = shape.window.y_offsets.size() + shape.window.x_offsets.size();
  const auto phases = pass == pass_kind::backward_data
                          ? std::uint64_t{std::min(l.stride.h, l.input_size.h)} * std::min(l.stride.w, l.input_size.w)
                          : 1;
  // A vector that grows is there twice.
  return l.groups * phases * (2 * sizeof(mm_op_shape) + offsets * sizeof(std::int64_t));
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
