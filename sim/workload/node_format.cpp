#include "sim/workload/node_format.h"

#include <string>
#include <string_view>
#include <utility>

namespace dlac {
namespace {

constexpr std::uint64_t largest_side = (std::uint64_t{1} << 31U) - 1;
constexpr std::uint64_t largest_window = 65536;
constexpr std::size_t most_axes = 7;

using node_table = object_format<layer_entry>;

/// A member of the entry's node.
template <class V>
auto of_node(V node_operation::*member) {
  return [member](auto& entry) -> auto& {
    return (*entry.node).*member;
  };
}
template <class V>
auto of_window(V pool_window::*member) {
  return [member](auto& entry) -> auto& {
    return entry.node->window.*member;
  };
}

json_format<std::uint32_t> axis_format() {
  return integer_format<std::uint32_t>(1, most_axes);
}

node_table table_of(node_type type, std::string description, const json_format<std::vector<std::string>>& input) {
  layer_entry initial;
  initial.node.emplace();
  initial.node->type = type;
  node_table table(std::move(description), std::move(initial));
  table.required("name", &layer::name, text_format(), "Unique name of the node.")
      .constant("type", std::string(to_string(type)))
      .unless_empty("input", &layer::inputs, input, input_description);
  return table;
}

void add_window_keys(node_table& table) {
  table
      .required("kernel", of_window(&pool_window::kernel), size_format(1, largest_window),
                "[height, width] of a window.")
      .omittable("stride", of_window(&pool_window::stride), size_format(1, largest_window),
                 "[vertical, horizontal]; without it as the kernel.")
      .defaulted("padding", of_window(&pool_window::padding), padding_format(),
                 "[vertical, horizontal] or [top, left, bottom, right]: positions that are no pixels.")
      .defaulted("ceil_mode", of_window(&pool_window::ceil_mode), boolean_format(),
                 "Whether a last window counts that is not whole.");
}

using names_format = json_format<std::vector<std::string>>;

json_format<layer_entry> max_pool_format(const names_format& input) {
  auto table = table_of(node_type::max_pool2d, "The maximum of each window.", input);
  add_window_keys(table);
  return table
      .defaulted("dilation", of_window(&pool_window::dilation), size_format(1, largest_window),
                 "[vertical, horizontal], from one pixel of a window to the next.")
      .format();
}

json_format<layer_entry> avg_pool_format(const names_format& input) {
  auto table = table_of(node_type::avg_pool2d, "The mean of each window.", input);
  add_window_keys(table);
  return table
      .defaulted("count_include_pad", of_window(&pool_window::count_include_pad), boolean_format(),
                 "Whether padding counts, as zeros.")
      .format();
}

json_format<layer_entry> slice_format(const names_format& input) {
  const auto place = [](std::uint64_t from) { return integer_format<std::uint64_t>(from, largest_side); };
  return table_of(node_type::slice, "A part of a map.", input)
      .omittable("axis", of_node(&node_operation::axis), axis_format(), "Along which; without it 1.")
      .defaulted("start", of_node(&node_operation::start), place(0), "The first.")
      .required("stop", of_node(&node_operation::stop), place(1), "The one behind the last.")
      .defaulted("step", of_node(&node_operation::step), place(1), "Every how many-th.")
      .format();
}

json_format<layer_entry> pad_format(const names_format& input) {
  const auto channels = integer_format<std::uint64_t>(0, largest_side);
  return table_of(node_type::pad, "Zeros around a map.", input)
      .defaulted("channels_before", of_node(&node_operation::channels_before), channels, "Channels in front.")
      .defaulted("channels_after", of_node(&node_operation::channels_after), channels, "Channels behind.")
      .defaulted("padding", of_node(&node_operation::around), padding_format(),
                 "[vertical, horizontal] or [top, left, bottom, right].")
      .format();
}

json_format<layer_entry> layer_norm_format(const names_format& input) {
  return table_of(node_type::layer_norm,
                  "Less the mean, over the standard deviation; then by NAME.scale, plus NAME.bias. On the host.", input)
      .omittable("axis", of_node(&node_operation::axis), axis_format(),
                 "The first of those that are taken together; without it the last.")
      .defaulted("epsilon", of_node(&node_operation::epsilon), decimal_format(0, 1), "Added to the variance.")
      .defaulted("affine", of_node(&node_operation::is_affine), boolean_format(),
                 "Whether the trace has NAME.scale and NAME.bias.")
      .format();
}

json_format<layer_entry> resize_format(const names_format& input) {
  return table_of(node_type::resize, "A map of another height and width. On the host.", input)
      .required("size", of_node(&node_operation::size), size_format(1, largest_side), "[height, width] of the output.")
      .defaulted("mode", of_node(&node_operation::mode),
                 enum_format<resize_mode>({resize_modes.begin(), resize_modes.end()}),
                 "The nearest pixel, or between neighbours.")
      .defaulted("coordinates", of_node(&node_operation::coordinates),
                 enum_format<resize_coordinates>({resize_coordinate_rules.begin(), resize_coordinate_rules.end()}),
                 "Where an output lies among the inputs.")
      .defaulted("rounding", of_node(&node_operation::rounding),
                 enum_format<resize_rounding>({resize_roundings.begin(), resize_roundings.end()}),
                 "Which pixel is nearest; round: of two the lower.")
      .format();
}

json_format<layer_entry> format_of(node_type type, const names_format& input) {
  const auto table = [&](std::string description) { return table_of(type, std::move(description), input); };
  switch (type) {
    case node_type::max_pool2d:
      return max_pool_format(input);
    case node_type::avg_pool2d:
      return avg_pool_format(input);
    case node_type::global_avg_pool:
      return table("The mean of each channel.").format();
    case node_type::flatten:
      return table("All elements of an image in a row.").format();
    case node_type::reshape:
      return table("The same elements in another shape.")
          .required("shape", of_node(&node_operation::shape),
                    list_format(integer_format<std::uint64_t>(1, largest_side), 1, most_axes), "Of an image.")
          .format();
    case node_type::concat:
      return table("Maps one after the other.")
          .omittable("axis", of_node(&node_operation::axis), axis_format(), "Along which; without it the channels.")
          .format();
    case node_type::slice:
      return slice_format(input);
    case node_type::pad:
      return pad_format(input);
    case node_type::softmax:
      return table("exp(x) over its sum. On the host.")
          .omittable("axis", of_node(&node_operation::axis), axis_format(), "Of the sum; without it the channels.")
          .format();
    case node_type::sigmoid:
      return table("1 / (1 + exp(-x)). On the host.").format();
    case node_type::hard_sigmoid:
      return table("max(0, min(1, alpha x + beta)). On the host.")
          .defaulted("alpha", of_node(&node_operation::alpha), decimal_format(-1e6, 1e6), "The slope.")
          .defaulted("beta", of_node(&node_operation::beta), decimal_format(-1e6, 1e6), "The value at 0.")
          .format();
    case node_type::hard_swish:
      return table("x max(0, min(1, x / 6 + 0.5)). On the host.").format();
    case node_type::gelu:
      return table("x times the normal distribution's integral up to x. On the host.")
          .defaulted("form", of_node(&node_operation::form),
                     enum_format<gelu_form>({gelu_forms.begin(), gelu_forms.end()}), "By erf, or approximated by tanh.")
          .format();
    case node_type::layer_norm:
      return layer_norm_format(input);
    case node_type::resize:
      return resize_format(input);
    case node_type::transpose:
      return table("Axes in another order. On the host.")
          .required("axes", of_node(&node_operation::axes), list_format(axis_format(), 1, most_axes),
                    "Where each axis behind the images comes from.")
          .format();
    case node_type::reduce_mean:
      break;
  }
  return table("The mean over some axes. On the host.")
      .required("axes", of_node(&node_operation::axes), list_format(axis_format(), 1, most_axes), "Over which.")
      .defaulted("keep_dims", of_node(&node_operation::keep_dims), boolean_format(),
                 "Whether they stay, of one element.")
      .format();
}

}  // namespace

std::vector<tagged_alternative<layer_entry>> node_formats(const names_format& input) {
  std::vector<tagged_alternative<layer_entry>> formats;
  formats.reserve(node_types.size());
  for (const node_type type : node_types) {
    formats.push_back({std::string(to_string(type)), format_of(type, input)});
  }
  return formats;
}

}  // namespace dlac
