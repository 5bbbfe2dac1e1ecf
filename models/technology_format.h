#pragma once
// The keys of a technology table: units, ranges and descriptions.

#include "models/technology.h"
#include "sim/json/json_format.h"

namespace dlac {

/// One number with its unit, kind and source, the unit being the only one taken.
json_format<quantity> quantity_format(const std::string& unit, double minimum, double maximum);

/// Checks each key by itself; what keys owe to each other is checked by read_technology.
const json_format<technology>& technology_format();

}  // namespace dlac
