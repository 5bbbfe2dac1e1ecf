#pragma once
// How many non-zeros each part of a synthetic tensor has: how they are shared out over channels and images. The rule is
// in synthetic_operands.h.

#include <cstdint>
#include <vector>

#include "sim/core/bits.h"
#include "sim/workload/counter_rng.h"
#include "sim/workload/network.h"

namespace dlac {

/// A tensor as the draw sees it: for every image and channel a region of `elements`. Weights are one image.
struct region_layout {
  std::uint64_t images = 1;
  std::uint64_t channels = 1;
  std::uint64_t elements = 1;

  [[nodiscard]] std::uint64_t all_elements() const { return images * channels * elements; }
};

/// round(density * elements), the number of non-zeros of the whole tensor.
std::uint64_t all_nonzeros(double density, const region_layout& layout);

class region_counts {
 public:
  /// At most 2^31 channels and 2^40 elements; a density of 0 to 1 and a channel_spread of 0 to 10. `random` is the
  /// tensor's stream.
  region_counts(const synthetic_source& source, const region_layout& layout, const counter_rng& random);

  /// At most the elements of a region; together all_nonzeros().
  [[nodiscard]] std::uint64_t of(std::uint64_t image, std::uint64_t channel) const {
    return is_by_channel_ ? counts_[channel] + (one_more_.test(image, channel) ? 1 : 0)
                          : counts_[image * channels_ + channel];
  }

 private:
  void share_over_images(std::uint64_t images, const counter_rng& random);

  std::uint64_t channels_;
  bool is_by_channel_;
  std::vector<std::uint64_t> counts_;  ///< of every region; by channel: what each of its images has at least
  bit_matrix one_more_;                ///< by channel: row image, bit channel
};

}  // namespace dlac
