#include "sim/sweep/density_layers.h"

#include <algorithm>
#include <optional>
#include <variant>

#include "sim/workload/layer_selection.h"
#include "sim/workload/operands.h"

namespace dlac {
namespace {

constexpr double densest_sparse = 0.99;

bool is_negated(std::string_view word) {
  return word.starts_with('!');
}

}  // namespace

std::string_view density_layers::meant(std::string_view word) {
  return word.substr(is_negated(word) ? 1 : 0);
}

bool density_layers::matches(std::string_view meant, const layer& l, bool is_sparse) {
  if (meant == ternary) {
    return l.weights == weight_format::ternary;
  }
  return meant == sparse ? is_sparse : matches_glob(std::string(meant), l.name);
}

bool density_layers::begins_with_sparse() const {
  return words_.empty() || is_negated(words_.front());
}

bool density_layers::asks_for_zeros() const {
  return begins_with_sparse() ||
         std::any_of(words_.begin(), words_.end(), [](const std::string& word) { return meant(word) == sparse; });
}

bool density_layers::holds(const layer& l, bool is_sparse) const {
  bool is_chosen = begins_with_sparse() && is_sparse;
  for (const std::string& word : words_) {
    if (matches(meant(word), l, is_sparse)) {
      is_chosen = !is_negated(word);
    }
  }
  return is_chosen;
}

std::vector<bool> sparse_layers(const network& net, tensor_role operand) {
  std::optional<operand_provider> operands;  // where a trace has to be read
  std::vector<bool> result;
  for (const layer& l : net.layers) {
    const operand_source& source = operand_provider::source_in(l, operand);
    double density = 1;
    if (const auto* const synthetic = std::get_if<synthetic_source>(&source)) {
      density = synthetic->density;
    } else if (std::holds_alternative<trace_source>(source)) {
      if (!operands) {
        operands.emplace(net, std::nullopt, uniform_formats(ieee_float::fp32));
      }
      const tensor_mask mask = operands->stored_mask(l, operand);
      density = static_cast<double>(mask.bits.count()) / static_cast<double>(mask.shape.elements());
    }
    result.push_back(density <= densest_sparse);
  }
  return result;
}

}  // namespace dlac
