#pragma once
// The keys of an accelerator config file: types, ranges, defaults and descriptions.

#include "sim/config/accelerator_config.h"
#include "sim/json/json_format.h"

namespace dlac {

/// Checks each key by itself; what keys owe to each other is checked by read_accelerator_config.
const json_format<accelerator_config>& accelerator_config_format();

/// Reads a document that is already there, and checks all of it. Throws input_error.
accelerator_config read_accelerator_config(const json_document& document);

}  // namespace dlac
