#pragma once
// What is measured: layers of a shipped workload on a shipped machine, loaded and ready to run.

#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "sim/engine/network_run.h"

namespace dlac::bench {

/// The machine that everything is measured on.
inline constexpr const char* config_file = "configs/dlac-fp16-inference.json";

class subject {
 public:
  /// All layers of workloads/`workload`.json, or only the one named `layer`, on `config_file` with another grid, if one
  /// is given. Throws input_error.
  explicit subject(const std::string& workload, const std::string& layer = "",
                   std::optional<grid_shape> grid = std::nullopt);

  /// Simulates the forward pass, from the zero masks of the operands to the results.
  [[nodiscard]] std::vector<layer_result> run(const engine_choice& engine) const;
  [[nodiscard]] std::uint64_t processing_elements() const { return config_.processing_elements(); }

 private:
  accelerator_config config_;
  network net_;
  std::vector<const layer*> layers_;
  std::unique_ptr<operand_provider> operands_;
};

}  // namespace dlac::bench
