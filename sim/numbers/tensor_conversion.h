#pragma once
// What a machine holds of a tensor: q(x) of every element in a number format, the codes and scales behind them, and
// what became of the numbers on the way.

#include <cstdint>
#include <span>
#include <string_view>
#include <vector>

#include "sim/core/types.h"
#include "sim/numbers/number_format.h"

namespace dlac {

/// What some formats make a difference between: dynamic fixed point has one integer bit fewer for activations, DoReFa
/// has a rule for weights and one for activations.
enum class tensor_role { weights, activations, gradients };
std::string_view to_string(tensor_role role);

struct source_tensor {
  std::string_view name;  ///< keys the noise of stochastic rounding
  tensor_role role = tensor_role::activations;
  shape_4d shape;                       ///< [n, c, h, w], or [cout, cin, kh, kw]
  std::span<const float> values;        ///< finite; as many as the shape has elements
  pass_kind pass = pass_kind::forward;  ///< that it is converted for: each draws noise of its own
};

/// q(x), as fp32. Integer formats have codes, too: q(x) = scale * (code - zero_point), with the group's scale, and a
/// step finer by the format's shift where `shifted`. (Of tf-min-first q(x) is (code - zero_point) / scale, of
/// tf-min-combined zero_point * scale is where the codes begin.)
struct held_tensor {
  std::vector<float> values;
  std::vector<std::int32_t> codes;    ///< empty of floating-point formats
  std::vector<std::uint8_t> shifted;  ///< of grouped formats with a shift: a flag an element
  std::vector<float> scales;          ///< a group each, in the order of their first elements; empty: none
  std::int32_t zero_point = 0;        ///< of affine formats
  float mantissa = 1;                 ///< that the scales of groups share, from 1 to below 2; of "same-mantissa"
  std::uint64_t saturated = 0;        ///< elements beyond the format's largest or smallest number
  std::uint64_t zeros_made = 0;       ///< elements that are zero only in the format
};

/// Of the elements; infinity or a NaN where one of them is.
float largest_magnitude(std::span<const float> values);
/// Of the elements, of which there is one at least; summed up in double, in their order.
double mean_magnitude(std::span<const float> values);

/// Throws input_error, at the element, for a value that the format has no number for, a NaN or an infinity among them;
/// and for a format that has no rule for the tensor's role.
held_tensor convert(const number_format& format, const source_tensor& tensor);

/// Signal to noise of what is held, dB: 10 log10(sum x^2 / sum (x - q(x))^2); infinite without noise, 0 without signal.
double signal_to_noise_db(std::span<const float> values, std::span<const float> held);

/// Whether the format has a zero: else no element of it is skipped.
bool holds_zero(const number_format& format, tensor_role role);

}  // namespace dlac
