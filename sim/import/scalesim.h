#pragma once
// Topologies of SCALE-Sim: a CSV table with a layer a row, convolutions or matrix products.
//
// Convolutions: Layer name, IFMAP Height, IFMAP Width, Filter Height, Filter Width, Channels, Num Filter, Strides or
// Stride height and Stride width, Sparsity. Matrix products: Layer, M, N, K, Sparsity, Batch. Columns are found by
// their titles in any order, whatever their case, blanks, underscores and units in brackets.
//
// A row is what SCALE-Sim makes of it: the last window may reach over the edge of the feature map, so a side has
// ceil((size - filter) / stride) + 1 outputs; a name with "DP" in it is a depthwise convolution, with Num Filter
// outputs for each channel; N:M has N non-zero weights of M.

#include <string>

#include "sim/import/imported_network.h"

namespace dlac {

/// Throws input_error with the row.
imported_network read_scalesim_topology(const std::string& path, const import_options& options);

}  // namespace dlac
