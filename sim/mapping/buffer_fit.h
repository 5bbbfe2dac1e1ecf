#pragma once
// Whether the buffers are large enough for a block shape: every K-group of every tile has to fit a slot (contract
// section 7), in all mmOps of a pass.

#include <cstdint>
#include <map>
#include <optional>
#include <vector>

#include "sim/config/accelerator_config.h"
#include "sim/mapping/chunk_sizes.h"
#include "sim/mapping/memory_plan.h"
#include "sim/mapping/pass_shapes.h"
#include "sim/workload/operands.h"

namespace dlac {

class buffer_fit {
 public:
  /// `shapes` are those of a pass, at least one; `row_source` is what their windows read. All arguments must outlive
  /// this; `config` has finite memory.
  buffer_fit(const accelerator_config& config, const std::vector<mm_op_shape>& shapes, const tensor_mask& row_source);

  /// The buffer that is too small for a K-group of a tile with this block, and what the largest one needs.
  std::optional<buffer_shortage> shortage(block_shape block);

 private:
  /// Bytes of the largest K-group.
  std::uint64_t row_bytes(std::uint32_t block_m);
  [[nodiscard]] std::uint64_t column_bytes(std::uint32_t block_n) const;

  const accelerator_config& config_;
  const tensor_mask& row_source_;
  /// Of each shape, or where all groups are alike of those of the first.
  struct shape_sizes {
    const mm_op_shape* shape;
    chunk_sizes sizes;
  };
  std::vector<shape_sizes> sizes_;
  std::map<std::uint32_t, std::uint64_t> row_bytes_;  ///< by block
};

}  // namespace dlac
