#pragma once
// A technology table: what one unit of hardware takes in area, what one action of it takes in energy, and what it
// leaks. Every number carries its unit, where it comes from and how far it can be trusted. The shipped tables are
// models/technology/*.json; models/README.md has the schema, docs/area-and-energy.md the model that uses the numbers.

#include <string>
#include <string_view>
#include <vector>

#include <nlohmann/json_fwd.hpp>

#include "sim/numbers/number_format.h"

namespace dlac {

/// How a number came about: printed by its source for this node; that, times a scaling factor; fitted so that a
/// published total comes out; or reasoned, with a plausible range in the source text.
enum class number_kind { published, scaled, calibrated, estimated };
std::string_view to_string(number_kind kind);

struct quantity {
  double value = 0;
  std::string unit;  ///< the one its key wants, checked by the reader
  number_kind kind = number_kind::published;
  std::string source;
};

/// Of a multiplier and of an adder. Unit: um2.
struct unit_area {
  quantity multiplier;
  quantity adder;
};

/// Of a multiplication and of an addition. Unit: pJ.
struct unit_energy {
  quantity multiply;
  quantity add;
};

struct area_costs {
  unit_area int8;  ///< no mode uses it: integer formats do
  unit_area fp16;
  unit_area fp32;
  quantity storage_bit;  ///< um2/bit: registers of PEs, buses and drain, with their multiplexers
  quantity buffer_bit;   ///< um2/bit: of the weight and the feature-map buffer
  quantity scheduler;    ///< um2: scheduler and control of one PE
};

struct energy_costs {
  unit_energy int8;
  unit_energy fp16;
  unit_energy fp32;
  quantity scheduler_decision;  ///< pJ: one step of one PE
  quantity register_write;      ///< fJ/bit: output buffers, operand queues, drain
  quantity register_read;       ///< fJ/bit: the same
  quantity sram_8kib;           ///< pJ/64bit: read or write of a buffer of this capacity
  quantity sram_32kib;
  quantity sram_1mib;
  quantity wire;      ///< fJ/bit/mm: buses and drain
  quantity off_chip;  ///< pJ/byte, read or written
};

struct clock_costs {
  quantity bit;             ///< fJ/bit: a clocked bit, each cycle
  quantity storage_share;   ///< 1: part of the storage bits that is clocked in a cycle without being written
  quantity buffer_share;    ///< 1: the same of the two buffers' bits
  quantity pipeline_words;  ///< words/lane: pipeline registers of an FMA unit or adder, clocked every cycle
};

struct technology {
  std::string name;
  std::string description;
  quantity node;     ///< nm
  quantity voltage;  ///< V
  area_costs area;
  energy_costs energy;
  clock_costs clock;
  quantity leakage;  ///< mW/mm2
};

/// Reads the file of a table. A bad file is an input_error at its place in it.
technology read_technology(const std::string& path);

/// Complete: reading it back gives the same table.
nlohmann::ordered_json to_json(const technology& table);

/// JSON Schema (2020-12) of a table.
nlohmann::ordered_json technology_schema();

/// A number of a table and its place in it, as a JSON pointer ("/area/storage_bit").
struct named_quantity {
  std::string pointer;
  quantity number;
};

/// Every number of the table, in its order.
std::vector<named_quantity> quantities(const technology& table);

}  // namespace dlac
