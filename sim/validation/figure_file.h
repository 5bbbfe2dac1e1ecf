#pragma once
// The file of published figures, read strictly.

#include <string>

#include "sim/validation/figure.h"

namespace dlac {

/// Throws input_error: an unknown key or measurement, a unit that is not the measurement's, a number twice, bounds
/// that nothing can be within, a figure with a verdict but without bounds.
figure_book read_figures(const std::string& path);

}  // namespace dlac
