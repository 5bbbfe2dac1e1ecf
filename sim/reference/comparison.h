#pragma once
// What values are held against: bit by bit the reference, and with tolerance what the trained network itself recorded.

#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <vector>

#include "sim/core/types.h"
#include "sim/numbers/number_format.h"
#include "sim/workload/network.h"

namespace dlac {

/// A value that is not bit-exact. `index` counts the elements in the tensor's order.
struct value_mismatch {
  std::uint64_t index = 0;
  float simulated = 0;
  float expected = 0;
};

/// The first element whose bits differ, +0 and -0 being different. Two NaNs do not differ: IEEE 754 leaves the bits of
/// a computed NaN open. Throws simulation_error if the lengths differ.
[[nodiscard]] std::optional<value_mismatch> first_bit_difference(std::span<const float> simulated,
                                                                 std::span<const float> expected);

/// The place [n, c, h, w] of an element of a tensor of that shape.
[[nodiscard]] shape_4d place_of(std::uint64_t index, const shape_4d& shape);

/// For messages: "output [n, c, y, x] = [0, 3, 2, 1]: simulated 1.5 (0x3fc00000), expected 1.25 (0x3fa00000)".
[[nodiscard]] std::string to_string(const value_mismatch& mismatch, const shape_4d& shape);

/// How many of them are NaN or infinite.
[[nodiscard]] std::uint64_t count_not_finite(std::span<const float> values);

/// Shape of a feature map after pooling. Throws node_misfit (sim/nodes) if the window does not fit.
[[nodiscard]] shape_4d pooled_shape(const shape_4d& input, const max_pool& pool);

/// Maximum over each window; the padding counts as minus infinity.
[[nodiscard]] std::vector<float> apply_max_pool(std::span<const float> input, const shape_4d& shape,
                                                const max_pool& pool);

/// How well an output agrees with a recorded one, which other arithmetic has computed.
struct recorded_agreement {
  /// Pearson's; where the recorded values are all the same 1, because they have none, and where only those of the
  /// output are 0; NaN if a value is not finite.
  double correlation = 0;
  double largest_error = 0;           ///< largest absolute difference
  double range = 0;                   ///< largest minus smallest recorded value
  double largest_recorded = 0;        ///< the largest recorded magnitude
  std::uint64_t threshold_flips = 0;  ///< elements on different sides of the select's threshold

  /// How large the error may be: in fp32 1 % of the range (of the magnitude, where all recorded values are the same);
  /// in fp16 2^-11 (k + 4) times the largest recorded magnitude. Each of the k sums of an output may be half a unit
  /// off, 2^-11 of what it is about, and so may be its operands and its pointwise operations.
  [[nodiscard]] double tolerance(ieee_float accumulator, std::uint64_t k) const;
  /// Correlation above 0.9999 and the largest error below the tolerance (in fp16: at most the tolerance), or no error.
  [[nodiscard]] bool holds(ieee_float accumulator, std::uint64_t k) const;
};

/// A select (x > threshold ? x : 0) is not continuous: where the network computed a hair more than the threshold and we
/// a hair less, the results are the threshold apart, whatever the error of x was. With a `threshold`, an element that
/// is zero on one side and above the threshold on the other counts with the error that x had at least: its distance
/// from the threshold.
/// Throws simulation_error if the lengths differ or are zero.
[[nodiscard]] recorded_agreement compare_with_recorded(std::span<const float> output, std::span<const float> recorded,
                                                       std::optional<double> threshold = std::nullopt);

}  // namespace dlac
