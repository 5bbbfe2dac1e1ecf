#include "sim/numbers/operand_formats.h"

#include <algorithm>
#include <stdexcept>

namespace dlac {

std::string_view to_string(machine_mode mode) {
  switch (mode) {
    case machine_mode::fp32_training:
      return "fp32-training";
    case machine_mode::fp16_inference:
      return "fp16-inference";
  }
  throw std::logic_error("no such machine_mode");
}

operand_formats uniform_formats(ieee_float format) {
  return {.activations = format, .weights = format, .gradients = format, .accumulator = format, .output = format};
}

operand_formats formats_of(machine_mode mode) {
  switch (mode) {
    case machine_mode::fp32_training:
      return uniform_formats(ieee_float::fp32);
    case machine_mode::fp16_inference:
      return uniform_formats(ieee_float::fp16);
  }
  throw std::logic_error("no such machine_mode");
}

bool trains(machine_mode mode) {
  switch (mode) {
    case machine_mode::fp32_training:
      return true;
    case machine_mode::fp16_inference:
      return false;
  }
  throw std::logic_error("no such machine_mode");
}

number_format weights_of(const operand_formats& numbers, weight_format weights) {
  return weights == weight_format::ternary ? ternary_codes() : numbers.weights;
}

pass_formats formats_of(const operand_formats& numbers, pass_kind pass, weight_format weights) {
  switch (pass) {
    case pass_kind::forward:
      return {numbers.activations, weights_of(numbers, weights), numbers.accumulator, numbers.output};
    case pass_kind::backward_data:
      return {numbers.gradients, weights_of(numbers, weights), numbers.accumulator, numbers.gradients};
    case pass_kind::backward_weight:
      // Master weights, whatever the operands are.
      return {numbers.activations, numbers.gradients, numbers.accumulator, ieee_float::fp32};
  }
  throw std::logic_error("no such pass_kind");
}

std::uint32_t row_operand_bits(const operand_formats& numbers) {
  return std::max(bits_of(numbers.activations), bits_of(numbers.gradients));
}

std::uint32_t column_operand_bits(const operand_formats& numbers) {
  return std::max({bits_of(number_format(ternary_codes())), bits_of(numbers.weights), bits_of(numbers.gradients)});
}

}  // namespace dlac
