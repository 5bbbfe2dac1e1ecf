#include "sim/workload/density_profile.h"

#include <variant>

namespace dlac {
namespace {

/// The sources of one layer that a default has given it.
using sources_of_layer = std::vector<synthetic_source*>;

void add_profiled(sources_of_layer& sources, operand_source& source) {
  auto* const synthetic = std::get_if<synthetic_source>(&source);
  if (synthetic != nullptr && synthetic->profile) {
    sources.push_back(synthetic);
  }
}

/// `add` names the operands of a layer that may have a default.
template <class Add>
void resolve_default(std::vector<layer>& layers, const Add& add) {
  std::vector<sources_of_layer> users;
  for (layer& l : layers) {
    sources_of_layer sources;
    add(l, sources);
    if (!sources.empty()) {
      users.push_back(sources);
    }
  }
  for (std::size_t i = 0; i < users.size(); ++i) {
    for (synthetic_source* const source : users[i]) {
      source->density = density_at(*source->profile, i, users.size());
      source->profile.reset();
    }
  }
}

}  // namespace

double density_at(const density_profile& profile, std::uint64_t i, std::uint64_t layers) {
  if (i == 0) {
    return profile.from;
  }
  return i + 1 == layers
             ? profile.to
             : profile.from + (profile.to - profile.from) * static_cast<double>(i) / static_cast<double>(layers - 1);
}

void resolve_profiles(std::vector<layer>& layers, const given_operand_sources& defaults) {
  resolve_default(layers, [&](layer& l, sources_of_layer& sources) {
    add_profiled(sources, l.operands.activations);
    if (l.is_matmul() && !defaults.columns) {
      add_profiled(sources, l.operands.weights);
    }
  });
  // What is left of profiles in their place are those of weights, and of columns that have a default of their own.
  for (const bool of_matmuls : {false, true}) {
    resolve_default(layers, [=](layer& l, sources_of_layer& sources) {
      if (l.is_matmul() == of_matmuls) {
        add_profiled(sources, l.operands.weights);
      }
    });
  }
  resolve_default(layers, [](layer& l, sources_of_layer& sources) { add_profiled(sources, l.operands.gradients); });
}

}  // namespace dlac
