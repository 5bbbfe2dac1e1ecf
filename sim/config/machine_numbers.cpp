// The number formats of a machine: its mode's, its own, those of its layers, and what it is built for.

#include <fmt/format.h>

#include <algorithm>
#include <optional>
#include <utility>
#include <variant>
#include <vector>

#include "sim/config/accelerator_config.h"
#include "sim/core/error.h"
#include "sim/core/text.h"

namespace dlac {
namespace {

/// What layers may use beside the machine's own numbers.
std::vector<number_format> listed_formats(const accelerator_config& config) {
  if (!config.given) {
    return {};
  }
  if (config.given->formats) {
    return *config.given->formats;
  }
  const operand_formats of_mode = formats_of(config.mode);
  return {of_mode.activations, of_mode.weights, of_mode.gradients};
}

/// A float that a sum can be in.
std::optional<accumulator_format> accumulator_of(const number_format& format) {
  const auto* const named = std::get_if<ieee_float>(&format.kind);
  return named != nullptr ? std::optional(accumulator_format(*named)) : std::nullopt;
}

}  // namespace

operand_formats accelerator_config::numbers(const given_numbers* of_layer) const {
  operand_formats result = formats_of(mode);
  if (given) {
    result = with(std::move(result), *given);
  }
  return with_layer(std::move(result), of_layer);
}

built_formats formats_built_for(const accelerator_config& config) {
  built_formats built;
  for (const pass_kind pass : passes_of(trains(config.mode) ? run_kind::training : run_kind::forward)) {
    for (const weight_format weights : {weight_format::ternary, weight_format::full}) {
      built.passes.push_back(config.formats(pass, weights));
    }
  }
  const pass_formats own = built.passes.front();
  for (const number_format& format : listed_formats(config)) {
    const auto sum = accumulator_of(format).value_or(own.accumulator);
    built.passes.push_back({.rows = format,
                            .columns = format,
                            .accumulator = sum,
                            .operation = own.operation,
                            .output = format,
                            .pointwise = sum.pointwise()});
  }
  for (const pass_formats& pass : built.passes) {
    built.row_bits = std::max(built.row_bits, operand_bits(pass.rows));
    built.column_bits = std::max(built.column_bits, operand_bits(pass.columns));
    built.accumulator_bits = std::max({built.accumulator_bits, bits_of(pass.accumulator), bits_of(pass.pointwise)});
    built.slice_bits = std::max(built.slice_bits, pass.sums_slices() ? pass.slice_sum_bits() : 0);
  }
  return built;
}

void check_layer_numbers(const accelerator_config& config, const given_numbers& of_layer, weight_format weights,
                         const std::string& file, const std::string& place) {
  const operand_formats own = config.numbers();
  std::vector<number_format> known = {own.activations, own.weights, own.gradients, own.output, ternary_codes()};
  const auto listed = listed_formats(config);
  known.insert(known.end(), listed.begin(), listed.end());
  const auto check = [&](const std::string& key, const auto& given, const auto& is_known) {
    if (given && !is_known(*given)) {
      throw input_error(file, place + "/" + key, name_of(*given),
                        fmt::format(R"(a format of config {}, or of its "numbers"."formats")", in_quotes(config.name)));
    }
  };
  const auto is_listed = [&](const number_format& format) {
    return std::find(known.begin(), known.end(), format) != known.end();
  };
  check("activations", of_layer.activations, is_listed);
  check("weights", of_layer.weights, is_listed);
  check("gradients", of_layer.gradients, is_listed);
  check("output", of_layer.output, is_listed);
  check("accumulator", of_layer.accumulator, [&](const accumulator_format& sum) {
    return sum == own.accumulator || std::any_of(listed.begin(), listed.end(), [&](const number_format& format) {
             return accumulator_of(format) == sum;
           });
  });
  const auto numbers = config.numbers(&of_layer);
  if (weights == weight_format::feature_map) {
    const auto built = formats_built_for(config).column_bits;
    if (const auto bits = operand_bits(numbers.activations); bits > built) {
      throw input_error(
          file, place,
          fmt::format("activations in {}, {} bits, on both sides of a matmul", name_of(numbers.activations), bits),
          fmt::format("at most {} bits, for which the columns of config {} are built, or the format "
                      R"(in its "numbers"."formats")",
                      built, in_quotes(config.name)));
    }
  }
  if (const auto misfit = misfit_of(numbers, trains(config.mode), weights)) {
    throw input_error(file, place, misfit->found, misfit->expected);
  }
}

}  // namespace dlac
