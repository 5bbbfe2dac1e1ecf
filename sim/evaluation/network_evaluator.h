#pragma once
// A network's result for an image, in the number formats of a machine, without the machine that takes cycles for it.

#include <cstdint>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <vector>

#include "sim/config/accelerator_config.h"
#include "sim/engine/functional_maps.h"
#include "sim/evaluation/value_path.h"
#include "sim/workload/network.h"

namespace dlac {

class network_evaluator {
 public:
  /// `net` is a functional network (make_functional()) of one image; it and `config` must outlive this. Throws
  /// input_error where the network's parameters are not all there, or are no numbers of the machine's formats.
  network_evaluator(const accelerator_config& config, const network& net, const std::optional<std::string>& trace);

  /// What comes out of the last layer or node. `image` is [channels, height, width]; where the result is no vector of
  /// classes, throws input_error, as it does for a number that a format has no code for.
  const std::vector<float>& result_of(std::span<const float> image);

  /// Has the smallest and largest number of every tensor that a format may want the range of go into `ranges`, from
  /// now on.
  void note_ranges(known_ranges& ranges) { ranges_ = &ranges; }

  [[nodiscard]] zero_count weights() const;
  [[nodiscard]] const zero_count& activations() const { return activations_; }  ///< of all images so far
  [[nodiscard]] std::uint64_t saturated_sums() const { return values_.saturated_sums(); }

 private:
  std::vector<float> output_of(const layer& l);
  void note(const std::string& tensor, std::span<const float> values);

  const network& net_;
  std::vector<const layer*> layers_;
  functional_maps maps_;
  kept_operands operands_;
  value_path values_;
  zero_count activations_;
  known_ranges* ranges_ = nullptr;
};

}  // namespace dlac
