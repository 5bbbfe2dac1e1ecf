#include "sim/validation/evidence.h"

#include <fmt/format.h>

#include <array>
#include <utility>
#include <variant>

#include "models/area.h"
#include "sim/data/shipped_files.h"

namespace dlac {
namespace {

struct simulation {
  const char* workload;
  const char* config;
  run_kind kind;
  network_evidence evidence::*network;
  std::vector<layer_result> network_evidence::*result;
};

constexpr const char* fp32_config = "paper-fp32-training";
constexpr const char* fp16_config = "paper-fp16-inference";
constexpr const char* dense_config = "peer-dense";
constexpr const char* activation_config = "peer-activation-skipping";
constexpr const char* weight_config = "peer-weight-skipping";
constexpr const char* paper_workload = "paper-resnet34";
constexpr const char* trained_workload = "resnet34";
constexpr const char* training_workload = "resnet34-training";

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

accelerator_config shipped_config(const char* name) {
  return read_accelerator_config(shipped_file(shipped_kind::config, name));
}

network shipped_network(const char* name) {
  return read_network(shipped_file(shipped_kind::workload, name));
}

std::vector<layer_result> simulate_convolutions(const network& net, const accelerator_config& config, run_kind kind,
                                                unsigned jobs) {
  std::vector<const layer*> convolutions;
  for (const layer& l : net.layers) {
    if (l.type == layer_type::conv2d) {
      convolutions.push_back(&l);
    }
  }
  const operand_provider operands(net, std::nullopt, config.numbers());
  std::vector<layer_result> results =
      run_layers(config, net, convolutions, operands, {.engine = by_fast_engine{jobs}, .kind = kind}).layers;
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

evidence gather_evidence(const published_peers& peers, const std::string& user, unsigned jobs,
                         const progress_callback& progress) {
  evidence found;
  found.peers = peers;
  found.fp32 = shipped_config(fp32_config);
  found.fp16 = shipped_config(fp16_config);
  const auto table = [](const std::string& word, const std::string& file, std::string_view pointer) {
    return read_technology(find_file(shipped_kind::technology, word, in_file(file, pointer)));
  };
  found.own_node = table(found.fp32.technology, shipped_file(shipped_kind::config, fp32_config), "/technology");
  found.unit_cost_node = read_technology(shipped_file(shipped_kind::technology, "45nm"));
  found.dadiannao_node = table(peers.dadiannao.node, user, "/peers/dadiannao/node");
  found.eie_node = table(peers.eie.node, user, "/peers/eie/node");
  found.fp32_area_mm2 = area_of(found.fp32, found.own_node).total();
  found.fp16_area_mm2 = area_of(found.fp16, found.own_node).total();
  const auto operations = [&](const char* name) { return count_operations(shipped_network(name)); };
  found.resnet34 = operations(paper_workload);
  found.resnet18_full = operations("resnet18-full");
  found.resnet18_cifar_stem = operations("resnet18-cifar-stem");
  found.resnet20 = operations("resnet20");
  const std::size_t all = simulations.size() + profile_changes.size();
  std::size_t done = 0;
  for (const simulation& s : simulations) {
    progress(done++, all, fmt::format("{} on {}", s.workload, s.config));
    found.*s.network.*s.result =
        simulate_convolutions(shipped_network(s.workload), shipped_config(s.config), s.kind, jobs);
  }
  const network profile = shipped_network(paper_workload);
  for (const profile_change& change : profile_changes) {
    progress(done++, all, fmt::format("{}, {}", paper_workload, change.name));
    profile_variant variant{.name = change.name, .results = {}};
    variant.results.fp32 = simulate_convolutions(changed(profile, change), found.fp32, run_kind::forward, jobs);
    found.variants.push_back(std::move(variant));
  }
  return found;
}

}  // namespace dlac
