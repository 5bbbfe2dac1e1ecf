#pragma once
// The keys of a workload file: types, ranges, defaults and descriptions. The structures here are the file as it stands;
// read_network resolves and checks it.

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "sim/json/json_format.h"
#include "sim/workload/network.h"
#include "sim/workload/operand_source_format.h"

namespace dlac {

/// A layer whose `operands` are yet to be resolved from `given_operands`; or a node, which has nothing of a layer but
/// name, inputs and place.
struct layer_entry : layer {
  std::optional<given_operand_sources> given_operands;
  std::optional<node_operation> node;
};

struct workload_file {
  std::string name;
  std::uint32_t batch = 1;
  training_parameters training;
  std::optional<std::string> trace;
  std::optional<given_operand_sources> operands;
  std::vector<std::uint64_t> image;  ///< extents of one; empty: as the first layer that reads it
  std::optional<pixel_scaling> image_pixels;
  std::vector<layer_entry> layers;
};

const json_format<workload_file>& workload_file_format();

// Of layers and nodes alike.
json_format<size_2d> size_format(std::uint64_t minimum, std::uint64_t maximum);
/// Two numbers, or four where the edges differ.
json_format<padding_2d> padding_format();
inline constexpr std::string_view input_description =
    "Whose output it reads: a layer, a list of them (their channels one after the other), or \"image\"; without it the "
    "layer before. A file where a layer has it is a graph.";

}  // namespace dlac
