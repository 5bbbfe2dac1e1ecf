#pragma once
// How often a network is right about labelled images, in the number formats of a machine.

#include <cstddef>
#include <cstdint>
#include <functional>
#include <optional>
#include <span>
#include <string>
#include <vector>

#include "sim/config/accelerator_config.h"
#include "sim/evaluation/zero_count.h"
#include "sim/images/labelled_images.h"
#include "sim/numbers/operand_formats.h"
#include "sim/stats/layer_result.h"
#include "sim/workload/network.h"

namespace dlac {

/// The results of images, one after the other: what other formats are held against.
struct image_results {
  std::size_t classes = 0;
  std::vector<float> values;

  [[nodiscard]] std::span<const float> of(std::size_t image) const {
    return std::span(values).subspan(image * classes, classes);
  }
};

struct test_outcome {
  std::uint64_t images = 0;
  std::size_t classes = 0;
  std::uint64_t top1 = 0;        ///< images whose label has the largest value; of equal ones the first counts
  std::uint64_t top5 = 0;        ///< whose label has one of the five largest
  std::uint64_t agreeing = 0;    ///< with the class that fp32 gives
  std::uint64_t not_finite = 0;  ///< results with a NaN or an infinity: neither right nor agreeing
  mean_decibels sqnr_db;         ///< of the results against fp32's, over the images that differ
  zero_count weights;
  zero_count activations;            ///< of all images and layers
  std::uint64_t saturated_sums = 0;  ///< integer sums that went beyond their accumulator
  double seconds = 0;                ///< of this machine's clock on the wall

  /// Of the images.
  [[nodiscard]] double share_of(std::uint64_t count) const {
    return images == 0 ? 0 : static_cast<double>(count) / static_cast<double>(images);
  }
  /// Of networks of five classes or fewer it says nothing.
  [[nodiscard]] std::optional<double> top5_share() const {
    return classes > 5 ? std::optional(share_of(top5)) : std::nullopt;
  }
};

struct test_inputs {
  const accelerator_config& config;
  const network& net;  ///< functional, of one image
  std::optional<std::string> trace;
  const labelled_images& images;
  std::size_t count = 0;  ///< the first of them
  unsigned threads = 1;
  std::function<void(std::size_t done)> progress = {};
};

/// `fp32` are the results of the same images in fp32, where they are known; `results` takes those of this test. Throws
/// input_error.
test_outcome test_images(const test_inputs& inputs, const image_results* fp32, image_results* results);

/// An image as the network takes it, [channels, height, width]. Throws input_error.
std::vector<float> network_input(const network& net, const labelled_images& images, std::size_t index);

/// The smallest and largest number of every tensor, over `count` images from `first` on.
known_ranges calibrate(const test_inputs& inputs, std::size_t first, std::size_t count);

}  // namespace dlac
