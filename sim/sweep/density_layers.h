#pragma once
// Which layers a density axis is about.

#include <string>
#include <string_view>
#include <vector>

#include "sim/workload/network.h"

namespace dlac {

/// Words, gone through in order: each adds the layers that it means, or with "!" in front takes them away. "ternary"
/// means the layers with ternary weights, "sparse" those whose operand is sparse already, every other word is a glob of
/// names. It begins with the sparse layers if there is no word or the first one takes away, otherwise with none.
class density_layers {
 public:
  density_layers() = default;
  explicit density_layers(std::vector<std::string> words) : words_(std::move(words)) {}

  [[nodiscard]] const std::vector<std::string>& words() const { return words_; }
  /// Whether it takes layers by the zeros of their operands.
  [[nodiscard]] bool asks_for_zeros() const;
  [[nodiscard]] bool holds(const layer& l, bool is_sparse) const;

  /// What a word means without its "!".
  static std::string_view meant(std::string_view word);
  static bool matches(std::string_view meant, const layer& l, bool is_sparse);
  static constexpr std::string_view ternary = "ternary";
  static constexpr std::string_view sparse = "sparse";

 private:
  [[nodiscard]] bool begins_with_sparse() const;

  std::vector<std::string> words_;
};

/// Of each layer of a network, whether the operand is sparse: at least one in a hundred of its elements is zero. A
/// synthetic source says so itself, a trace is read. Throws what operand_provider does.
std::vector<bool> sparse_layers(const network& net, tensor_role operand);

}  // namespace dlac
