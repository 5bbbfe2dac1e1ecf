// The area model: its calibration, by hand and solved again from the two published totals, and its properties.

#include "models/area.h"

#include <doctest/doctest.h>

#include <string>
#include <vector>

#include "sim/config/accelerator_config.h"

namespace dlac {
namespace {

using settings = std::vector<std::string>;

technology table_of(const std::string& name = "14nm") {
  return read_technology(DLAC_SOURCE_DIR "/models/technology/" + name + ".json");
}

accelerator_config inference(const settings& changes = {}) {
  return read_accelerator_config(DLAC_SOURCE_DIR "/configs/dlac-fp16-inference.json", changes);
}

accelerator_config training(const settings& changes = {}) {
  return read_accelerator_config(DLAC_SOURCE_DIR "/configs/dlac-fp32-training.json", changes);
}

double mm2(const accelerator_config& config) {
  return area_of(config, table_of()).total();
}

TEST_CASE("area: the shipped table gives the two published areas") {
  CHECK(mm2(training()) == doctest::Approx(2.2).epsilon(1e-5));
  CHECK(mm2(inference()) == doctest::Approx(1.09).epsilon(1e-5));
}

TEST_CASE("area: the calibrated numbers are what the published totals give, solved again here") {
  technology units = table_of();
  units.area.storage_bit.value = 0;
  units.area.buffer_bit.value = 0;
  units.area.scheduler.value = 0;
  const auto bits_of = [](const accelerator_config& config) {
    const storage_bits bits = storage_of(config);
    return static_cast<double>(bits.registers() + bits.buffers());
  };
  // The machines have equally many PEs, so the control cancels in the difference of their areas.
  const double rest_training = (2.2 - area_of(training(), units).total()) * 1e6;
  const double rest_inference = (1.09 - area_of(inference(), units).total()) * 1e6;
  const double storage_bit = (rest_training - rest_inference) / (bits_of(training()) - bits_of(inference()));
  const double scheduler = (rest_training - bits_of(training()) * storage_bit) / 128;
  const technology shipped = table_of();
  CHECK(shipped.area.storage_bit.value == doctest::Approx(storage_bit).epsilon(1e-5));
  CHECK(shipped.area.buffer_bit.value == shipped.area.storage_bit.value);
  CHECK(shipped.area.scheduler.value == doctest::Approx(scheduler).epsilon(1e-5));
  CHECK(shipped.area.storage_bit.kind == number_kind::calibrated);
  CHECK(shipped.area.buffer_bit.kind == number_kind::calibrated);
  CHECK(shipped.area.scheduler.kind == number_kind::calibrated);
}

TEST_CASE("area: parts by hand") {
  const area_breakdown area = area_of(training(), table_of());
  CHECK(area[area_part::fma_units] == doctest::Approx(512 * (7700 + 4184) * 0.17e-6).epsilon(1e-5));
  CHECK(area[area_part::adders] == 0);
  // Bits: 2 banks of 32 outputs; 4 entries of 8 + 8 elements; 8 x 8 + 16 x 8 on buses and 8 x 8 on the drain.
  const storage_bits bits = storage_of(training());
  CHECK(bits.output_buffers == 128 * 2 * 32 * 32);
  CHECK(bits.operand_queues == 128 * 4 * (8 + 8) * 32);
  CHECK(bits.drain_and_broadcast == (8 * 8 + 16 * 8 + 8 * 8) * 32);
  CHECK(bits.weight_buffer == 65536 * 8);
  CHECK(area[area_part::output_buffers] == doctest::Approx(262144 * 0.335679e-6).epsilon(1e-5));

  const area_breakdown half = area_of(inference(), table_of());
  CHECK(half[area_part::fma_units] == doctest::Approx(256 * (1640 + 1360) * 0.17e-6).epsilon(1e-5));
  CHECK(half[area_part::adders] == doctest::Approx(256 * 1360 * 0.17e-6).epsilon(1e-5));
  CHECK(half[area_part::scheduler_and_control] == area[area_part::scheduler_and_control]);
}

TEST_CASE("area: the queues are as wide as the block, or as the long side of one of B outputs") {
  const auto lengths = [](const settings& changes) { return vector_lengths(inference(changes)); };
  CHECK(lengths({}) == block_shape{8, 8});
  CHECK(lengths({"mapping.block=[4,8]"}) == block_shape{4, 8});
  CHECK(lengths({"pe.output_buffers=1"}) == block_shape{2, 2});
  CHECK(lengths({"pe.output_buffers=2"}) == block_shape{2, 2});
  CHECK(lengths({"pe.output_buffers=33"}) == block_shape{9, 9});
  CHECK(lengths({"pe.output_buffers=1024"}) == block_shape{46, 46});
  CHECK(storage_of(inference({"mapping.block=[4,8]"})).operand_queues == 128 * 4 * 12 * 16);
}

TEST_CASE("area: twice the PEs are exactly twice the PEs' part") {
  for (const char* const grid : {"grid.rows=16", "grid.cols=32"}) {
    const area_breakdown once = area_of(inference(), table_of());
    const area_breakdown twice = area_of(inference({grid}), table_of());
    for (const area_part part : {area_part::fma_units, area_part::adders, area_part::output_buffers,
                                 area_part::operand_queues, area_part::scheduler_and_control}) {
      CHECK(twice[part] == doctest::Approx(2 * once[part]).epsilon(1e-12));
    }
    CHECK(twice[area_part::weight_buffer] == once[area_part::weight_buffer]);
    CHECK(twice[area_part::feature_map_buffer] == once[area_part::feature_map_buffer]);
    CHECK(twice[area_part::drain_and_broadcast] > once[area_part::drain_and_broadcast]);
  }
}

TEST_CASE("area: the parts sum to the total, and every key of the machine only adds to it") {
  const std::vector<std::vector<std::string>> growing = {
      {"grid.rows=4", "grid.rows=8", "grid.rows=64"},
      {"grid.cols=1", "grid.cols=16", "grid.cols=1024"},
      {"pe.fma_units=1", "pe.fma_units=2", "pe.fma_units=16"},
      {"pe.adders=0", "pe.adders=1", "pe.adders=8"},
      {"pe.output_buffers=16", "pe.output_buffers=31", "pe.output_buffers=32", "pe.output_buffers=33"},
      {"pe.output_banks=1", "pe.output_banks=2"},
      {"pe.operand_queue_depth=1", "pe.operand_queue_depth=4", "pe.operand_queue_depth=100"},
      {"drain_elements_per_cycle=1", "drain_elements_per_cycle=8", "drain_elements_per_cycle=64"},
      {"weight_buffer_bytes=1", "weight_buffer_bytes=32768", "weight_buffer_bytes=1099511627776"},
      {"feature_map_buffer_bytes=1", "feature_map_buffer_bytes=32768"},
      {"mode=fp16-inference", "mode=fp32-training"},
  };
  for (const char* const name : {"45nm", "14nm", "14nm-sram", "7nm"}) {
    const technology table = table_of(name);
    for (const settings& values : growing) {
      double last = 0;
      for (const std::string& value : values) {
        INFO(name << ": " << value);
        const area_breakdown area = area_of(inference({value}), table);
        double sum = 0;
        for (const area_part_info& info : area_parts()) {
          CHECK(area[info.part] >= 0);
          sum += area[info.part];
        }
        CHECK(area.total() == doctest::Approx(sum).epsilon(1e-12));
        CHECK(area.total() > last);
        last = area.total();
      }
    }
  }
}

TEST_CASE("area: keys that are no hardware change nothing") {
  for (const char* const change : {"skip=none", "clock_mhz=1000", "mapping.order=mt-outer"}) {
    CHECK(mm2(inference({change})) == mm2(inference()));
  }
}

TEST_CASE("area: the list of parts is in the order of the enumeration") {
  std::size_t index = 0;
  for (const area_part_info& info : area_parts()) {
    CHECK(static_cast<std::size_t>(info.part) == index++);
    CHECK_FALSE(info.name.empty());
    CHECK_FALSE(info.description.empty());
  }
  CHECK(index == area_part_count);
}

TEST_CASE("area: peak figures") {
  const peak_figures peak = peak_of(inference());
  CHECK(peak.flop_per_cycle_ternary == 1024);
  CHECK(peak.flop_per_cycle_full == 512);
  CHECK(peak.tflops_ternary == doctest::Approx(0.512));
  CHECK(peak_of(training()).flop_per_cycle_full == 1024);
  CHECK(peak_of(training({"clock_mhz=1000"})).tflops_full == doctest::Approx(1.024));
}

}  // namespace
}  // namespace dlac
