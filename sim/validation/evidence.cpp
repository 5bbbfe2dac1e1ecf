#include "sim/validation/evidence.h"

#include <fmt/format.h>

#include <array>
#include <utility>
#include <variant>

#include "models/area.h"

namespace dlac {
namespace {

struct simulation {
  const char* workload;
  const char* config;
  run_kind kind;
  network_evidence evidence::*network;
  std::vector<layer_result> network_evidence::*result;
};

constexpr const char* fp32_config = "configs/paper-fp32-training.json";
constexpr const char* fp16_config = "configs/paper-fp16-inference.json";
constexpr const char* dense_config = "configs/peer-dense.json";
constexpr const char* activation_config = "configs/peer-activation-skipping.json";
constexpr const char* weight_config = "configs/peer-weight-skipping.json";
constexpr const char* paper_workload = "workloads/paper-resnet34.json";
constexpr const char* trained_workload = "workloads/resnet34.json";
constexpr const char* training_workload = "workloads/resnet34-training.json";

constexpr auto paper = &evidence::paper_profile;
constexpr auto trained = &evidence::trained;

/// A training step's forward pass is thrown away where the network has forward runs of its own.
constexpr std::array simulations = {
    simulation{paper_workload, fp32_config, run_kind::forward, paper, &network_evidence::fp32},
    simulation{paper_workload, fp32_config, run_kind::training, paper, &network_evidence::backward},
    simulation{paper_workload, fp16_config, run_kind::forward, paper, &network_evidence::fp16},
    simulation{paper_workload, dense_config, run_kind::forward, paper, &network_evidence::dense},
    simulation{paper_workload, activation_config, run_kind::forward, paper, &network_evidence::activation_skipping},
    simulation{paper_workload, weight_config, run_kind::forward, paper, &network_evidence::weight_skipping},
    simulation{trained_workload, fp32_config, run_kind::forward, trained, &network_evidence::fp32},
    simulation{training_workload, fp32_config, run_kind::training, trained, &network_evidence::backward},
    simulation{trained_workload, fp16_config, run_kind::forward, trained, &network_evidence::fp16},
    simulation{trained_workload, dense_config, run_kind::forward, trained, &network_evidence::dense},
    simulation{trained_workload, activation_config, run_kind::forward, trained, &network_evidence::activation_skipping},
    simulation{trained_workload, weight_config, run_kind::forward, trained, &network_evidence::weight_skipping},
};

std::vector<layer_result> simulate_convolutions(const network& net, const accelerator_config& config, run_kind kind,
                                                unsigned jobs) {
  std::vector<const layer*> convolutions;
  for (const layer& l : net.layers) {
    if (l.type == layer_type::conv2d) {
      convolutions.push_back(&l);
    }
  }
  const operand_provider operands(net, std::nullopt, config.mode);
  std::vector<layer_result> results;
  run_layers(
      config, convolutions, operands, {.kind = kind, .jobs = jobs}, [](std::size_t, std::size_t, const std::string&) {},
      [&](layer_result r) { results.push_back(std::move(r)); });
  if (kind == run_kind::training) {
    std::erase_if(results, [](const layer_result& r) { return r.pass == pass_kind::forward; });
  }
  return results;
}

struct profile_change {
  const char* name;
  void (*change)(synthetic_source& activations);
};

constexpr std::array profile_changes = {
    profile_change{"activations 10 % denser", [](synthetic_source& s) { s.density *= 1.1; }},
    profile_change{"activations 10 % sparser", [](synthetic_source& s) { s.density *= 0.9; }},
    profile_change{"cluster 0.5", [](synthetic_source& s) { s.cluster = 0.5; }},
    profile_change{"cluster 1", [](synthetic_source& s) { s.cluster = 1; }},
    profile_change{"channel_spread 0.3", [](synthetic_source& s) { s.channel_spread = 0.3; }},
    profile_change{"channel_spread 0.9", [](synthetic_source& s) { s.channel_spread = 0.9; }},
};

network changed(network net, const profile_change& change) {
  for (layer& l : net.layers) {
    if (auto* const source = std::get_if<synthetic_source>(&l.operands.activations)) {
      change.change(*source);
    }
  }
  return net;
}

}  // namespace

evidence gather_evidence(const published_peers& peers, const std::string& user, const path_finder& path_of,
                         unsigned jobs, const progress_callback& progress) {
  evidence found;
  found.peers = peers;
  found.fp32 = read_accelerator_config(path_of(fp32_config));
  found.fp16 = read_accelerator_config(path_of(fp16_config));
  const std::string tables = path_of("models/technology");
  found.own_node = read_technology(found.fp32.technology, tables, fp32_config, "/technology");
  found.unit_cost_node = read_technology("45nm", tables, user, "");
  found.dadiannao_node = read_technology(peers.dadiannao.node, tables, user, "/peers/dadiannao/node");
  found.eie_node = read_technology(peers.eie.node, tables, user, "/peers/eie/node");
  found.fp32_area_mm2 = area_of(found.fp32, found.own_node).total();
  found.fp16_area_mm2 = area_of(found.fp16, found.own_node).total();
  const auto operations = [&](const char* name) { return count_operations(read_network(path_of(name))); };
  found.resnet34 = operations(paper_workload);
  found.resnet18_full = operations("workloads/resnet18-full.json");
  found.resnet18_cifar_stem = operations("workloads/resnet18-cifar-stem.json");
  found.resnet20 = operations("workloads/resnet20.json");
  const std::size_t all = simulations.size() + profile_changes.size();
  std::size_t done = 0;
  for (const simulation& s : simulations) {
    progress(done++, all, fmt::format("{} on {}", s.workload, s.config));
    found.*s.network.*s.result = simulate_convolutions(read_network(path_of(s.workload)),
                                                       read_accelerator_config(path_of(s.config)), s.kind, jobs);
  }
  const network profile = read_network(path_of(paper_workload));
  for (const profile_change& change : profile_changes) {
    progress(done++, all, fmt::format("{}, {}", paper_workload, change.name));
    profile_variant variant{.name = change.name, .results = {}};
    variant.results.fp32 = simulate_convolutions(changed(profile, change), found.fp32, run_kind::forward, jobs);
    found.variants.push_back(std::move(variant));
  }
  return found;
}

}  // namespace dlac
