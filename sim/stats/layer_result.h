#pragma once
// The facts that a run establishes about each layer and pass. Ratios are functions of the facts, so that every report
// format shows the same number.

#include <cstddef>
#include <cstdint>
#include <functional>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "sim/config/accelerator_config.h"
#include "sim/core/memory_traffic.h"
#include "sim/core/types.h"
#include "sim/numbers/operand_formats.h"
#include "sim/numbers/tensor_conversion.h"
#include "sim/stats/counters.h"

namespace dlac {

/// Non-zero elements among all elements of an operand matrix, each counted as often as the mmOp uses it.
struct operand_density {
  std::uint64_t nonzeros = 0;
  std::uint64_t elements = 0;
  [[nodiscard]] double fraction() const {
    return elements == 0 ? 0 : static_cast<double>(nonzeros) / static_cast<double>(elements);
  }
};

/// How an output agrees with what the trained network recorded (sim/reference/comparison.h).
struct recorded_figures {
  double correlation = 0;
  double largest_error = 0;
  /// That the error was held against; nothing where a coarser format than the network's own makes the difference.
  std::optional<double> tolerance = {};
};

/// What the error and the correlation are held against, in words.
std::string_view recorded_rule(const operand_formats& numbers);
/// Whether they are the floats that networks are recorded in, fp32 or fp16 throughout: outputs are held against a
/// recording only then.
bool is_held_against_recordings(const pass_formats& formats);

/// What a run compared, and how much of it: how many numbers. None of it changes a count.
struct checked_numbers {
  std::uint64_t values = 0;                   ///< outputs, bit by bit with the reference
  std::uint64_t overflowed = 0;               ///< of these: accumulators or results that are not finite
  std::uint64_t recorded = 0;                 ///< outputs, with what the trained network recorded
  std::uint64_t recorded_of = 0;              ///< numbers that the workload names to compare them with
  std::optional<recorded_figures> agreement;  ///< of the recorded ones
  std::uint64_t engines = 0;                  ///< counters, of one engine with the other
};

/// What became of numbers in their formats: of the operands, of integer sums, of the outputs.
struct number_figures {
  std::uint64_t zeros_made = 0;  ///< elements of operands that are zero only as they are held
  std::uint64_t saturated = 0;   ///< elements and sums beyond the largest or smallest number of their format
  // Signal to quantisation noise, dB; infinite without noise. Nothing where no values were there.
  std::optional<double> row_sqnr_db = {};
  std::optional<double> column_sqnr_db = {};
  std::optional<double> output_sqnr_db = {};
};

struct layer_result {
  std::string name;
  pass_kind pass = pass_kind::forward;
  block_shape block;
  tile_order order = tile_order::nt_outer;
  std::vector<std::string> epilogue;  ///< operations executed in this pass, by name, in order
  std::uint64_t mm_ops = 0;
  std::uint64_t m = 0;  ///< of the first mmOp, like n and k
  std::uint64_t n = 0;
  std::uint64_t k = 0;
  /// Of a transposed convolution: outputs that no kernel position reaches. No mmOp makes them, they are the epilogue of
  /// 0.
  std::uint64_t unreached_outputs = 0;
  /// Some of the layer's products are in no mmOp: those of padding where the pass runs in phases.
  bool has_phases = false;
  // What its operands are (contract section 2).
  tensor_role row_operand = tensor_role::activations;
  tensor_role column_operand = tensor_role::weights;
  std::uint64_t products = 0;    ///< of all mmOps, zeros and padding's included, but not those of skipped outputs
  std::uint64_t outputs = 0;     ///< m * n of all mmOps
  std::uint64_t dense_macs = 0;  ///< of the layer, the same in every pass
  std::uint64_t effectual_macs = 0;
  operand_density row;
  operand_density column;
  std::uint32_t lanes = 1;  ///< L: products per cycle and PE in this pass
  pass_formats formats;
  layer_counters counters;
  memory_traffic traffic;  ///< zero with ideal memory
  /// The same mmOps, blocks and memory on the dense machine: it skips nothing.
  layer_counters dense;
  number_figures numbers;
  std::uint32_t part_pairs = 1;        ///< steps for every k: 2 or 4 where operands have parts
  std::uint64_t slice_operations = 0;  ///< that take the sums of slices into accumulators, by the shapes
  std::uint64_t requantised = 0;       ///< outputs that a requantising pass read and wrote again
  std::uint64_t model_bits = 0;        ///< of the layer's weights, scales and biases, as they are held
  checked_numbers checked;
};

/// What the dense machine makes of a layer: it moves the same bytes.
layer_result on_dense_machine(layer_result layer);

/// What a layer and pass takes, pJ. The rule is models/energy.h's; whoever knows a technology table hands it down to
/// what chooses by it.
using layer_energy = std::function<double(const layer_result&)>;
/// Of a functional run: what it began with, and what came out.
struct functional_figures {
  std::string image;                   ///< where it comes from, in words
  std::string output;                  ///< the layer or node whose output is the result
  std::vector<std::uint64_t> largest;  ///< of each image the place of the largest, where the result is a vector
};

struct network_result {
  std::string engine;  ///< that counted: "fast" or "systemc"
  run_kind kind = run_kind::forward;
  std::vector<layer_result> layers;
  /// Of a run that was interrupted: how many layers and passes it would have had.
  std::optional<std::size_t> planned = {};
  std::optional<functional_figures> functional = {};
};

/// "3 of 37" layers and passes, of an interrupted run.
std::string partial_text(const network_result& result);

/// What is derived from the counts of one layer, or of several together. FLOP = 2 x MAC.
struct performance {
  double flop_per_cycle = 0;              ///< dense-equivalent
  double effectual_flop_per_cycle = 0;    ///< products of two non-zero operands only
  double share_of_peak = 0;               ///< dense MACs at the peak of all lanes; above 1 where skipping beats it
  double speedup_over_dense_machine = 0;  ///< against the same machine skipping nothing
  double lane_utilisation = 0;            ///< effectual MACs per lane and cycle
  double operations_density = 0;          ///< effectual MACs / dense MACs
  double latency_ms = 0;
  double tflops = 0;  ///< dense-equivalent
};

/// A mean of decibels over the layers where some noise was measured.
struct mean_decibels {
  double sum = 0;
  std::uint64_t layers = 0;

  void add(const std::optional<double>& sqnr_db);
  /// Nothing where none was.
  [[nodiscard]] std::optional<double> mean() const;
};

/// What became of numbers in several layers.
struct number_sums {
  std::uint64_t zeros_made = 0;
  std::uint64_t saturated = 0;
  mean_decibels row_sqnr_db;
  mean_decibels column_sqnr_db;
  mean_decibels output_sqnr_db;

  void add(const number_figures& layer);
};

/// Sums over layers: the cycles they take one after the other.
struct totals {
  cycle dense_machine_cycles = 0;
  std::uint64_t dense_macs = 0;
  std::uint64_t effectual_macs = 0;
  std::uint64_t mm_ops = 0;
  std::uint64_t model_bytes = 0;  ///< of the layers whose forward pass is among them
  number_sums numbers;
  double dense_cycles = 0;  ///< dense MACs at peak of each layer's lanes
  double lane_cycles = 0;   ///< lanes x cycles, over all PEs
  layer_counters counters;
  memory_traffic traffic;

  void add(const layer_result& layer, const accelerator_config& config);
  [[nodiscard]] performance derive(const accelerator_config& config) const;
};

performance derive_performance(const layer_result& layer, const accelerator_config& config);

/// check_invariants of its counters, and: effectual MACs never exceed the issued products nor the dense MACs, and
/// issued products never exceed those of the mmOps; with skip "both" they are the effectual MACs, with "none" all
/// products of the mmOps. Of operands with parts there are up to as many products as pairs of parts. Every output goes
/// through every pointwise operation once, and out, and what ends slices through each of them. The cycles are enough
/// for the lanes to multiply what was issued, and for each channel of a finite memory to carry its bytes. Throws
/// simulation_error. `keeps_bandwidth`: whether the memory that was simulated has the config's bandwidth; of another
/// one's channels nothing is known.
void check_invariants(const layer_result& layer, const accelerator_config& config, bool keeps_bandwidth = true);

}  // namespace dlac
