#pragma once
// The shapes of feature maps on their way from layer to layer, and what a node makes of them.

#include <cstddef>
#include <cstdint>
#include <optional>
#include <span>
#include <stdexcept>
#include <string>
#include <vector>

#include "sim/nodes/node.h"

namespace dlac {

/// Of one image: [c, h, w], [c, length], [tokens, features], [products, rows, columns], [features]; the last extent
/// varies fastest.
struct map_shape {
  std::vector<std::uint64_t> extents;
  std::size_t channels = 0;  ///< which of them are the channels (features, columns)

  [[nodiscard]] std::uint64_t elements() const;
  /// Height and width of [c, h, w], or of [c, length], which has the height 1.
  [[nodiscard]] size_2d size() const;
  /// The extents of so many of them: images first.
  [[nodiscard]] std::vector<std::uint64_t> of_images(std::uint64_t images) const;
};

/// "[64, 56, 56]".
std::string in_brackets(std::span<const std::uint64_t> extents);

/// What does not fit: a key of the node (a pointer, "/kernel"; "" is the node), what was found, what was expected.
class node_misfit : public std::runtime_error {
 public:
  node_misfit(std::string key, std::string found, std::string expected)
      : std::runtime_error(key + ": " + found),
        key_(std::move(key)),
        found_(std::move(found)),
        expected_(std::move(expected)) {}
  [[nodiscard]] const std::string& key() const { return key_; }
  [[nodiscard]] const std::string& found() const { return found_; }
  [[nodiscard]] const std::string& expected() const { return expected_; }

 private:
  std::string key_;
  std::string found_;
  std::string expected_;
};

/// One after the other along an axis (counted from the images; none: the channels). Throws node_misfit.
map_shape concatenated_shape(const std::vector<map_shape>& inputs, std::optional<std::uint32_t> axis = {});

/// What the node gives; of several inputs, which are then one after the other. Throws node_misfit.
map_shape node_shape(const node_operation& node, const std::vector<map_shape>& inputs);

/// Height and width of what pooling gives of a map of that size. Throws node_misfit for a window that does not fit.
size_2d pooled_size(const pool_window& window, size_2d input);
/// The stride that stands there, or the kernel.
size_2d stride_of(const pool_window& window);

}  // namespace dlac
