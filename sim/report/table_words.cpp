#include "sim/report/table_words.h"

#include <array>

namespace dlac {
namespace {

// clang-format off
constexpr std::array columns = {
    table_word{"layer", "", "name"},
    table_word{"pass", "", "pass", "", "", "fwd: forward, dX: backward-data, dW: backward-weight."},
    table_word{"block", "", "block"},
    table_word{"cycles", "", "cycles"},
    table_word{"dense", column_groups::speed, "flop_per_cycle"},
    table_word{"eff.", column_groups::speed, "effectual_flop_per_cycle"},
    table_word{"peak", column_groups::times, "share_of_peak"},
    table_word{"dense", column_groups::times, "speedup_over_dense_machine"},
    table_word{"ops", column_groups::nonzeros, "density.operations", "100 x density.operations", "%"},
    table_word{"act", column_groups::nonzeros, "density.row", "100 x density.row", "%", "In a forward run, the activations."},
    table_word{"wgt", column_groups::nonzeros, "density.column", "100 x density.column", "%", "In a forward run, the weights."},
    table_word{"rows", column_groups::nonzeros, "density.row", "100 x density.row", "%",
               "In a training step: activations, in dX gradients."},
    table_word{"cols", column_groups::nonzeros, "density.column", "100 x density.column", "%",
               "In a training step: weights, in dW gradients."},
    table_word{"busy", column_groups::pe_cycles, "pe_cycle_parts.busy", "100 x pe_cycle_parts.busy / (R x C x cycles)", "%"},
    table_word{"mem", column_groups::pe_cycles, "pe_cycle_parts.memory", "100 x pe_cycle_parts.memory / (R x C x cycles)", "%"},
    table_word{"neigh", column_groups::pe_cycles, "pe_cycle_parts.neighbour", "100 x pe_cycle_parts.neighbour / (R x C x cycles)", "%"},
    table_word{"barr", column_groups::pe_cycles, "pe_cycle_parts.barrier", "100 x pe_cycle_parts.barrier / (R x C x cycles)", "%"},
    table_word{"pt", column_groups::pe_cycles, "pe_cycle_parts.pt", "100 x pe_cycle_parts.pt / (R x C x cycles)", "%"},
    table_word{"drn", column_groups::pe_cycles, "pe_cycle_parts.drain", "100 x pe_cycle_parts.drain / (R x C x cycles)", "%"},
    table_word{"inact", column_groups::pe_cycles, "pe_cycle_parts.inactive", "100 x pe_cycle_parts.inactive / (R x C x cycles)", "%"},
    table_word{"req", column_groups::pe_cycles, "pe_cycle_parts.requantise", "100 x pe_cycle_parts.requantise / (R x C x cycles)", "%",
               "Only where a layer is requantised."},
    table_word{"uJ", "", "energy_pj.total", "energy_pj.total / 10^6", "uJ", "Memory included."},
};

constexpr std::array lines = {
    table_word{"machine", "", "", "", "", "Name of the config and what --set changed in it, mode, and which zeros are skipped."},
    table_word{"PEs", "", "", "", "", "Rows x columns of the grid, and the lanes L of a PE: products per cycle."},
    table_word{"clock", "", "", "", "", "clock_mhz of the config."},
    table_word{"workload", "", "", "", "", "Name of the network, images in a batch, and the pass that was run."},
    table_word{"files", "", "", "", "",
               "Workload, config and technology table, as they were given; and DLAC_DATA, if shipped ones came from there."},
    table_word{"engine", "", "", "", "", "Engine that counted the cycles: fast or systemc."},
    table_word{"numbers", "", "", "", "",
               "Number formats, where config or workload say other ones than the mode's, and what became of numbers."},
    table_word{"memory", "", "", "", "", "Off-chip memory of the config, and traffic_bytes of the run in MB."},
    table_word{"cycles", "", "cycles"},
    table_word{"latency", "", "latency_ms"},
    table_word{"throughput", "", "tflops", "", "", "With images_per_second."},
    table_word{"area", "", "area_mm2.total", "", "", "With tflops_per_mm2 and the technology table."},
    table_word{"energy", "", "energy_mj", "", "",
               "Apart: on the chip, with the largest of its parts in %, and off it (energy_pj.off_chip)."},
    table_word{"power", "", "average_power_w", "", "", "With tflops_per_w and energy_delay_mj_ms."},
    table_word{"dense", "", "dense_machine.cycles", "", "", "With dense_machine.energy_pj, less what is off the chip."},
    table_word{"nodes", "", "", "", "",
               "Of a graph: pooling and others that ride along with the traffic of layers, free of cost, and their outputs (without_cycles)."},
    table_word{"host", "", "", "", "", "Of a graph: what is not on this machine, and its outputs (not_on_this_machine)."},
    table_word{"functional", "", "", "", "",
               "Of --functional: where the image comes from, whose output is the result, and the place of its largest number."},
    table_word{"recordings", "", "", "", "", "The tolerance of recorded outputs, where some were compared."},
    table_word{"checked", "", "", "", "",
               "Sums of checked.values and checked.engines; and of the layers with a recording, those that were compared."},
    table_word{"note", "", "notes", "", "", "With the names of the layers."},
};
// clang-format on

}  // namespace

std::span<const table_word> table_columns() {
  return columns;
}

std::span<const table_word> table_lines() {
  return lines;
}

}  // namespace dlac
