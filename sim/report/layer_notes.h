#pragma once
// What a reader should know before using the figures of a layer: results that are right and mean little.

#include <string>
#include <vector>

#include "sim/stats/layer_result.h"

namespace dlac {

/// One sentence each, without the layer's name; none for most layers. An operand without a single non-zero element
/// leaves nothing to multiply: a step still takes its one cycle, so that the layer looks as fast as skipping can get.
std::vector<std::string> layer_notes(const layer_result& layer);

}  // namespace dlac
