#pragma once
// The products of a step when outputs that are not needed are skipped (contract section 4): pairs (i, j) whose operands
// the scheduler does not skip and whose output is needed. They differ from PE to PE and are no longer na * nw.

#include <cstdint>
#include <vector>

#include "sim/core/bits.h"
#include "sim/mapping/tiling.h"

namespace dlac {

/// Elements that take part in a step: k rows of m or n bits. Null where zeros are not skipped: all that are valid do.
struct issued_elements {
  const bit_matrix* rows = nullptr;
  const bit_matrix* columns = nullptr;
};

/// Counts tile by tile; what it is given has to outlive it.
class output_products {
 public:
  /// `needed` has m rows of n bits.
  output_products(issued_elements elements, const bit_matrix& needed) : elements_(elements), needed_(&needed) {}

  /// The products of every step of a tile: [k][row][column] of its active PEs.
  [[nodiscard]] std::vector<std::uint16_t> count(const tiling& tiles, tile position, std::uint64_t steps) const;

  [[nodiscard]] const issued_elements& elements() const { return elements_; }
  [[nodiscard]] const bit_matrix& needed() const { return *needed_; }

 private:
  issued_elements elements_;
  const bit_matrix* needed_;
};

}  // namespace dlac
