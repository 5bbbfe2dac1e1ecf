#pragma once
// A small machine in number formats of its own, and a layer for it.

#include <doctest/doctest.h>
#include <fmt/format.h>

#include <nlohmann/json.hpp>
#include <optional>
#include <string>
#include <vector>

#include "sim/engine/network_run.h"
#include "sim/workload/operands.h"
#include "tests/unit/bad_input.h"
#include "tests/unit/sweep_folder.h"
#include "tests/unit/trace_file.h"

namespace dlac::test {

using json = nlohmann::json;
using floats = std::vector<float>;

/// A 2 x 4 grid of 2 FMA units, 2 adders, P 8, 64 B/cycle, in fp32-training or what `change` makes of it.
inline json machine_text(const json& numbers, const json& change = json::object()) {
  json config = json::parse(std::string(sweep_folder::config_text));
  config["numbers"] = numbers;
  config.merge_patch(change);
  return config;
}

inline accelerator_config machine_with(const json& numbers, const json& change = json::object()) {
  const temporary_folder folder;
  return read_accelerator_config(folder.file("config.json", machine_text(numbers, change).dump()));
}

inline std::string refusal_of(const json& numbers, const json& change = json::object()) {
  return message_of([&] { static_cast<void>(machine_with(numbers, change)); });
}

/// A linear layer of a trace.
class small_network {
 public:
  small_network(const floats& inputs, const floats& weights, json layer = json::object()) {
    const auto out = weights.size() / inputs.size();
    json entry = {{"name", "l"},
                  {"type", "linear"},
                  {"in_features", inputs.size()},
                  {"out_features", out},
                  {"weight_format", "full"}};
    entry.update(layer);
    trace_.add("l.activations", "F32", fmt::format("1, {}, 1, 1", inputs.size()), raw(inputs))
        .add("l.weights", "F32", fmt::format("{}, {}, 1, 1", out, inputs.size()), raw(weights));
    workload_ = {{"name", "n"}, {"trace", "t.safetensors"}, {"layers", json::array({entry})}};
  }
  small_network& add(const std::string& name, const std::string& shape, const floats& values) {
    trace_.add(name, "F32", shape, raw(values));
    return *this;
  }
  [[nodiscard]] network read() const {
    static_cast<void>(folder_.file("t.safetensors", trace_.bytes()));
    return read_network(folder_.file("w.json", workload_.dump()));
  }
  [[nodiscard]] layer_result run(const accelerator_config& config, run_kind kind = run_kind::forward,
                                 const output_callback& outputs = {}) const {
    const network net = read();
    const operand_provider operands(net, std::nullopt, config.numbers());
    const std::vector<const layer*> layers = {&net.layers.front()};
    check_layer_formats(config, net, layers);
    check_operands(operands, layers, kind, true);
    return run_layers(config, net, layers, operands,
                      {.engine = by_both_engines{.values = true}, .kind = kind, .outputs = outputs})
        .layers.front();
  }
  /// What the processing elements and the reference make of it.
  [[nodiscard]] floats outputs(const accelerator_config& config) const {
    floats values;
    static_cast<void>(run(config, run_kind::forward,
                          [&](const layer& /*l*/, pass_kind /*pass*/, const floats& output) { values = output; }));
    return values;
  }
  [[nodiscard]] std::string refusal(const accelerator_config& config) const {
    return message_of([&] { static_cast<void>(run(config)); });
  }

 private:
  temporary_folder folder_;
  trace_builder trace_;
  json workload_;
};

inline const json int8 = {{"activations", {{"affine", {{"bits", 8}}}}}, {"weights", {{"affine", {{"bits", 8}}}}},
                          {"gradients", {{"affine", {{"bits", 8}}}}},   {"accumulator", "int32"},
                          {"output", {{"affine", {{"bits", 8}}}}},      {"formats", json::array()}};

}  // namespace dlac::test
