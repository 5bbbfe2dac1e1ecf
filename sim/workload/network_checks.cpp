#include "sim/workload/network_checks.h"

#include <fmt/core.h>

#include <algorithm>
#include <initializer_list>
#include <map>
#include <span>
#include <string>
#include <string_view>
#include <utility>

#include "sim/core/text.h"

namespace dlac {
namespace {

constexpr std::uint64_t most_elements = std::uint64_t{1} << 40U;
constexpr std::uint64_t most_macs = std::uint64_t{1} << 48U;
constexpr std::uint64_t longest_side = (std::uint64_t{1} << 31U) - 1;

/// The place of one layer in the file, to report mistakes at.
class layer_place {
 public:
  layer_place(const json_document& document, const layer& l)
      : document_(document), pointer_(fmt::format("/layers/{}", l.place)) {}

  void require(bool holds, std::string_view key, std::string_view found, std::string_view expected) const {
    if (!holds) {
      throw document_.error(pointer_ + std::string(key), found, expected);
    }
  }

 private:
  const json_document& document_;
  std::string pointer_;
};

/// Of an image with what is around it, or of what a kernel reaches over.
struct extent_2d {
  std::uint64_t h = 1;
  std::uint64_t w = 1;
};

std::string in_brackets(extent_2d size) {
  return fmt::format("[{}, {}]", size.h, size.w);
}
std::string in_brackets(size_2d size) {
  return in_brackets(extent_2d{size.h, size.w});
}

bool fits(extent_2d inner, extent_2d outer) {
  return inner.h <= outer.h && inner.w <= outer.w;
}

extent_2d padded(size_2d size, const padding_2d& padding) {
  return {std::uint64_t{size.h} + padding.top + padding.bottom, std::uint64_t{size.w} + padding.left + padding.right};
}

extent_2d reach(size_2d kernel, size_2d dilation) {
  return {std::uint64_t{dilation.h} * (kernel.h - 1) + 1, std::uint64_t{dilation.w} * (kernel.w - 1) + 1};
}

/// Whether the product is at most `limit`; no step of it overflows.
bool product_within(std::uint64_t limit, std::span<const std::uint64_t> factors) {
  std::uint64_t product = 1;
  for (const std::uint64_t factor : factors) {
    if (factor > limit / product) {
      return false;
    }
    product *= factor;
  }
  return true;
}

bool product_within(std::uint64_t limit, std::initializer_list<std::uint64_t> factors) {
  return product_within(limit, std::span(factors.begin(), factors.size()));
}

void check_window(const layer_place& place, std::string_view key, size_2d kernel, size_2d dilation,
                  extent_2d padded_input) {
  const extent_2d reached = reach(kernel, dilation);
  const bool is_dilated = dilation != size_2d{1, 1};
  place.require(
      fits(reached, padded_input), key,
      is_dilated ? fmt::format("{}, dilated {}", in_brackets(kernel), in_brackets(reached)) : in_brackets(kernel),
      fmt::format("at most {}, the padded input", in_brackets(padded_input)));
}

/// Of the output of a transposed convolution, without the padding that is taken off.
extent_2d spread_output(const layer& l) {
  const extent_2d reached = reach(l.kernel, l.dilation);
  return {std::uint64_t{l.input_size.h - 1} * l.stride.h + reached.h + l.output_padding.h,
          std::uint64_t{l.input_size.w - 1} * l.stride.w + reached.w + l.output_padding.w};
}

void check_transposed(const layer& l, const layer_place& place) {
  const size_2d most{std::max(l.stride.h, l.dilation.h), std::max(l.stride.w, l.dilation.w)};
  place.require(l.output_padding.h < most.h && l.output_padding.w < most.w, "/output_padding",
                in_brackets(l.output_padding),
                fmt::format("less than {}, the larger of stride and dilation", in_brackets(most)));
  const extent_2d output = spread_output(l);
  const extent_2d taken{std::uint64_t{l.padding.top} + l.padding.bottom,
                        std::uint64_t{l.padding.left} + l.padding.right};
  place.require(taken.h < output.h && taken.w < output.w, "/padding",
                fmt::format("{} taken off an output of {}", in_brackets(taken), in_brackets(output)),
                "less than the output");
  place.require(fits({output.h - taken.h, output.w - taken.w}, {longest_side, longest_side}), "/input_size",
                fmt::format("an output of {}", in_brackets(extent_2d{output.h - taken.h, output.w - taken.w})),
                fmt::format("at most {} a side", longest_side));
}

void check_groups(const layer& l, const layer_place& place) {
  place.require(l.in_channels % l.groups == 0 && l.out_channels % l.groups == 0, "/groups", std::to_string(l.groups),
                fmt::format("a divisor of the {} input and the {} output channels", l.in_channels, l.out_channels));
}

void check_epilogue(const layer& l, const layer_place& place) {
  for (std::size_t i = 0; i < l.epilogue.size(); ++i) {
    const pt_wise_op& op = l.epilogue[i];
    place.require(!op.reads_tensor() || !op.tensor.empty(), fmt::format("/epilogue/{}/tensor", i), "no key \"tensor\"",
                  "a tensor of the trace, or \"from\", a layer of a graph");
    place.require(op.minimum <= op.maximum, fmt::format("/epilogue/{}/max", i), fmt::format("{}", op.maximum),
                  fmt::format("at least min, {}", op.minimum));
  }
}

void check_pool(const layer& l, const layer_place& place) {
  if (!l.recorded || !l.recorded->pool) {
    return;
  }
  const max_pool& pool = *l.recorded->pool;
  // With less padding than kernel, every window holds an output.
  place.require(pool.padding.h < pool.kernel.h && pool.padding.w < pool.kernel.w, "/recorded_output/max_pool/padding",
                in_brackets(pool.padding), fmt::format("less than the kernel {}", in_brackets(pool.kernel)));
  check_window(place, "/recorded_output/max_pool/kernel", pool.kernel, {1, 1},
               padded(l.output_size(), {pool.padding.h, pool.padding.w}));
}

/// The tensor, where it has too many elements.
std::optional<extent_excess> excess_of_tensor(std::string_view what, const shape_4d& shape) {
  if (product_within(most_elements, {shape.n, shape.c, shape.h, shape.w})) {
    return std::nullopt;
  }
  return extent_excess{"", fmt::format("{} of {} x {} x {} x {} elements", what, shape.n, shape.c, shape.h, shape.w),
                       most_elements_text()};
}

}  // namespace

bool fits_a_tensor(const std::vector<std::uint64_t>& extents, std::uint32_t batch) {
  return product_within(most_elements / batch, extents);
}

std::string most_elements_text() {
  return fmt::format("at most {} elements in a tensor", most_elements);
}

std::optional<extent_excess> excess_of(const layer& l, std::uint32_t batch) {
  if (!product_within(longest_side, {batch, l.products})) {
    return extent_excess{"/batch", fmt::format("{} products of each of {} images", l.products, batch),
                         fmt::format("at most {} in all", longest_side)};
  }
  for (const auto& [what, shape] : {std::pair("activations", l.activation_shape(batch)),
                                    std::pair(l.is_matmul() ? "columns" : "weights", l.column_shape(batch)),
                                    std::pair("outputs", l.output_shape(batch))}) {
    if (auto excess = excess_of_tensor(what, shape)) {
      return excess;
    }
  }
  // Of a transposed convolution each input has as many products as an output of another one.
  const bool of_inputs = l.is_transposed();
  const std::uint64_t sums = (of_inputs ? l.activation_shape(batch) : l.output_shape(batch)).elements();
  const std::uint64_t channels = of_inputs ? l.out_channels / l.groups : l.in_channels / l.groups;
  if (product_within(most_macs, {sums, channels, l.kernel.h, l.kernel.w})) {
    return std::nullopt;
  }
  return extent_excess{"",
                       fmt::format("{} {} of {} x {} x {} multiply-accumulates", sums,
                                   of_inputs ? "activations" : "outputs", channels, l.kernel.h, l.kernel.w),
                       fmt::format("at most {} multiply-accumulates in a layer", most_macs)};
}

void check_workload(const workload_file& file, const json_document& document) {
  std::map<std::string_view, std::size_t> index_of_name;
  for (std::size_t i = 0; i < file.layers.size(); ++i) {
    const layer& l = file.layers[i];
    const layer_place place(document, l);
    const auto [first, is_new] = index_of_name.try_emplace(l.name, l.place);
    place.require(is_new, "/name", in_quotes(l.name),
                  fmt::format("a name of its own: /layers/{} has this one", first->second));
    if (file.layers[i].node) {
      continue;
    }
    check_groups(l, place);
    if (l.is_transposed()) {
      check_transposed(l, place);
    } else {
      check_window(place, "/kernel", l.kernel, l.dilation, padded(l.input_size, l.padding));
    }
    if (const auto excess = excess_of(l, file.batch)) {
      place.require(false, excess->key, excess->found, excess->expected);
    }
    check_epilogue(l, place);
    check_pool(l, place);
  }
}

}  // namespace dlac
