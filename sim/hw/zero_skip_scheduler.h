#pragma once
// Decides which products of a step are issued (contract section 4): all pairs of elements that it has to look at, and
// of them, where outputs are skipped, those whose output is needed.

#include <algorithm>
#include <cstdint>
#include <span>
#include <vector>

#include "sim/hw/operand_queue.h"
#include "sim/mapping/program.h"

namespace dlac::hw {

class zero_skip_scheduler {
 public:
  zero_skip_scheduler() = default;
  zero_skip_scheduler(skip_mode skip, std::uint32_t output_buffers)
      : skip_rows_(skips_rows(skip)),
        skip_columns_(skips_columns(skip)),
        rows_(output_buffers),
        columns_(output_buffers),
        needed_columns_(output_buffers) {}

  /// The elements of the row and of the column vector that take part. Valid until the next call.
  std::span<const std::uint32_t> select_rows(const float* values, std::uint32_t valid) {
    return select(values, valid, skip_rows_, rows_);
  }
  std::span<const std::uint32_t> select_columns(const float* values, std::uint32_t valid) {
    return select(values, valid, skip_columns_, columns_);
  }

  /// Those of `columns` whose outputs are needed; `needed` has a bit for every element from `first` on.
  std::span<const std::uint32_t> keep_needed(std::span<const std::uint32_t> columns, const element_bits& needed) {
    const auto end = std::copy_if(columns.begin(), columns.end(), needed_columns_.begin(),
                                  [&](std::uint32_t element) { return needed[element]; });
    return {needed_columns_.begin(), end};
  }

 private:
  static std::span<const std::uint32_t> select(const float* values, std::uint32_t valid, bool skip_zeros,
                                               std::vector<std::uint32_t>& chosen) {
    std::uint32_t count = 0;
    for (std::uint32_t i = 0; i < valid; ++i) {
      chosen[count] = i;
      count += !skip_zeros || values[i] != 0.0F ? 1U : 0U;
    }
    return {chosen.data(), count};
  }

  bool skip_rows_ = false;
  bool skip_columns_ = false;
  std::vector<std::uint32_t> rows_;
  std::vector<std::uint32_t> columns_;
  std::vector<std::uint32_t> needed_columns_;
};

}  // namespace dlac::hw
