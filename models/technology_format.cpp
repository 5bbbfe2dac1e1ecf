#include "models/technology_format.h"

namespace dlac {
namespace {

// Far outside of what any process has; a zero area or energy would make ratios meaningless.
constexpr double least = 1e-9;
constexpr double most = 1e9;

json_format<quantity> positive(const std::string& unit) {
  return quantity_format(unit, least, most);
}

json_format<unit_area> unit_area_format() {
  return object_format<unit_area>("Units of one number format.")
      .required("multiplier", &unit_area::multiplier, positive("um2"), "A multiplier.")
      .required("adder", &unit_area::adder, positive("um2"), "An adder.")
      .format();
}

json_format<unit_energy> unit_energy_format() {
  return object_format<unit_energy>("Operations of one number format.")
      .required("multiply", &unit_energy::multiply, positive("pJ"), "A multiplication.")
      .required("add", &unit_energy::add, positive("pJ"), "An addition.")
      .format();
}

json_format<area_costs> area_format() {
  const auto units = unit_area_format();
  return object_format<area_costs>("Area of one unit.")
      .required("int8", &area_costs::int8, units, "8-bit fixed point: in no DLAC mode, for comparisons.")
      .required("fp16", &area_costs::fp16, units, "fp16 units.")
      .required("fp32", &area_costs::fp32, units, "fp32 units.")
      .required("storage_bit", &area_costs::storage_bit, positive("um2/bit"),
                "A bit of the PEs' and buses' registers, with its multiplexers.")
      .required("buffer_bit", &area_costs::buffer_bit, positive("um2/bit"),
                "A bit of the weight or the feature-map buffer, with its multiplexers or periphery.")
      .required("scheduler", &area_costs::scheduler, positive("um2"), "Scheduler and control of one PE.")
      .format();
}

json_format<energy_costs> energy_format() {
  const auto units = unit_energy_format();
  const std::string access = "A 64-bit read or write of a buffer of ";
  return object_format<energy_costs>("Energy of one action.")
      .required("int8", &energy_costs::int8, units, "8-bit fixed point: in no DLAC mode, for comparisons.")
      .required("fp16", &energy_costs::fp16, units, "fp16 operations.")
      .required("fp32", &energy_costs::fp32, units, "fp32 operations.")
      .required("scheduler_decision", &energy_costs::scheduler_decision, positive("pJ"),
                "Scheduler and control, one step of one PE.")
      .required("register_write", &energy_costs::register_write, positive("fJ/bit"), "A write of a PE's register.")
      .required("register_read", &energy_costs::register_read, positive("fJ/bit"), "A read of a PE's register.")
      .required("sram_8kib", &energy_costs::sram_8kib, positive("pJ/64bit"), access + "8 KiB.")
      .required("sram_32kib", &energy_costs::sram_32kib, positive("pJ/64bit"), access + "32 KiB.")
      .required("sram_1mib", &energy_costs::sram_1mib, positive("pJ/64bit"), access + "1 MiB.")
      .required("wire", &energy_costs::wire, positive("fJ/bit/mm"), "A bit on a bus, per mm.")
      .required("off_chip", &energy_costs::off_chip, positive("pJ/byte"), "A byte from or to off-chip memory.")
      .format();
}

json_format<clock_costs> clock_format() {
  const auto share = quantity_format("1", 0, 1);
  return object_format<clock_costs>("The clock.")
      .required("bit", &clock_costs::bit, positive("fJ/bit"), "A clocked bit, each cycle.")
      .required("storage_share", &clock_costs::storage_share, share,
                "Part of the PEs' and buses' storage bits that is clocked in a cycle without being written.")
      .required("buffer_share", &clock_costs::buffer_share, share, "The same of the bits of the two buffers.")
      .required("pipeline_words", &clock_costs::pipeline_words, quantity_format("words/lane", 0, most),
                "Words in the pipeline registers of an FMA unit or adder, clocked every cycle.")
      .format();
}

json_format<technology> make_technology_format() {
  return object_format<technology>("A process technology: area, energy and leakage of units of hardware.")
      .required("name", &technology::name, text_format(), "Name of the table, for reports.")
      .required("description", &technology::description, text_format(), "What it stands for.")
      .required("node", &technology::node, positive("nm"), "Process node.")
      .required("voltage", &technology::voltage, positive("V"), "Supply voltage.")
      .required("area", &technology::area, area_format(), "Area of one unit.")
      .required("energy", &technology::energy, energy_format(), "Energy of one action.")
      .required("clock", &technology::clock, clock_format(), "The clock.")
      .required("leakage", &technology::leakage, quantity_format("mW/mm2", 0, most), "Leakage of the whole chip.")
      .format();
}

}  // namespace

json_format<quantity> quantity_format(const std::string& unit, double minimum, double maximum) {
  const std::vector<std::string_view> units = {unit};
  const json_format<std::string> unit_format = {
      .expected = choice_expectation(units),
      .schema =
          [=] {
            return nlohmann::ordered_json{{"const", unit}};
          },
      .read =
          [unit](const json_value& value) {
            static_cast<void>(value.choice({unit}));
            return unit;
          },
      .write = [](const std::string& text) { return nlohmann::ordered_json(text); }};
  using enum number_kind;
  return object_format<quantity>("A number and where it comes from.")
      .required("value", &quantity::value, decimal_format(minimum, maximum), "The number.")
      .required("unit", &quantity::unit, unit_format, "Its unit.")
      .required("kind", &quantity::kind, enum_format<number_kind>({published, scaled, calibrated, estimated}),
                "Published for this node; scaled from a published one; calibrated to a published total; or estimated.")
      .required("source", &quantity::source, text_format(), "Source, scaling factors, plausible range.")
      .format();
}

const json_format<technology>& technology_format() {
  static const json_format<technology> format = make_technology_format();
  return format;
}

}  // namespace dlac
