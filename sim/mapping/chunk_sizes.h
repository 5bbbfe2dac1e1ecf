#pragma once
// The bytes of a chunk off chip and in its slot (contract section 7).

#include <cstdint>

#include "sim/config/accelerator_config.h"
#include "sim/mapping/chunk_meter.h"
#include "sim/numbers/operand_formats.h"

namespace dlac {

constexpr std::uint64_t bytes_for(std::uint64_t bits) {
  return (bits + 7) / 8;
}

class chunk_sizes {
 public:
  /// `config` has finite memory.
  chunk_sizes(const accelerator_config& config, const pass_formats& formats)
      : row_bits_(bits_of(formats.rows)),
        column_bits_(bits_of(formats.columns)),
        bitmap_(config.memory->feature_map_compression == compression::bitmap) {}

  [[nodiscard]] bool compressed() const { return bitmap_; }
  [[nodiscard]] std::uint64_t rows(const chunk_elements& chunk) const {
    return bitmap_ ? bytes_for(chunk.elements) + bytes_for(chunk.nonzeros * row_bits_)
                   : bytes_for(chunk.elements * row_bits_);
  }
  [[nodiscard]] std::uint64_t columns(std::uint64_t steps, std::uint64_t valid_n) const {
    return bytes_for(steps * valid_n * column_bits_);
  }

 private:
  std::uint64_t row_bits_;
  std::uint64_t column_bits_;
  bool bitmap_;
};

}  // namespace dlac
