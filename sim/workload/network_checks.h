#pragma once
// What the keys of a workload file owe to each other.

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "sim/json/json_reader.h"
#include "sim/workload/network_format.h"

namespace dlac {

/// Throws input_error at the place of the first mistake.
void check_workload(const workload_file& file, const json_document& document);

/// What is too large of a layer with this batch.
struct extent_excess {
  std::string key;  ///< where it stands, a pointer within the layer
  std::string found;
  std::string expected;
};
std::optional<extent_excess> excess_of(const layer& l, std::uint32_t batch);

/// Whether so many maps are no more than a tensor may have.
bool fits_a_tensor(const std::vector<std::uint64_t>& extents, std::uint32_t batch);
/// "at most ... elements in a tensor".
std::string most_elements_text();

}  // namespace dlac
