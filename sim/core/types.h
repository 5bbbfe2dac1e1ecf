#pragma once
// Vocabulary shared by every part of the simulator.

#include <array>
#include <cstddef>
#include <cstdint>
#include <span>
#include <string_view>

namespace dlac {

/// Clock cycles: a point in time (from the start of a layer) or a duration.
using cycle = std::uint64_t;

/// Which zeros the scheduler skips (contract section 4): none is the dense machine, activations the
/// Cnvlutin-like, weights the Cambricon-X-like, both is DLAC. "weights" means the column operand and
/// "activations" the row operand in every pass.
enum class skip_mode { none, weights, activations, both };
/// Every one: what the config may say, and what the random tests draw from.
inline constexpr std::array skip_modes = {skip_mode::none, skip_mode::weights, skip_mode::activations, skip_mode::both};

/// How one element of a layer's column operand is stored: weights as two-bit {-1, 0, +1} or in the machine's format of
/// full precision; the second operand of a matmul, which is a feature map, in that of activations.
enum class weight_format { ternary, full, feature_map };

/// The passes of a training step; inference is the forward pass alone.
enum class pass_kind { forward, backward_data, backward_weight };

/// What a run simulates: inference, or a step of training.
enum class run_kind { forward, training };

/// Those of a layer, in their order; a network's first layer has no backward-data.
std::span<const pass_kind> passes_of(run_kind kind);

/// The loop order of a mmOp's tiles: which of the two tile indices varies slowest.
enum class tile_order { nt_outer, mt_outer };

/// Outputs that one PE holds in a tile: m rows (positions) by n columns (channels).
struct block_shape {
  std::uint32_t m = 1;
  std::uint32_t n = 1;
  [[nodiscard]] std::uint32_t outputs() const { return m * n; }
  friend bool operator==(const block_shape&, const block_shape&) = default;
};

/// Processing elements of the grid.
struct grid_shape {
  std::uint32_t rows = 1;
  std::uint32_t cols = 1;
  friend bool operator==(const grid_shape&, const grid_shape&) = default;
};

/// Bytes per cycle, exact to the thousandth: no cycle count depends on how a fraction is rounded.
struct bandwidth {
  std::uint64_t thousandths = 0;

  constexpr bandwidth() = default;
  /// A whole number of bytes; implicit, as it is the usual case.
  constexpr bandwidth(std::uint64_t bytes) : thousandths(1000 * bytes) {}
  static constexpr bandwidth of_thousandths(std::uint64_t count) {
    bandwidth result;
    result.thousandths = count;
    return result;
  }
  [[nodiscard]] constexpr double value() const { return static_cast<double>(thousandths) / 1000; }
  friend bool operator==(const bandwidth&, const bandwidth&) = default;
};

/// A height and a width: of an image, a kernel, a stride or a padding.
struct size_2d {
  std::uint32_t h = 1;
  std::uint32_t w = 1;
  friend bool operator==(const size_2d&, const size_2d&) = default;
};

/// Zeros around a feature map.
struct padding_2d {
  std::uint32_t top = 0;
  std::uint32_t left = 0;
  std::uint32_t bottom = 0;
  std::uint32_t right = 0;

  constexpr padding_2d() = default;
  /// As many at the top as at the bottom, and at the left as at the right.
  constexpr padding_2d(std::uint32_t vertical, std::uint32_t horizontal)
      : top(vertical), left(horizontal), bottom(vertical), right(horizontal) {}
  constexpr padding_2d(std::uint32_t t, std::uint32_t l, std::uint32_t b, std::uint32_t r)
      : top(t), left(l), bottom(b), right(r) {}
  [[nodiscard]] constexpr bool is_symmetric() const { return top == bottom && left == right; }
  friend bool operator==(const padding_2d&, const padding_2d&) = default;
};

/// Shape of a feature map or of a weight tensor: [n, c, h, w], w varies fastest.
struct shape_4d {
  std::uint64_t n = 1;
  std::uint64_t c = 1;
  std::uint64_t h = 1;
  std::uint64_t w = 1;
  [[nodiscard]] std::uint64_t elements() const { return n * c * h * w; }
  friend bool operator==(const shape_4d&, const shape_4d&) = default;
};

std::string_view to_string(skip_mode skip);
std::string_view to_string(weight_format format);
std::string_view to_string(pass_kind pass);
std::string_view to_string(run_kind kind);
std::string_view to_string(tile_order order);

}  // namespace dlac
