#pragma once
// From a figure and a measurement to a verdict: pure functions.

#include <optional>
#include <span>
#include <string_view>

#include "sim/validation/figure.h"

namespace dlac {

/// holds: within its bounds; fitted: so is a figure that an input was calibrated to, which proves nothing; as stated:
/// so is an input; misses: out of bounds, and the file says why; off: out of bounds, and it should not be; none: the
/// figure has no bounds.
enum class verdict { holds, fitted, as_stated, misses, off, none };
std::string_view to_string(verdict v);

/// Both bounds belong to what holds.
bool is_within(const figure_bounds& bounds, double measured);

verdict judge(const figure& f, double measured);

/// measured / published - 1; nothing without a published number, or for zero.
std::optional<double> deviation(const figure& f, double measured);

/// Spearman's rank correlation of `values` with their order; equal values share the mean of their ranks. 0 for less
/// than two values, or when all are equal.
double rank_correlation_with_order(std::span<const double> values);

}  // namespace dlac
