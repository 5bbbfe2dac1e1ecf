#pragma once
// `dlac sweep show`: the points of a sweep, the best first, as a table and as a picture.

#include "sim/cli/commands.h"

namespace dlac {

/// Arguments after "show". Returns the exit code.
int show_sweep(const arguments& given);

}  // namespace dlac
