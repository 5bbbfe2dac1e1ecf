#pragma once
// The words that files have for the choices of number formats.

#include <string_view>

#include "sim/numbers/number_format.h"

namespace dlac {

std::string_view to_string(special_codes specials);
std::string_view to_string(affine_rule rule);
std::string_view to_string(group_kind group);
std::string_view to_string(group_scale scale);
std::string_view to_string(parts_split split);
std::string_view to_string(rounding kind);

}  // namespace dlac
