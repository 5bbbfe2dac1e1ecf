#include "sim/report/operations_report.h"

#include <fmt/format.h>

#include <array>
#include <nlohmann/json.hpp>
#include <string_view>
#include <utility>
#include <vector>

#include "sim/core/text.h"
#include "sim/report/table_words.h"
#include "sim/text/csv.h"

namespace dlac {
namespace {

constexpr std::string_view legend =
    "An operation is a multiply-accumulate (convolution, linear), a mul-add on an output (batch norm), an addition or "
    "a\n"
    "select. Zeros count. Backward: both passes of a layer, the first one's backward-data too. Of an element-wise "
    "add,\n"
    "forward is the sum of a block's output with its shortcut, backward the sum of two gradients where the shortcut\n"
    "begins; other add: of a shortcut that is no layer's input or output, such as a zero-padded one.\n"
    "docs/operation-counts.md holds these counts against published ones.\n";

std::string number(std::uint64_t count) {
  return fmt::format("{}", count);
}

/// Three digits, as tables of operation counts are printed; empty for none.
std::string rounded(std::uint64_t count) {
  return count == 0 ? "" : fmt::format("{:.2E}", static_cast<double>(count));
}

std::vector<std::string> layer_cells(std::string name, const operation_counts& counts) {
  using enum operation_type;
  const auto sum = [&](std::initializer_list<operation_type> types, std::uint64_t direction_counts::*direction) {
    std::uint64_t total = 0;
    for (const operation_type type : types) {
      total += counts[type].*direction;
    }
    return number(total);
  };
  constexpr auto forward = &direction_counts::forward;
  constexpr auto backward = &direction_counts::backward;
  return {std::move(name),
          sum({convolution, linear}, forward),
          sum({convolution, linear}, backward),
          sum({batch_norm}, forward),
          sum({element_wise_add, other_add, bias_add}, forward),
          sum({element_wise_add, other_add, bias_add}, backward),
          sum({select}, forward),
          sum({convolution_update, linear_update, scale_bias_update}, backward)};
}

std::string layer_table(const network_operations& all, const text_width& width) {
  constexpr std::string_view macs = "MACs";
  constexpr std::string_view adds = "additions";
  text_table table({{"layer", ""},
                    {"forward", macs},
                    {"backward", macs},
                    {"batch norm", ""},
                    {"forward", adds},
                    {"backward", adds},
                    {"select", ""},
                    {"update", ""}});
  for (const layer_operations& layer : all.layers) {
    table.add_row(layer_cells(layer.name, layer.counts));
  }
  table.add_gap();
  table.add_row(layer_cells("all layers", all.totals));
  return table.text(width);
}

std::string title_of(operation_type type) {
  constexpr std::array<std::string_view, operation_type_count> titles = {"convolution",
                                                                         "linear",
                                                                         "batch norm",
                                                                         "element-wise add",
                                                                         "other add",
                                                                         "bias add",
                                                                         "select",
                                                                         "multiplication",
                                                                         "convolution update",
                                                                         "linear update",
                                                                         "scale and bias update"};
  return std::string(titles[static_cast<std::size_t>(type)]);
}

std::string totals_table(const network_operations& all, const text_width& width) {
  constexpr std::string_view exact = "operations";
  constexpr std::string_view three_digits = "rounded";
  text_table table({{"type", ""},
                    {"unit", ""},
                    {"forward", exact},
                    {"backward", exact},
                    {"forward", three_digits},
                    {"backward", three_digits}});
  for (std::size_t i = 0; i < operation_type_count; ++i) {
    const auto type = static_cast<operation_type>(i);
    const direction_counts& counts = all.totals[type];
    table.add_row({title_of(type), std::string(unit_of(type)), number(counts.forward), number(counts.backward),
                   rounded(counts.forward), rounded(counts.backward)});
  }
  return table.text(width);
}

struct number_format_row {
  std::string_view title;
  std::string_view key;
  std::uint64_t model_bytes::*bytes;
};

constexpr std::array number_formats = {
    number_format_row{"fp32", "fp32", &model_bytes::fp32},
    number_format_row{"fp16", "fp16", &model_bytes::fp16},
    number_format_row{"int8", "int8", &model_bytes::int8},
    number_format_row{"ternary, first and last layer fp32", "ternary_fp32", &model_bytes::ternary_fp32},
    number_format_row{"ternary, first and last layer fp16", "ternary_fp16", &model_bytes::ternary_fp16},
};

std::string model_table(const operations_report& r, const text_width& width) {
  const network_operations& all = r.operations;
  text_table table({{"model", ""}, {"bytes", ""}, {"of fp32", ""}});
  const auto add = [&](const std::string& title, std::uint64_t bytes) {
    const double times = static_cast<double>(all.bytes.fp32) / static_cast<double>(bytes);
    table.add_row({title, number(bytes), bytes == 0 ? "" : fmt::format("1/{:.2f}", times)});
  };
  for (const number_format_row& row : number_formats) {
    add(std::string(row.title), all.bytes.*row.bytes);
  }
  for (const model_size& size : r.sizes) {
    add(fmt::format("numbers {}", shortened(size.name, longest_name)), size.bytes);
  }
  return table.text(width);
}

nlohmann::ordered_json to_json(const operation_counts& counts) {
  nlohmann::ordered_json result;
  for (std::size_t i = 0; i < operation_type_count; ++i) {
    const auto type = static_cast<operation_type>(i);
    result[std::string(to_string(type))] = {
        {"forward", counts[type].forward}, {"backward", counts[type].backward}, {"unit", unit_of(type)}};
  }
  return result;
}

}  // namespace

operations_report make_operations_report(const network& net, std::vector<model_size> sizes) {
  return {.workload = net.name, .batch = net.batch, .operations = count_operations(net), .sizes = std::move(sizes)};
}

nlohmann::ordered_json operations_json(const operations_report& r) {
  const network_operations& all = r.operations;
  nlohmann::ordered_json result = {{"schema", "dlac-ops/1"}, {"workload", r.workload}, {"batch", r.batch}};
  result["layers"] = nlohmann::ordered_json::array();
  for (const layer_operations& layer : all.layers) {
    result["layers"].push_back({{"name", layer.name},
                                {"type", to_string(layer.type)},
                                {"weights", layer.weights},
                                {"scales_and_biases", layer.scales_and_biases},
                                {"operations", to_json(layer.counts)}});
  }
  result["totals"] = to_json(all.totals);
  result["first_layer_backward_data"] = all.first_layer_backward_data;
  nlohmann::ordered_json bytes;
  for (const number_format_row& row : number_formats) {
    bytes[std::string(row.key)] = all.bytes.*row.bytes;
  }
  result["model"] = {{"weights", all.weights}, {"scales_and_biases", all.scales_and_biases}, {"bytes", bytes}};
  if (!r.sizes.empty()) {
    nlohmann::ordered_json numbers;
    for (const model_size& size : r.sizes) {
      numbers[size.name] = size.bytes;
    }
    result["model"]["numbers"] = numbers;
  }
  return result;
}

std::string operations_csv(const operations_report& r) {
  std::vector<std::string> names = {"name", "type", "weights", "scales_and_biases"};
  for (std::size_t i = 0; i < operation_type_count; ++i) {
    const std::string_view type = to_string(static_cast<operation_type>(i));
    names.push_back(fmt::format("operations.{}.forward", type));
    names.push_back(fmt::format("operations.{}.backward", type));
  }
  std::string text = csv_line(names);
  for (const layer_operations& layer : r.operations.layers) {
    std::vector<std::string> cells = {layer.name, std::string(to_string(layer.type)), number(layer.weights),
                                      number(layer.scales_and_biases)};
    for (const direction_counts& counts : layer.counts.of) {
      cells.push_back(number(counts.forward));
      cells.push_back(number(counts.backward));
    }
    text += csv_line(cells);
  }
  return text;
}

std::string operations_table(const operations_report& r, const text_width& width) {
  const network_operations& all = r.operations;
  const std::string tables =
      fmt::format("{}\n{}{}\n", layer_table(all, width), totals_table(all, width), model_table(r, width));
  const std::string sums = fmt::format(
      "{:<12}{}, batch {}\n{:<12}{} weights, {} scales and biases\n{:<12}{} of the backward MACs are "
      "its backward-data, which a training step skips\n\n",
      "workload", shortened(r.workload, longest_name), r.batch, "parameters", all.weights, all.scales_and_biases,
      "first layer", all.first_layer_backward_data);
  return tables + wrapped(sums, width.columns, 12) + wrapped(legend, width.columns, 0);
}

}  // namespace dlac
