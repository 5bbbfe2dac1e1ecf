#pragma once
// What the figures are measured on: simulations of two networks on several machines, with the fast engine, and the
// areas, technologies and operation counts that need none.

#include <string>
#include <vector>

#include "models/technology.h"
#include "sim/config/accelerator_config.h"
#include "sim/engine/network_run.h"
#include "sim/stats/layer_result.h"
#include "sim/validation/figure.h"
#include "sim/workload/operation_counts.h"

namespace dlac {

/// One network's convolutions on all machines. Ideal memory, automatic blocks, nothing tuned per layer.
struct network_evidence {
  std::vector<layer_result> fp32;      ///< forward, on the 512 FP units
  std::vector<layer_result> backward;  ///< both backward passes there; a training step of its own
  std::vector<layer_result> fp16;      ///< forward, on the 256 FP units and 256 adders
  std::vector<layer_result> dense;     ///< there, skipping nothing
  std::vector<layer_result> activation_skipping;
  std::vector<layer_result> weight_skipping;
};

/// The paper's profile with one of its numbers changed: what hangs on an input that the paper does not print.
struct profile_variant {
  std::string name;
  network_evidence results;  ///< fp32 only
};

struct evidence {
  published_peers peers;
  accelerator_config fp32;
  accelerator_config fp16;
  double fp32_area_mm2 = 0;
  double fp16_area_mm2 = 0;
  technology own_node;        ///< of both machines
  technology unit_cost_node;  ///< 45 nm, of the published unit costs
  technology dadiannao_node;
  technology eie_node;
  network_operations resnet34;
  network_operations resnet18_full;
  network_operations resnet18_cifar_stem;
  network_operations resnet20;
  network_evidence paper_profile;  ///< workloads/paper-resnet34.json
  network_evidence trained;        ///< workloads/resnet34.json; backward: resnet34-training.json
  std::vector<profile_variant> variants;
};

/// Runs everything, on shipped files, on `jobs` threads. `user` is the file that named the peers' technologies.
evidence gather_evidence(const published_peers& peers, const std::string& user, unsigned jobs,
                         const progress_callback& progress);

}  // namespace dlac
