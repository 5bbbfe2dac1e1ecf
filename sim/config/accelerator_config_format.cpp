#include "sim/config/accelerator_config_format.h"

#include <cmath>
#include <cstdint>
#include <utility>

#include "sim/numbers/operand_formats_json.h"

namespace dlac {
namespace {

// Limits far above any machine that could be built, and low enough that no count of a layer overflows 64 bits.
constexpr std::uint64_t most_grid_rows_or_cols = 1024;
constexpr std::uint64_t most_units_per_pe = 1024;
constexpr std::uint64_t widest_drain = 65536;
constexpr std::uint64_t largest_buffer_bytes = std::uint64_t{1} << 40U;
constexpr double narrowest_channel_bytes = 0.001;
constexpr double widest_channel_bytes = 1 << 20;
constexpr std::uint64_t longest_latency_cycles = std::uint64_t{1} << 32U;

json_format<grid_shape> grid_format() {
  const auto side = integer_format<std::uint32_t>(1, most_grid_rows_or_cols);
  return object_format<grid_shape>("The grid of processing elements (PEs).")
      .required("rows", &grid_shape::rows, side, "PE rows; they carry the rows m of the matrix product.")
      .required("cols", &grid_shape::cols, side, "PE columns; they carry the columns n of the matrix product.")
      .format();
}

json_format<pe_config> pe_format() {
  return object_format<pe_config>("One processing element.")
      .required("fma_units", &pe_config::fma_units, integer_format<std::uint32_t>(1, most_units_per_pe),
                "Fused multiply-add units.")
      .required("adders", &pe_config::adders, integer_format<std::uint32_t>(0, most_units_per_pe),
                "Extra adders, used beside the FMA units by ternary products and by pointwise operations other than "
                "mul-add.")
      .required("output_buffers", &pe_config::output_buffers, integer_format<std::uint32_t>(1, most_units_per_pe),
                "Accumulators per bank: the largest block of outputs that a PE holds.")
      .required("output_banks", &pe_config::output_banks, integer_format<std::uint32_t>(1, 2),
                "Banks of accumulators; with 2, draining overlaps the next tile.")
      .required("operand_queue_depth", &pe_config::operand_queue_depth,
                integer_format<std::uint32_t>(1, most_units_per_pe), "Depth of each operand queue, in steps.")
      .format();
}

/// A decimal with at most three places is read without loss: the reader gives the double that is nearest to it, and so
/// does the division by which it is found again.
json_format<bandwidth> bandwidth_format() {
  auto number = decimal_format(narrowest_channel_bytes, widest_channel_bytes);
  const auto expected = number.expected + ", with at most three decimal places";
  return {.expected = expected,
          .schema = std::move(number.schema),
          .read =
              [=](const json_value& value) {
                const double bytes = value.raw().is_number() ? value.raw().get<double>() : 0;
                if (!(bytes >= narrowest_channel_bytes && bytes <= widest_channel_bytes)) {
                  value.fail(expected);
                }
                const auto exact = bandwidth::of_thousandths(static_cast<std::uint64_t>(std::llround(1000 * bytes)));
                if (exact.value() != bytes) {
                  value.fail(expected);
                }
                return exact;
              },
          .write = [](const bandwidth& value) { return to_json(value); }};
}

json_format<memory_config> memory_format() {
  return object_format<memory_config>("Off-chip memory.")
      .required("bytes_per_cycle", &memory_config::bytes_per_cycle, bandwidth_format(),
                "Bytes per cycle, each way; at most three decimal places.")
      .required("latency_cycles", &memory_config::latency_cycles,
                integer_format<std::uint64_t>(0, longest_latency_cycles), "Latency of a read, in cycles.")
      .required("compression", &memory_config::feature_map_compression,
                enum_format<compression>({compression::none, compression::bitmap}),
                "Compression of feature-map chunks: none, or a bit mask and the non-zero elements.")
      .format();
}

/// "auto", or [m, n].
json_format<std::optional<block_shape>> block_format() {
  auto pair = pair_format(&block_shape::m, &block_shape::n, 1, most_units_per_pe);
  const std::string expected = "\"auto\" or [m, n], " + pair.expected;
  return auto_or_format(std::move(pair), expected, &json_value::is_array);
}

json_format<mapping_config> mapping_format() {
  return object_format<mapping_config>("How a layer is cut into tiles.")
      .defaulted("block", &mapping_config::block, block_format(),
                 "Outputs that a PE holds in a tile: m positions by n channels, at most pe.output_buffers in all.")
      .defaulted("order", &mapping_config::order,
                 auto_or_enum_format<tile_order>({tile_order::nt_outer, tile_order::mt_outer}),
                 "Which of the two tile indices varies slowest.")
      .defaulted("objective", &mapping_config::objective,
                 enum_format<mapping_objective>({mapping_objectives.begin(), mapping_objectives.end()}),
                 "What a block and an order that are auto make as small as they can: cycles, energy, or the product of "
                 "the two.")
      .format();
}

accelerator_config defaults() {
  accelerator_config config;
  config.technology = "14nm";
  return config;
}

json_format<accelerator_config> make_accelerator_config_format() {
  using config = accelerator_config;
  const auto buffer = integer_format<std::uint64_t>(1, largest_buffer_bytes);
  return object_format<config>("An accelerator of the DLAC family.", defaults())
      .required("name", &config::name, text_format(), "Name of the config, for reports.")
      .required("mode", &config::mode, enum_format<machine_mode>({machine_modes.begin(), machine_modes.end()}),
                "Number format: fp32 throughout, or fp16 operands and accumulation.")
      .omittable("numbers", &config::given, on_demand("an object", numbers_json),
                 "Number formats in place of the mode's.")
      .required("clock_mhz", &config::clock_mhz, decimal_format(1, 100000), "Clock frequency, MHz.")
      .required("grid", &config::grid, grid_format(), "The grid of processing elements (PEs).")
      .required("pe", &config::pe, pe_format(), "One processing element.")
      .required("skip", &config::skip, enum_format<skip_mode>({skip_modes.begin(), skip_modes.end()}),
                "Which zeros are skipped: none is a dense machine, both is DLAC.")
      .defaulted("skip_outputs", &config::skip_outputs, boolean_format(),
                 "Whether backward-data leaves out the outputs that ReLU's derivative turns into zeros.")
      .required("drain_elements_per_cycle", &config::drain_elements_per_cycle,
                integer_format<std::uint32_t>(1, widest_drain), "Outputs that leave a grid row per cycle.")
      .required("weight_buffer_bytes", &config::weight_buffer_bytes, buffer, "Weight buffer, bytes.")
      .required("feature_map_buffer_bytes", &config::feature_map_buffer_bytes, buffer,
                "Input feature-map buffer, bytes.")
      .defaulted("memory", &config::memory, nullable_format(memory_format()),
                 "Off-chip memory; null is ideal memory, whose operands are there when they are wanted.")
      .defaulted("mapping", &config::mapping, mapping_format(), "How a layer is cut into tiles.")
      .defaulted("technology", &config::technology, text_format(),
                 "Table of area and energy: the name of a shipped one, or the path of a file.")
      .format();
}

}  // namespace

nlohmann::ordered_json to_json(const bandwidth& bytes_per_cycle) {
  const auto thousandths = bytes_per_cycle.thousandths;
  return thousandths % 1000 == 0 ? nlohmann::ordered_json(thousandths / 1000)
                                 : nlohmann::ordered_json(bytes_per_cycle.value());
}

const json_format<accelerator_config>& accelerator_config_format() {
  static const json_format<accelerator_config> format = make_accelerator_config_format();
  return format;
}

}  // namespace dlac
