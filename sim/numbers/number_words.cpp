#include "sim/numbers/number_words.h"

#include <stdexcept>

namespace dlac {

std::string_view to_string(special_codes specials) {
  switch (specials) {
    case special_codes::none:
      return "none";
    case special_codes::nan:
      return "nan";
    case special_codes::ieee:
      return "ieee";
  }
  throw std::logic_error("no such special_codes");
}

std::string_view to_string(affine_rule rule) {
  switch (rule) {
    case affine_rule::gemmlowp:
      return "gemmlowp";
    case affine_rule::absmax:
      return "absmax";
    case affine_rule::tf_min_first:
      return "tf-min-first";
    case affine_rule::tf_min_combined:
      return "tf-min-combined";
  }
  throw std::logic_error("no such affine_rule");
}

std::string_view to_string(group_kind group) {
  switch (group) {
    case group_kind::tensor:
      return "tensor";
    case group_kind::slice:
      return "slice";
  }
  throw std::logic_error("no such group_kind");
}

std::string_view to_string(group_scale scale) {
  switch (scale) {
    case group_scale::real:
      return "float";
    case group_scale::power:
      return "power";
    case group_scale::same_mantissa:
      return "same-mantissa";
    case group_scale::simple_mantissa:
      return "simple-mantissa";
  }
  throw std::logic_error("no such group_scale");
}

std::string_view to_string(parts_split split) {
  switch (split) {
    case parts_split::balanced:
      return "balanced";
    case parts_split::floor:
      return "floor";
  }
  throw std::logic_error("no such parts_split");
}

std::string_view to_string(rounding kind) {
  switch (kind) {
    case rounding::nearest_even:
      return "nearest-even";
    case rounding::nearest_away:
      return "nearest-away";
    case rounding::toward_zero:
      return "toward-zero";
    case rounding::stochastic:
      return "stochastic";
  }
  throw std::logic_error("no such rounding");
}

}  // namespace dlac
