#include "sim/core/types.h"

#include <stdexcept>

namespace dlac {

std::string_view to_string(skip_mode skip) {
  switch (skip) {
    case skip_mode::none:
      return "none";
    case skip_mode::weights:
      return "weights";
    case skip_mode::activations:
      return "activations";
    case skip_mode::both:
      return "both";
  }
  throw std::logic_error("no such skip_mode");
}

std::string_view to_string(weight_format format) {
  switch (format) {
    case weight_format::ternary:
      return "ternary";
    case weight_format::full:
      return "full";
    case weight_format::feature_map:
      return "feature_map";
  }
  throw std::logic_error("no such weight_format");
}

std::string_view to_string(pass_kind pass) {
  switch (pass) {
    case pass_kind::forward:
      return "forward";
    case pass_kind::backward_data:
      return "backward-data";
    case pass_kind::backward_weight:
      return "backward-weight";
  }
  throw std::logic_error("no such pass_kind");
}

std::span<const pass_kind> passes_of(run_kind kind) {
  static constexpr std::array all = {pass_kind::forward, pass_kind::backward_data, pass_kind::backward_weight};
  return kind == run_kind::training ? std::span(all) : std::span(all).first(1);
}

std::string_view to_string(run_kind kind) {
  switch (kind) {
    case run_kind::forward:
      return "forward";
    case run_kind::training:
      return "training";
  }
  throw std::logic_error("no such run_kind");
}

std::string_view to_string(tile_order order) {
  switch (order) {
    case tile_order::nt_outer:
      return "nt-outer";
    case tile_order::mt_outer:
      return "mt-outer";
  }
  throw std::logic_error("no such tile_order");
}

}  // namespace dlac
