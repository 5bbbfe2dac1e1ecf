#pragma once
// Where the operands of a layer come from: a trace, or nowhere, with zeros that are drawn or none.

#include <cstdint>
#include <optional>
#include <string>
#include <variant>

namespace dlac {

/// Operand taken from the trace: tensor `LAYER.activations` (or .weights, .gradients) unless another is named.
struct trace_source {
  std::optional<std::string> tensor;
};
/// Every element is non-zero.
struct dense_source {};

/// Of every `of` neighbours along k, `nonzeros` are not zero; of fewer at the end as many, or all. Neighbours are of
/// weights those of a filter, in the order (input channel, ky, kx), and of a feature map the channels of a pixel.
struct n_of_m {
  std::uint32_t nonzeros = 1;  ///< 1 to `of`
  std::uint32_t of = 1;

  [[nodiscard]] double density() const { return static_cast<double>(nonzeros) / of; }
  friend bool operator==(const n_of_m&, const n_of_m&) = default;
};
/// Weights that are zero block by block: so many output channels x so many neighbours along k, fewer at the ends.
struct zero_blocks {
  std::uint32_t channels = 1;
  std::uint32_t steps = 1;
  friend bool operator==(const zero_blocks&, const zero_blocks&) = default;
};
/// Channels that are zero as a whole: output channels of weights, channels of a feature map in all images alike.
struct zero_channels {
  friend bool operator==(const zero_channels&, const zero_channels&) = default;
};
using zero_structure = std::variant<n_of_m, zero_blocks, zero_channels>;

/// Densities that change by equal steps from the first to the last of the layers that have them.
struct density_profile {
  double from = 1;  ///< fraction of non-zeros, 0 to 1
  double to = 1;
};

/// Zeros drawn at random; synthetic_operands.h draws them.
struct synthetic_source {
  double density = 1;         ///< fraction of non-zeros, 0 to 1
  double channel_spread = 0;  ///< sigma of the log-normal factor between channels, >= 0
  double cluster = 0;         ///< how strongly neighbouring pixels share their zeros, 0 to 1
  std::uint64_t seed = 0;
  std::optional<zero_structure> structure = {};  ///< that the zeros have
  std::optional<density_profile> profile = {};   ///< of a file's default; read_network() makes densities of it

  /// Whether the density follows from the structure.
  [[nodiscard]] bool has_fixed_density() const { return structure && std::holds_alternative<n_of_m>(*structure); }
};
/// Computed by the run itself, from the layers before: no file says so (make_functional()).
struct computed_source {};
using operand_source = std::variant<trace_source, dense_source, synthetic_source, computed_source>;

}  // namespace dlac
