#include "sim/workload/network.h"

#include <fmt/format.h>

#include <filesystem>
#include <stdexcept>
#include <utility>

#include "sim/core/error.h"
#include "sim/core/text.h"
#include "sim/workload/density_profile.h"
#include "sim/workload/graph_reader.h"
#include "sim/workload/network_checks.h"
#include "sim/workload/network_format.h"

namespace dlac {
namespace {

/// The layer's own source, or else the file's, or else the trace if there is one, or else none of the zeros.
operand_source resolved_source(const std::optional<given_operand_sources>& of_layer,
                               const std::optional<given_operand_sources>& of_file, bool has_trace,
                               std::optional<operand_source> given_operand_sources::*operand) {
  for (const auto& given : {of_layer, of_file}) {
    if (given && (*given).*operand) {
      return *((*given).*operand);
    }
  }
  return has_trace ? operand_source(trace_source{}) : operand_source(dense_source{});
}

layer resolved_layer(layer_entry entry, const workload_file& file) {
  const auto source = [&](std::optional<operand_source> given_operand_sources::*operand) {
    return resolved_source(entry.given_operands, file.operands, file.trace.has_value(), operand);
  };
  entry.operands = {.activations = source(&given_operand_sources::activations),
                    .weights = source(&given_operand_sources::weights),
                    .gradients = source(&given_operand_sources::gradients)};
  if (entry.is_matmul()) {
    const auto columns = &given_operand_sources::columns;
    const bool are_given =
        (entry.given_operands && entry.given_operands->columns) || (file.operands && file.operands->columns);
    entry.operands.weights = are_given ? source(columns)
                                       : resolved_source(std::nullopt, file.operands, file.trace.has_value(),
                                                         &given_operand_sources::activations);
  }
  return static_cast<const layer&>(entry);
}

/// The tensor of an operand that is known by where it comes from.
void name_edges(layer& l) {
  for (pt_wise_op& op : l.epilogue) {
    if (op.tensor.empty() && !op.from.empty()) {
      op.tensor = op.from + ".output";
    }
  }
}

/// As the file would have it.
layer_entry entry_of(const layer& l) {
  const auto given = [](const operand_source& source) {
    return std::holds_alternative<computed_source>(source) ? std::nullopt : std::optional(source);
  };
  given_operand_sources sources{.activations = given(l.operands.activations),
                                .weights = {},
                                .gradients = given(l.operands.gradients),
                                .columns = {}};
  (l.is_matmul() ? sources.columns : sources.weights) = given(l.operands.weights);
  return {l, sources, std::nullopt};
}

layer_entry entry_of(const graph_node& node, const network_graph& graph) {
  layer_entry entry;
  entry.name = node.name;
  entry.node = node.operation;
  for (const std::size_t input : node.inputs) {
    entry.inputs.push_back(graph.nodes[input].name);
  }
  return entry;
}

/// What the rules ask of a pointwise operation.
struct pt_wise_traits {
  bool reads_scale_and_bias = false;
  bool reads_term = false;  ///< a feature map where it streams one, else the bias
  bool multiplies = false;
};

pt_wise_traits traits_of(pt_wise_kind kind) {
  switch (kind) {
    case pt_wise_kind::add:
    case pt_wise_kind::sub:
      return {.reads_term = true};
    case pt_wise_kind::mul_add:
      return {.reads_scale_and_bias = true, .multiplies = true};
    case pt_wise_kind::mul:
      return {.multiplies = true};
    case pt_wise_kind::select:
    case pt_wise_kind::clamp:
      return {};
  }
  throw std::logic_error("no such pt_wise_kind");
}

}  // namespace

std::string_view to_string(pt_wise_kind kind) {
  switch (kind) {
    case pt_wise_kind::add:
      return "add";
    case pt_wise_kind::sub:
      return "sub";
    case pt_wise_kind::mul_add:
      return "mul-add";
    case pt_wise_kind::select:
      return "select";
    case pt_wise_kind::mul:
      return "mul";
    case pt_wise_kind::clamp:
      return "clamp";
  }
  throw std::logic_error("no such pt_wise_kind");
}

bool pt_wise_op::reads_scale() const {
  return traits_of(kind).reads_scale_and_bias;
}

bool pt_wise_op::reads_bias() const {
  const pt_wise_traits traits = traits_of(kind);
  return traits.reads_scale_and_bias || (traits.reads_term && !streams_feature_map);
}

bool pt_wise_op::multiplies() const {
  return traits_of(kind).multiplies;
}

std::string_view to_string(layer_type type) {
  switch (type) {
    case layer_type::conv2d:
      return "conv2d";
    case layer_type::conv1d:
      return "conv1d";
    case layer_type::transposed_conv2d:
      return "transposed_conv2d";
    case layer_type::linear:
      return "linear";
    case layer_type::matmul:
      return "matmul";
  }
  throw std::logic_error("no such layer_type");
}

size_2d layer::output_size() const {
  const auto side = [&](std::uint64_t input, std::uint64_t around, std::uint64_t kernel_side, std::uint64_t step,
                        std::uint64_t spread, std::uint64_t more) {
    const std::uint64_t reach = spread * (kernel_side - 1) + 1;
    return static_cast<std::uint32_t>(is_transposed() ? (input - 1) * step + reach + more - around
                                                      : (input + around - reach) / step + 1);
  };
  return {
      side(input_size.h, std::uint64_t{padding.top} + padding.bottom, kernel.h, stride.h, dilation.h, output_padding.h),
      side(input_size.w, std::uint64_t{padding.left} + padding.right, kernel.w, stride.w, dilation.w,
           output_padding.w)};
}

std::uint64_t layer::dense_macs(std::uint32_t batch) const {
  return is_transposed() ? activation_shape(batch).elements() * (out_channels / groups) * kernel.h * kernel.w
                         : output_shape(batch).elements() * filter_elements();
}

pass_formats formats_of(const operand_formats& numbers, pass_kind pass, const layer& l) {
  pass_formats formats = formats_of(numbers, pass, l.weights);
  if (pass == pass_kind::backward_weight && l.is_transposed()) {
    std::swap(formats.rows, formats.columns);
  }
  return formats;
}

shape_4d layer::recorded_shape(std::uint32_t batch) const {
  shape_4d shape = output_shape(batch);
  if (recorded && recorded->pool) {
    const max_pool& pool = *recorded->pool;
    shape.h = (shape.h + 2 * std::uint64_t{pool.padding.h} - pool.kernel.h) / pool.stride.h + 1;
    shape.w = (shape.w + 2 * std::uint64_t{pool.padding.w} - pool.kernel.w) / pool.stride.w + 1;
  }
  return shape;
}

namespace {

network network_of(const json_document& document, const std::string& path) {
  workload_file file = workload_file_format().read(document.root());
  for (std::size_t i = 0; i < file.layers.size(); ++i) {
    file.layers[i].place = i;
    name_edges(file.layers[i]);
  }
  check_workload(file, document);
  const bool has_edges = is_graph(file);
  if (has_edges) {
    order_graph(file, document);
  }

  network net;
  net.name = file.name;
  net.file = document.file();
  net.batch = file.batch;
  net.training = file.training;
  net.trace = file.trace;
  if (file.trace) {
    net.trace_path = (std::filesystem::path(path).parent_path() / *file.trace).lexically_normal().string();
  }
  for (const layer_entry& entry : file.layers) {
    if (!entry.node) {
      net.layers.push_back(resolved_layer(entry, file));
    }
  }
  if (net.layers.empty()) {
    throw document.error("/layers", "nothing but nodes", "a layer: a convolution, a product");
  }
  if (has_edges) {
    net.graph = make_graph(file, document);
  }
  net.image_pixels = file.image_pixels;
  resolve_profiles(net.layers, file.operands.value_or(given_operand_sources{}));
  return net;
}

}  // namespace

network read_network(const std::string& path) {
  return network_of(json_document(path, json_document::load(path)), path);
}

network read_network_text(std::string_view text, const std::string& path) {
  if (text.size() > largest_json_bytes) {
    throw input_error(path, "", fmt::format("a workload of {} bytes", text.size()),
                      fmt::format("at most {}, as many as are read", largest_json_bytes));
  }
  return network_of(json_document(path, parse_json(text, path)), path);
}

void set_batch(network& net, std::uint32_t batch, const std::string& place) {
  for (const layer& l : net.layers) {
    if (const auto excess = excess_of(l, batch)) {
      throw input_error(place, fmt::format("layer {}", in_quotes(l.name)), excess->found, excess->expected);
    }
  }
  if (const auto name = net.graph ? too_large_node(*net.graph, batch) : std::nullopt) {
    throw input_error(place, fmt::format("the output of {}", in_quotes(*name)), "more elements", most_elements_text());
  }
  net.batch = batch;
}

nlohmann::ordered_json to_json(const network& net) {
  workload_file file;
  file.name = net.name;
  file.batch = net.batch;
  file.training = net.training;
  file.trace = net.trace;
  if (!net.graph) {
    for (const layer& l : net.layers) {
      file.layers.push_back(entry_of(l));
    }
    return workload_file_format().write(file);
  }
  const auto& nodes = net.graph->nodes;
  file.image_pixels = net.image_pixels;
  if (net.graph->has_image_shape) {
    file.image = nodes.front().shape.extents;
  }
  for (std::size_t i = 1; i < nodes.size(); ++i) {
    file.layers.push_back(nodes[i].layer ? entry_of(net.layers[*nodes[i].layer]) : entry_of(nodes[i], *net.graph));
  }
  return workload_file_format().write(file);
}

nlohmann::ordered_json workload_schema() {
  return document_schema("DLAC workload", workload_file_format().schema());
}

}  // namespace dlac
