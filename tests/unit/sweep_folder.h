#pragma once
// Small sweeps to make plans of.

#include <nlohmann/json.hpp>
#include <string>

#include "sim/sweep/sweep_plan.h"
#include "tests/unit/bad_input.h"

namespace dlac::test {

/// A folder with a config, a workload and a sweep file over them.
class sweep_folder {
 public:
  sweep_folder() {
    write("config.json", nlohmann::json::parse(std::string(config_text)));
    write("workload.json", nlohmann::json::parse(std::string(workload_text)));
  }
  void write(const std::string& name, const nlohmann::json& contents) const {
    static_cast<void>(folder_.file(name, contents.dump()));
  }
  [[nodiscard]] std::string sweep(const nlohmann::json& keys) const {
    nlohmann::json all = {{"name", "s"}, {"config", "config.json"}, {"workload", "workload.json"}};
    all.update(keys);
    return folder_.file("sweep.json", all.dump());
  }
  [[nodiscard]] std::string sweep_of(const nlohmann::json& axes) const { return sweep({{"axes", axes}}); }
  [[nodiscard]] std::string path(const std::string& name) const { return folder_.path(name); }

  static constexpr const char* config_text = R"({"name": "c", "mode": "fp32-training", "clock_mhz": 500,
    "grid": {"rows": 2, "cols": 4},
    "pe": {"fma_units": 2, "adders": 2, "output_buffers": 8, "output_banks": 2, "operand_queue_depth": 4},
    "skip": "both", "drain_elements_per_cycle": 8, "weight_buffer_bytes": 32768, "feature_map_buffer_bytes": 32768,
    "memory": {"bytes_per_cycle": 64, "latency_cycles": 100, "compression": "none"}, "technology": "14nm"})";
  static constexpr const char* workload_text = R"({"name": "w", "operands": {
      "activations": {"source": "synthetic", "density": 0.5, "seed": 3},
      "weights": {"source": "synthetic", "density": 0.6, "seed": 4}, "gradients": {"source": "dense"}},
    "layers": [
      {"name": "a", "type": "linear", "in_features": 32, "out_features": 16},
      {"name": "b", "type": "linear", "in_features": 16, "out_features": 8}]})";

 private:
  temporary_folder folder_;
};

inline sweep_plan plan_of(const std::string& path) {
  return sweep_plan(path);
}

inline std::string message_of_sweep(const std::string& path) {
  return message_of([&] { const sweep_plan plan(path); });
}

}  // namespace dlac::test
