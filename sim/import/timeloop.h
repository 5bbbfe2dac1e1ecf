#pragma once
// Layer shapes of Timeloop: YAML with a `problem`, its bounds beside the shape or under `instance`; a file is a layer,
// a folder the network of its files.
//
// Of a convolution R, P, Wstride and Wdilation are along the width, S, Q, Hstride and Hdilation along the height; K or
// M are output channels; with G, C and M are those of one group. An outputs' data space over C in place of K or M is a
// depthwise convolution. The feature map is what these need, without padding. M, N and K alone are a matrix product.

#include <string>

#include "sim/import/imported_network.h"

namespace dlac {

/// Throws input_error with the file and the key.
imported_network read_timeloop_shapes(const std::string& path, const import_options& options);

}  // namespace dlac
