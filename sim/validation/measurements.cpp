#include "sim/validation/measurements.h"

#include <algorithm>
#include <array>
#include <cmath>

#include "sim/validation/verdict.h"

namespace dlac {
namespace {

using layers = std::vector<layer_result>;
using net_evidence = network_evidence;

bool has_ternary_columns(const layer_result& layer) {
  return is_ternary(layer.formats.columns);
}

layers ternary(const layers& all) {
  layers result;
  std::copy_if(all.begin(), all.end(), std::back_inserter(result), has_ternary_columns);
  return result;
}

/// All but the first convolution, whatever the pass: backward-weight has no ternary operand.
layers behind_first(const layers& all) {
  layers result;
  std::copy_if(all.begin(), all.end(), std::back_inserter(result),
               [](const layer_result& layer) { return layer.name != "conv1"; });
  return result;
}

/// MACs by cycles of all layers together: what a run of the network sees.
double by_cycles(const layers& all) {
  double macs = 0;
  double cycles = 0;
  for (const layer_result& layer : all) {
    macs += static_cast<double>(layer.dense_macs);
    cycles += static_cast<double>(layer.counters.cycles);
  }
  return 2 * macs / cycles;
}

double mean_of_layers(const layers& all) {
  double sum = 0;
  for (const layer_result& layer : all) {
    sum += flop_per_cycle(layer);
  }
  return sum / static_cast<double>(all.size());
}

double best(const layers& all) {
  double result = 0;
  for (const layer_result& layer : all) {
    result = std::max(result, flop_per_cycle(layer));
  }
  return result;
}

/// Part of the operations whose two operands are not zero; padding is zero.
double nonzero_operations(const layers& all) {
  double effectual = 0;
  double dense = 0;
  for (const layer_result& layer : all) {
    effectual += static_cast<double>(layer.effectual_macs);
    dense += static_cast<double>(layer.dense_macs);
  }
  return effectual / dense;
}

std::vector<double> speed_ups(const layers& all, const accelerator_config& config) {
  std::vector<double> result;
  for (const layer_result& layer : all) {
    result.push_back(derive_performance(layer, config).share_of_peak);
  }
  return result;
}

double lowest_speed_up(const evidence& all, const net_evidence& net) {
  const std::vector<double> values = speed_ups(ternary(net.fp32), all.fp32);
  return *std::min_element(values.begin(), values.end());
}

double highest_speed_up(const evidence& all, const net_evidence& net) {
  const std::vector<double> values = speed_ups(ternary(net.fp32), all.fp32);
  return *std::max_element(values.begin(), values.end());
}

double growth_with_depth(const evidence& all, const net_evidence& net) {
  return rank_correlation_with_order(speed_ups(ternary(net.fp32), all.fp32));
}

/// FLOP/cycle at a clock in MHz.
double tflops(double flop_per_cycle, const accelerator_config& config) {
  return flop_per_cycle * config.clock_mhz * 1e-6;
}

double density(double flop_per_cycle, const accelerator_config& config, double area_mm2) {
  return tflops(flop_per_cycle, config) / area_mm2;
}

double fp32_density(const evidence& all, double flop_per_cycle) {
  return density(flop_per_cycle, all.fp32, all.fp32_area_mm2);
}

double fp16_density(const evidence& all, double flop_per_cycle) {
  return density(flop_per_cycle, all.fp16, all.fp16_area_mm2);
}

double last_stage(const layers& all) {
  layers last;
  std::copy_if(all.begin(), all.end(), std::back_inserter(last),
               [](const layer_result& layer) { return layer.name.starts_with("layer4."); });
  return by_cycles(last);
}

double units(const accelerator_config& config, std::uint32_t pe_config::*kind) {
  return static_cast<double>(config.processing_elements() * config.pe.*kind);
}

double area_scale(const evidence& all, const technology& from) {
  return all.own_node.area.fp16.multiplier.value / from.area.fp16.multiplier.value;
}

double quadratic_scale(const evidence& all, const technology& from) {
  return std::pow(all.own_node.node.value / from.node.value, 2);
}

double dadiannao_density(const evidence& all, double scale) {
  return all.peers.dadiannao.tops / (all.peers.dadiannao.area_mm2 * scale);
}

/// Ternary layers add, full-precision layers multiply and add; zeros are skipped. `per_mac`: operations that a
/// multiply-accumulate in full precision counts for.
double operations_of_resnet34(const evidence& all, const net_evidence& net, double per_mac) {
  const auto classifier = static_cast<double>(all.resnet34.totals[operation_type::linear].forward);
  double result = per_mac * classifier;
  for (const layer_result& layer : net.fp32) {
    result += static_cast<double>(layer.effectual_macs) * (has_ternary_columns(layer) ? 1 : per_mac);
  }
  return result;
}

double operations_of_resnet18(const evidence& all, double per_mac) {
  const operation_counts& counts = all.resnet18_full.totals;
  return per_mac *
         static_cast<double>(counts[operation_type::convolution].forward + counts[operation_type::linear].forward);
}

double operation_ratio(const evidence& all, const net_evidence& net, double per_mac) {
  return operations_of_resnet18(all, per_mac) / operations_of_resnet34(all, net, per_mac);
}

double bytes_ratio(const evidence& all, std::uint64_t model_bytes::*format) {
  return static_cast<double>(all.resnet18_full.bytes.fp32) / static_cast<double>(all.resnet34.bytes.*format);
}

/// Energy of a training step's arithmetic, pJ, when a product costs `multiply` and its addition `add`; the rest stays
/// in fp32.
double training_arithmetic(const evidence& all, double multiply, double add) {
  const operation_counts& counts = all.resnet18_cifar_stem.totals;
  const unit_energy& fp32 = all.unit_cost_node.energy.fp32;
  const auto both = [&](operation_type type) {
    return static_cast<double>(counts[type].forward) + static_cast<double>(counts[type].backward);
  };
  using enum operation_type;
  return both(convolution) * (multiply + add) + both(batch_norm) * (fp32.multiply.value + fp32.add.value) +
         (both(element_wise_add) + both(convolution_update)) * fp32.add.value;
}

double eight_bit_saving(const evidence& all, double add) {
  const energy_costs& costs = all.unit_cost_node.energy;
  return 1 - training_arithmetic(all, costs.int8.multiply.value, add) /
                 training_arithmetic(all, costs.fp32.multiply.value, costs.fp32.add.value);
}

template <operation_type type, std::uint64_t direction_counts::*direction>
double resnet18_count(const evidence& all, const net_evidence& /*net*/) {
  return static_cast<double>(all.resnet18_cifar_stem.totals[type].*direction);
}

template <operation_type type, std::uint64_t direction_counts::*direction>
double resnet20_count(const evidence& all, const net_evidence& /*net*/) {
  return static_cast<double>(all.resnet20.totals[type].*direction);
}

constexpr auto forward = &direction_counts::forward;
constexpr auto backward = &direction_counts::backward;
using op = operation_type;
constexpr bool of_network = true;
constexpr bool of_machine = false;

constexpr std::array table = {
    measurement{"nonzero_operations_forward", "%", of_network,
                [](const evidence&, const net_evidence& n) { return 100 * nonzero_operations(ternary(n.fp32)); }},
    measurement{"nonzero_operations_backward", "%", of_network,
                [](const evidence&, const net_evidence& n) { return 100 * nonzero_operations(behind_first(n.backward)); }},
    measurement{"implied_gain_forward", "x", of_network,
                [](const evidence&, const net_evidence& n) { return 1 / nonzero_operations(ternary(n.fp32)); }},
    measurement{"implied_gain_backward", "x", of_network,
                [](const evidence&, const net_evidence& n) { return 1 / nonzero_operations(behind_first(n.backward)); }},
    measurement{"best_layer", "FLOP/cycle", of_network,
                [](const evidence&, const net_evidence& n) { return best(n.fp32); }},
    measurement{"average", "FLOP/cycle", of_network,
                [](const evidence&, const net_evidence& n) { return by_cycles(ternary(n.fp32)); }},
    measurement{"average_with_first", "FLOP/cycle", of_network,
                [](const evidence&, const net_evidence& n) { return by_cycles(n.fp32); }},
    measurement{"mean_of_layers", "FLOP/cycle", of_network,
                [](const evidence&, const net_evidence& n) { return mean_of_layers(ternary(n.fp32)); }},
    measurement{"mean_of_layers_with_first", "FLOP/cycle", of_network,
                [](const evidence&, const net_evidence& n) { return mean_of_layers(n.fp32); }},
    measurement{"average_fp16", "FLOP/cycle", of_network,
                [](const evidence&, const net_evidence& n) { return by_cycles(ternary(n.fp16)); }},
    measurement{"backward_average", "FLOP/cycle", of_network,
                [](const evidence&, const net_evidence& n) { return by_cycles(behind_first(n.backward)); }},
    measurement{"best_layer_tflops", "TFLOP/s", of_network,
                [](const evidence& e, const net_evidence& n) { return tflops(best(n.fp32), e.fp32); }},
    measurement{"average_tflops", "TFLOP/s", of_network,
                [](const evidence& e, const net_evidence& n) { return tflops(by_cycles(ternary(n.fp32)), e.fp32); }},
    measurement{"lowest_speed_up", "x", of_network, lowest_speed_up},
    measurement{"highest_speed_up", "x", of_network, highest_speed_up},
    measurement{"growth_with_depth", "rank corr.", of_network, growth_with_depth},
    measurement{"area_fp32", "mm2", of_machine,
                [](const evidence& e, const net_evidence&) { return e.fp32_area_mm2; }},
    measurement{"area_fp16", "mm2", of_machine,
                [](const evidence& e, const net_evidence&) { return e.fp16_area_mm2; }},
    measurement{"average_density_fp32", "TFLOP/s/mm2", of_network,
                [](const evidence& e, const net_evidence& n) { return fp32_density(e, by_cycles(ternary(n.fp32))); }},
    measurement{"best_density_fp32", "TFLOP/s/mm2", of_network,
                [](const evidence& e, const net_evidence& n) { return fp32_density(e, best(n.fp32)); }},
    measurement{"last_stage_density_fp32", "TFLOP/s/mm2", of_network,
                [](const evidence& e, const net_evidence& n) { return fp32_density(e, last_stage(n.fp32)); }},
    measurement{"average_density_fp16", "TFLOP/s/mm2", of_network,
                [](const evidence& e, const net_evidence& n) { return fp16_density(e, by_cycles(ternary(n.fp16))); }},
    measurement{"best_density_fp16", "TFLOP/s/mm2", of_network,
                [](const evidence& e, const net_evidence& n) { return fp16_density(e, best(n.fp16)); }},
    measurement{"fp32_units", "units", of_machine,
                [](const evidence& e, const net_evidence&) { return units(e.fp32, &pe_config::fma_units); }},
    measurement{"fp16_units", "units", of_machine,
                [](const evidence& e, const net_evidence&) { return units(e.fp16, &pe_config::fma_units); }},
    measurement{"fp16_adders", "units", of_machine,
                [](const evidence& e, const net_evidence&) { return units(e.fp16, &pe_config::adders); }},
    measurement{"dadiannao_performance", "x", of_network,
                [](const evidence& e, const net_evidence& n) {
                  return tflops(by_cycles(ternary(n.fp32)), e.fp32) / e.peers.dadiannao.tops;
                }},
    measurement{"dadiannao_performance_32_bit", "x", of_network,
                [](const evidence& e, const net_evidence& n) {
                  return tflops(by_cycles(ternary(n.fp32)), e.fp32) / e.peers.dadiannao_32_bit.tops;
                }},
    measurement{"dadiannao_performance_32_bit_best", "x", of_network,
                [](const evidence& e, const net_evidence& n) {
                  return tflops(best(n.fp32), e.fp32) / e.peers.dadiannao_32_bit.tops;
                }},
    measurement{"dadiannao_area", "x", of_machine,
                [](const evidence& e, const net_evidence&) {
                  return e.peers.dadiannao.area_mm2 * area_scale(e, e.dadiannao_node) / e.fp32_area_mm2;
                }},
    measurement{"dadiannao_density", "x", of_network,
                [](const evidence& e, const net_evidence& n) {
                  return fp32_density(e, best(n.fp32)) / dadiannao_density(e, area_scale(e, e.dadiannao_node));
                }},
    measurement{"dadiannao_density_quadratic", "x", of_network,
                [](const evidence& e, const net_evidence& n) {
                  return fp32_density(e, best(n.fp32)) / dadiannao_density(e, quadratic_scale(e, e.dadiannao_node));
                }},
    measurement{"eie_density", "x", of_network,
                [](const evidence& e, const net_evidence& n) {
                  const double effectual = by_cycles(ternary(n.fp16)) * nonzero_operations(ternary(n.fp16));
                  const double eie = e.peers.eie.tops / (e.peers.eie.area_mm2 * area_scale(e, e.eie_node));
                  return fp16_density(e, effectual) / eie;
                }},
    measurement{"gain_over_dense", "x", of_network,
                [](const evidence&, const net_evidence& n) {
                  return by_cycles(ternary(n.fp16)) / by_cycles(ternary(n.dense));
                }},
    measurement{"gain_over_activation_skipping", "x", of_network,
                [](const evidence&, const net_evidence& n) {
                  return by_cycles(ternary(n.fp16)) / by_cycles(ternary(n.activation_skipping));
                }},
    measurement{"gain_over_weight_skipping", "x", of_network,
                [](const evidence&, const net_evidence& n) {
                  return by_cycles(ternary(n.fp16)) / by_cycles(ternary(n.weight_skipping));
                }},
    measurement{"activation_skipping_over_dense", "x", of_network,
                [](const evidence&, const net_evidence& n) {
                  return by_cycles(ternary(n.activation_skipping)) / by_cycles(ternary(n.dense));
                }},
    measurement{"weight_skipping_over_dense", "x", of_network,
                [](const evidence&, const net_evidence& n) {
                  return by_cycles(ternary(n.weight_skipping)) / by_cycles(ternary(n.dense));
                }},
    measurement{"operation_ratio_macs", "x", of_network,
                [](const evidence& e, const net_evidence& n) { return operation_ratio(e, n, 1); }},
    measurement{"operation_ratio_flop", "x", of_network,
                [](const evidence& e, const net_evidence& n) { return operation_ratio(e, n, 2); }},
    measurement{"model_ratio_fp16_ends", "x", of_machine,
                [](const evidence& e, const net_evidence&) { return bytes_ratio(e, &model_bytes::ternary_fp16); }},
    measurement{"model_ratio_fp32_ends", "x", of_machine,
                [](const evidence& e, const net_evidence&) { return bytes_ratio(e, &model_bytes::ternary_fp32); }},
    measurement{"eight_bit_products_saving", "%", of_machine,
                [](const evidence& e, const net_evidence&) {
                  return 100 * eight_bit_saving(e, e.unit_cost_node.energy.fp32.add.value);
                }},
    measurement{"eight_bit_saving", "%", of_machine,
                [](const evidence& e, const net_evidence&) {
                  return 100 * eight_bit_saving(e, e.unit_cost_node.energy.int8.add.value);
                }},
    measurement{"resnet18_convolution_forward", "ops", of_machine, resnet18_count<op::convolution, forward>},
    measurement{"resnet18_convolution_backward", "ops", of_machine, resnet18_count<op::convolution, backward>},
    measurement{"resnet18_batch_norm_forward", "ops", of_machine, resnet18_count<op::batch_norm, forward>},
    measurement{"resnet18_add_forward", "ops", of_machine, resnet18_count<op::element_wise_add, forward>},
    measurement{"resnet18_add_backward", "ops", of_machine, resnet18_count<op::element_wise_add, backward>},
    measurement{"resnet18_update", "ops", of_machine, resnet18_count<op::convolution_update, backward>},
    measurement{"resnet20_convolution_forward", "ops", of_machine, resnet20_count<op::convolution, forward>},
    measurement{"resnet20_convolution_backward", "ops", of_machine, resnet20_count<op::convolution, backward>},
    measurement{"resnet20_batch_norm_forward", "ops", of_machine, resnet20_count<op::batch_norm, forward>},
    measurement{"resnet20_add_forward", "ops", of_machine, resnet20_count<op::element_wise_add, forward>},
    measurement{"resnet20_update", "ops", of_machine, resnet20_count<op::convolution_update, backward>},
};

}  // namespace

std::span<const measurement> measurements() {
  return table;
}

const measurement* find_measurement(std::string_view name) {
  const auto* const found =
      std::find_if(table.begin(), table.end(), [&](const measurement& m) { return m.name == name; });
  return found == table.end() ? nullptr : &*found;
}

std::vector<std::string_view> measurement_names() {
  std::vector<std::string_view> names;
  names.reserve(table.size());
  for (const measurement& m : table) {
    names.push_back(m.name);
  }
  return names;
}

double flop_per_cycle(const layer_result& layer) {
  return 2 * static_cast<double>(layer.dense_macs) / static_cast<double>(layer.counters.cycles);
}

}  // namespace dlac
