#pragma once
// The accelerator as the simulator sees it: a validated value, units in the names. Reading, checking and writing
// JSON happens in this folder only; no other module sees JSON settings.

#include <array>
#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include <nlohmann/json_fwd.hpp>

#include "sim/core/types.h"
#include "sim/numbers/operand_formats.h"

namespace dlac {

struct pe_config {
  std::uint32_t fma_units = 0;            ///< F of the contract
  std::uint32_t adders = 0;               ///< G: extra adders, used by ternary products and by pointwise adds
  std::uint32_t output_buffers = 0;       ///< B: accumulators per bank
  std::uint32_t output_banks = 0;         ///< 1, or 2: draining overlaps the next tile
  std::uint32_t operand_queue_depth = 0;  ///< D, in steps
};

/// How feature-map chunks travel (contract section 7): as they are, or as a bit mask and the non-zero elements.
enum class compression { none, bitmap };
std::string_view to_string(compression kind);

/// Off-chip memory; a config without one has ideal memory (every operand is there when it is wanted).
struct memory_config {
  bandwidth bytes_per_cycle;  ///< each way
  std::uint64_t latency_cycles = 0;
  compression feature_map_compression = compression::none;
};

/// What "auto" makes as small as it can: cycles, energy, or their product.
enum class mapping_objective { cycles, energy, energy_delay };
/// Every one: what the config may say.
inline constexpr std::array mapping_objectives = {mapping_objective::cycles, mapping_objective::energy,
                                                  mapping_objective::energy_delay};
std::string_view to_string(mapping_objective objective);

/// A fixed choice, or nothing for "auto".
struct mapping_config {
  std::optional<block_shape> block;
  std::optional<tile_order> order;
  mapping_objective objective = mapping_objective::cycles;
};

struct accelerator_config {
  std::string name;
  machine_mode mode = machine_mode::fp16_inference;
  std::optional<given_numbers> given;  ///< number formats in place of the mode's
  double clock_mhz = 0;
  grid_shape grid;
  pe_config pe;
  skip_mode skip = skip_mode::both;
  bool skip_outputs = false;                   ///< backward-data computes only what ReLU's derivative does not zero
  std::uint32_t drain_elements_per_cycle = 0;  ///< P: per grid row
  std::uint64_t weight_buffer_bytes = 0;
  std::uint64_t feature_map_buffer_bytes = 0;
  std::optional<memory_config> memory;
  mapping_config mapping;
  std::string technology;

  /// The formats of the machine's numbers, and of those in a pass of a layer with these weights. A layer may have
  /// numbers of its own.
  [[nodiscard]] operand_formats numbers(const given_numbers* of_layer = nullptr) const;
  [[nodiscard]] pass_formats formats(pass_kind pass, weight_format weights,
                                     const given_numbers* of_layer = nullptr) const {
    return formats_of(numbers(of_layer), pass, weights);
  }
  /// L of the contract: products of such operands that a PE retires per cycle.
  [[nodiscard]] std::uint32_t lanes(const pass_formats& operands) const {
    return pe.fma_units + (operands.adds_only() ? pe.adders : 0);
  }
  [[nodiscard]] std::uint64_t processing_elements() const { return std::uint64_t{grid.rows} * grid.cols; }
};

/// What a machine's units, queues, buses and accumulators are built for: the largest that it can be asked for. Those
/// are its own numbers in the passes that it runs, and the formats that layers may use.
struct built_formats {
  std::vector<pass_formats> passes;  ///< of its own numbers, and of each listed format by itself
  std::uint32_t row_bits = 0;        ///< of the widest operand
  std::uint32_t column_bits = 0;
  std::uint32_t accumulator_bits = 0;
  std::uint32_t slice_bits = 0;  ///< of the integer beside each accumulator, in which codes of a slice are summed up
};
built_formats formats_built_for(const accelerator_config& config);

/// Throws input_error where a layer's numbers are none that the config lists, or cannot be multiplied. `file` and
/// `place` name the layer.
void check_layer_numbers(const accelerator_config& config, const given_numbers& of_layer, weight_format weights,
                         const std::string& file, const std::string& place);

/// Reads and checks `path`, after `KEY=VALUE` overrides ("grid.rows=4"; the value is JSON, or a bare string; `null`
/// removes the key). The number formats of the file `numbers`, where one is given, stand in place of the config's.
/// Throws input_error.
accelerator_config read_accelerator_config(const std::string& path, std::span<const std::string> overrides = {},
                                           const std::optional<std::string>& numbers = {});

/// A file of number formats: the value of a config's "numbers". Ranges that it names are not read. Throws input_error.
given_numbers read_numbers_file(const std::string& path);
/// As a config has it. A path of ranges that started at the folder of the file starts at the root.
nlohmann::ordered_json to_json(const given_numbers& numbers);

/// As the config has it: a whole number is written without a fraction.
nlohmann::ordered_json to_json(const bandwidth& bytes_per_cycle);

/// The effective config, complete: reading it back gives the same config.
nlohmann::ordered_json to_json(const accelerator_config& config);

/// JSON Schema (2020-12) of the config file.
nlohmann::ordered_json accelerator_config_schema();

}  // namespace dlac
