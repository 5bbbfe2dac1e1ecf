#pragma once
// Densities by depth: what a profile among a file's defaults gives each of the layers that use it.

#include <cstdint>
#include <vector>

#include "sim/workload/network.h"
#include "sim/workload/operand_source_format.h"

namespace dlac {

/// Of layer i of `layers`, which are in the order of the network: from + (to - from) * i / (layers - 1), exactly `to`
/// for the last one; of a single one `from`.
double density_at(const density_profile& profile, std::uint64_t i, std::uint64_t layers);

/// Puts a density in the place of every profile. A profile counts the layers whose operand it is, each once: a matmul
/// whose columns come from where its activations do has one density for both.
void resolve_profiles(std::vector<layer>& layers, const given_operand_sources& defaults);

}  // namespace dlac
