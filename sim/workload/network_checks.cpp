#include "sim/workload/network_checks.h"

#include <fmt/core.h>

#include <initializer_list>
#include <map>
#include <string>
#include <string_view>

#include "sim/core/text.h"

namespace dlac {
namespace {

constexpr std::uint64_t most_elements = std::uint64_t{1} << 40U;
constexpr std::uint64_t most_macs = std::uint64_t{1} << 48U;

/// The place of one layer in the file, to report mistakes at.
class layer_place {
 public:
  layer_place(const json_document& document, std::size_t index)
      : document_(document), pointer_(fmt::format("/layers/{}", index)) {}

  void require(bool holds, std::string_view key, std::string_view found, std::string_view expected) const {
    if (!holds) {
      throw document_.error(pointer_ + std::string(key), found, expected);
    }
  }

 private:
  const json_document& document_;
  std::string pointer_;
};

std::string in_brackets(size_2d size) {
  return fmt::format("[{}, {}]", size.h, size.w);
}

bool fits(size_2d inner, size_2d outer) {
  return inner.h <= outer.h && inner.w <= outer.w;
}

size_2d padded(size_2d size, size_2d padding) {
  return {size.h + 2 * padding.h, size.w + 2 * padding.w};
}

/// Whether the product is at most `limit`; no step of it overflows.
bool product_within(std::uint64_t limit, std::initializer_list<std::uint64_t> factors) {
  std::uint64_t product = 1;
  for (const std::uint64_t factor : factors) {
    if (factor > limit / product) {
      return false;
    }
    product *= factor;
  }
  return true;
}

void check_window(const layer_place& place, std::string_view key, size_2d kernel, size_2d padded_input) {
  place.require(fits(kernel, padded_input), key, in_brackets(kernel),
                fmt::format("at most {}, the padded input", in_brackets(padded_input)));
}

void check_groups(const layer& l, const layer_place& place) {
  place.require(l.in_channels % l.groups == 0 && l.out_channels % l.groups == 0, "/groups", std::to_string(l.groups),
                fmt::format("a divisor of the {} input and the {} output channels", l.in_channels, l.out_channels));
}

void check_extents(const layer& l, std::uint32_t batch, const layer_place& place) {
  const auto require_elements = [&](std::string_view what, const shape_4d& shape) {
    place.require(product_within(most_elements, {shape.n, shape.c, shape.h, shape.w}), "",
                  fmt::format("{} of {} x {} x {} x {} elements", what, shape.n, shape.c, shape.h, shape.w),
                  fmt::format("at most {} elements in a tensor", most_elements));
  };
  require_elements("activations", l.activation_shape(batch));
  require_elements("weights", l.weight_shape());
  require_elements("outputs", l.output_shape(batch));
  const shape_4d weights = l.weight_shape();
  place.require(product_within(most_macs, {l.output_shape(batch).elements(), weights.c, weights.h, weights.w}), "",
                fmt::format("{} outputs of {} x {} x {} multiply-accumulates", l.output_shape(batch).elements(),
                            weights.c, weights.h, weights.w),
                fmt::format("at most {} multiply-accumulates in a layer", most_macs));
}

void check_pool(const layer& l, const layer_place& place) {
  if (!l.recorded || !l.recorded->pool) {
    return;
  }
  const max_pool& pool = *l.recorded->pool;
  // With less padding than kernel, every window holds an output.
  place.require(pool.padding.h < pool.kernel.h && pool.padding.w < pool.kernel.w, "/recorded_output/max_pool/padding",
                in_brackets(pool.padding), fmt::format("less than the kernel {}", in_brackets(pool.kernel)));
  check_window(place, "/recorded_output/max_pool/kernel", pool.kernel, padded(l.output_size(), pool.padding));
}

}  // namespace

void check_workload(const workload_file& file, const json_document& document) {
  std::map<std::string_view, std::size_t> index_of_name;
  for (std::size_t i = 0; i < file.layers.size(); ++i) {
    const layer& l = file.layers[i];
    const layer_place place(document, i);
    const auto [first, is_new] = index_of_name.try_emplace(l.name, i);
    place.require(is_new, "/name", in_quotes(l.name),
                  fmt::format("a name of its own: /layers/{} has this one", first->second));
    check_groups(l, place);
    check_window(place, "/kernel", l.kernel, padded(l.input_size, l.padding));
    check_extents(l, file.batch, place);
    check_pool(l, place);
  }
}

}  // namespace dlac
