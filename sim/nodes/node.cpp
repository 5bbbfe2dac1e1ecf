#include "sim/nodes/node.h"

#include <stdexcept>

namespace dlac {

std::string_view to_string(node_type type) {
  switch (type) {
    case node_type::max_pool2d:
      return "max_pool2d";
    case node_type::avg_pool2d:
      return "avg_pool2d";
    case node_type::global_avg_pool:
      return "global_avg_pool";
    case node_type::flatten:
      return "flatten";
    case node_type::reshape:
      return "reshape";
    case node_type::concat:
      return "concat";
    case node_type::slice:
      return "slice";
    case node_type::pad:
      return "pad";
    case node_type::softmax:
      return "softmax";
    case node_type::sigmoid:
      return "sigmoid";
    case node_type::hard_sigmoid:
      return "hard_sigmoid";
    case node_type::hard_swish:
      return "hard_swish";
    case node_type::gelu:
      return "gelu";
    case node_type::layer_norm:
      return "layer_norm";
    case node_type::resize:
      return "resize";
    case node_type::transpose:
      return "transpose";
    case node_type::reduce_mean:
      return "reduce_mean";
  }
  throw std::logic_error("no such node_type");
}

bool runs_on_host(node_type type) {
  return type >= node_type::softmax;
}

std::string_view to_string(resize_mode mode) {
  return mode == resize_mode::nearest ? "nearest" : "linear";
}

std::string_view to_string(resize_coordinates coordinates) {
  switch (coordinates) {
    case resize_coordinates::half_pixel:
      return "half_pixel";
    case resize_coordinates::asymmetric:
      return "asymmetric";
    case resize_coordinates::align_corners:
      return "align_corners";
  }
  throw std::logic_error("no such resize_coordinates");
}

std::string_view to_string(resize_rounding rounding) {
  switch (rounding) {
    case resize_rounding::round:
      return "round";
    case resize_rounding::floor:
      return "floor";
    case resize_rounding::ceil:
      return "ceil";
  }
  throw std::logic_error("no such resize_rounding");
}

std::string_view to_string(gelu_form form) {
  return form == gelu_form::exact ? "exact" : "tanh";
}

}  // namespace dlac
