#include "sim/reference/direct_sums.h"

#include <cstddef>
#include <optional>
#include <type_traits>
#include <utility>

#include "sim/core/error.h"
#include "sim/core/stop.h"
#include "sim/reference/arithmetic.h"

namespace dlac {
namespace {

/// Element (n, c, y, x) of a tensor; outside it is padding, which has a plane and the value 0.
struct place {
  std::uint64_t plane = 0;
  std::optional<std::uint64_t> element;
};

place place_in(const shape_4d& shape, std::uint64_t n, std::uint64_t c, std::int64_t y, std::int64_t x) {
  const std::uint64_t plane = n * shape.c + c;
  const bool is_inside =
      y >= 0 && x >= 0 && y < static_cast<std::int64_t>(shape.h) && x < static_cast<std::int64_t>(shape.w);
  if (!is_inside) return {plane, std::nullopt};
  return {plane, (plane * shape.h + static_cast<std::uint64_t>(y)) * shape.w + static_cast<std::uint64_t>(x)};
}

/// The places of a layer's tensors, by the names that the layer gives them.
class definition {
 public:
  definition(const layer& l, std::uint32_t batch)
      : l_(l),
        input_(l.activation_shape(batch)),
        output_(l.output_shape(batch)),
        columns_(l.column_shape(batch)),
        inputs_(l.in_channels / l.groups),
        outputs_(l.out_channels / l.groups) {}

  [[nodiscard]] shape_4d shape(pass_kind pass) const {
    return pass == pass_kind::forward ? output_ : pass == pass_kind::backward_data ? input_ : columns_;
  }

  /// `use(row, column)` of every product of output (n, c, y, x) of the pass, in order.
  template <class Use>
  void each_product(pass_kind pass, std::uint64_t n, std::uint64_t c, std::uint64_t y, std::uint64_t x,
                    const Use& use) const {
    if (l_.is_matmul()) return matmul_products(pass, n, c, x, use);
    switch (pass) {
      case pass_kind::forward:
        return forward_products(n, c, signed_of(y), signed_of(x), use);
      case pass_kind::backward_data:
        return data_products(n, c, signed_of(y), signed_of(x), use);
      case pass_kind::backward_weight:
        return weight_products(n, c, y, x, use);
    }
  }

 private:
  static std::int64_t signed_of(std::uint64_t value) { return static_cast<std::int64_t>(value); }

  /// The output that an input reaches through a kernel position.
  [[nodiscard]] std::int64_t output_y(std::int64_t y, std::int64_t ky) const {
    return y * l_.stride.h + ky * l_.dilation.h - l_.padding.top;
  }
  [[nodiscard]] std::int64_t output_x(std::int64_t x, std::int64_t kx) const {
    return x * l_.stride.w + kx * l_.dilation.w - l_.padding.left;
  }
  template <class Use>
  void each_kernel_position(const Use& use) const {
    for (std::int64_t ky = 0; ky < l_.kernel.h; ++ky) {
      for (std::int64_t kx = 0; kx < l_.kernel.w; ++kx) use(ky, kx);
    }
  }

  /// O[n, cout, output_y(y, ky), output_x(x, kx)] takes X[n, cin, y, x] W[cout, cin, ky, kx]: of a transposed layer.
  template <class Use>
  void forward_products(std::uint64_t n, std::uint64_t cout, std::int64_t oy, std::int64_t ox, const Use& use) const {
    const std::uint64_t group = cout / outputs_;
    for (std::uint64_t cin = 0; cin < inputs_; ++cin) {
      each_kernel_position([&](std::int64_t ky, std::int64_t kx) {
        const std::int64_t up = oy - output_y(0, ky);
        const std::int64_t left = ox - output_x(0, kx);
        if (up % l_.stride.h != 0 || left % l_.stride.w != 0) return;
        use(place_in(input_, n, group * inputs_ + cin, up / l_.stride.h, left / l_.stride.w),
            place_in(columns_, cout, cin, ky, kx));
      });
    }
  }
  template <class Use>
  void data_products(std::uint64_t n, std::uint64_t cin, std::int64_t y, std::int64_t x, const Use& use) const {
    const std::uint64_t group = cin / inputs_;
    for (std::uint64_t cout = group * outputs_; cout < (group + 1) * outputs_; ++cout) {
      each_kernel_position([&](std::int64_t ky, std::int64_t kx) {
        use(place_in(output_, n, cout, output_y(y, ky), output_x(x, kx)),
            place_in(columns_, cout, cin % inputs_, ky, kx));
      });
    }
  }
  template <class Use>
  void weight_products(std::uint64_t cout, std::uint64_t cin, std::uint64_t ky, std::uint64_t kx,
                       const Use& use) const {
    const std::uint64_t input = cout / outputs_ * inputs_ + cin;
    for (std::uint64_t n = 0; n < input_.n; ++n) {
      for (std::int64_t y = 0; y < signed_of(input_.h); ++y) {
        for (std::int64_t x = 0; x < signed_of(input_.w); ++x) {
          use(place_in(output_, n, cout, output_y(y, signed_of(ky)), output_x(x, signed_of(kx))),
              place_in(input_, n, input, y, x));
        }
      }
    }
  }

  /// O[b, n, m] = sum over k of X[b, k, m] C[b, k, n], maps of height 1.
  template <class Use>
  void matmul_products(pass_kind pass, std::uint64_t b, std::uint64_t c, std::uint64_t x, const Use& use) const {
    switch (pass) {
      case pass_kind::forward:
        for (std::uint64_t k = 0; k < l_.in_channels; ++k) {
          use(place_in(input_, b, k, 0, signed_of(x)), place_in(columns_, b, k, 0, signed_of(c)));
        }
        return;
      case pass_kind::backward_data:
        for (std::uint64_t n = 0; n < l_.out_channels; ++n) {
          use(place_in(output_, b, n, 0, signed_of(x)), place_in(columns_, b, c, 0, signed_of(n)));
        }
        return;
      case pass_kind::backward_weight:
        for (std::uint64_t m = 0; m < l_.input_size.w; ++m) {
          use(place_in(input_, b, c, 0, signed_of(m)), place_in(output_, b, x, 0, signed_of(m)));
        }
        return;
    }
  }

  const layer& l_;
  shape_4d input_;
  shape_4d output_;
  shape_4d columns_;
  std::uint64_t inputs_;
  std::uint64_t outputs_;
};

void expect_elements(std::size_t found, const shape_4d& shape) {
  if (found != shape.elements())
    throw simulation_error("direct reference: an operand has not the elements of its shape");
}

/// `use(index, n, c, y, x)` of every element.
template <class Use>
void each_element(const shape_4d& shape, const Use& use) {
  std::uint64_t index = 0;
  for (std::uint64_t n = 0; n < shape.n; ++n) {
    for (std::uint64_t c = 0; c < shape.c; ++c) {
      heed_stop();
      for (std::uint64_t y = 0; y < shape.h; ++y) {
        for (std::uint64_t x = 0; x < shape.w; ++x) use(index++, n, c, y, x);
      }
    }
  }
}

float value_at(std::span<const float> values, const place& where) {
  return where.element ? values[*where.element] : 0.0F;
}

/// Codes and the scales of their groups, without the mantissa that all scales share.
class scaled_codes {
 public:
  scaled_codes(const reference_codes& operand, const shape_4d& shape)
      : codes_(operand.codes), planes_(shape.n * shape.c), scales_(scales_in_sums(operand)) {
    expect_elements(codes_.size(), shape);
    if (scales_.empty()) scales_.push_back(1.0F);
  }
  [[nodiscard]] std::int64_t code(const place& where) const {
    return static_cast<std::int64_t>(value_at(codes_, where));
  }
  [[nodiscard]] std::uint64_t group(const place& where) const { return where.plane * scales_.size() / planes_; }
  [[nodiscard]] float scale(std::uint64_t group) const { return scales_[group]; }

 private:
  std::span<const float> codes_;
  std::uint64_t planes_;
  std::vector<float> scales_;
};

}  // namespace

bool has_direct_reference(const layer& l) {
  return l.is_transposed() || l.is_matmul();
}

std::vector<float> direct_sums(const layer& l, pass_kind pass, std::uint32_t batch, const pass_formats& formats,
                               const direct_operand& rows, const direct_operand& columns,
                               std::span<const float> sum_scales, std::uint64_t& saturated) {
  expect_elements(rows.multiplied.low.size(), rows.shape);
  expect_elements(columns.multiplied.low.size(), columns.shape);
  const definition products(l, batch);
  const shape_4d shape = products.shape(pass);
  return with_sums_of(formats, saturated, [&](const auto& add) {
    std::vector<typename std::decay_t<decltype(add)>::sum> sums(shape.elements(), 0);
    each_element(shape, [&](std::uint64_t i, std::uint64_t n, std::uint64_t c, std::uint64_t y, std::uint64_t x) {
      auto sum = sums[i];
      products.each_product(pass, n, c, y, x, [&](const place& row, const place& column) {
        for (std::size_t r = 0; r < rows.multiplied.parts(); ++r) {
          for (std::size_t p = 0; p < columns.multiplied.parts(); ++p) {
            sum = add(sum, value_at(rows.multiplied.part(r), row), value_at(columns.multiplied.part(p), column));
          }
        }
      });
      sums[i] = sum;
    });
    const bool has_channels = pass == pass_kind::forward;
    return finished_sums(sums, sum_scales,
                         [&](std::size_t i) { return has_channels ? i / (shape.h * shape.w) % shape.c : 0; });
  });
}

std::vector<float> direct_slice_sums(const layer& l, pass_kind pass, std::uint32_t batch, const pass_formats& formats,
                                     const shape_4d& row_shape, const reference_codes& rows,
                                     const shape_4d& column_shape, const reference_codes& columns) {
  const scaled_codes row_codes(rows, row_shape);
  const scaled_codes column_codes(columns, column_shape);
  const definition products(l, batch);
  const shape_4d shape = products.shape(pass);
  const pass_formats of_slices{.accumulator = formats.accumulator, .operation = formats.operation};
  std::uint64_t saturated = 0;
  std::vector<float> outputs = with_sums_of(of_slices, saturated, [&](const auto& add) {
    std::vector<float> sums(shape.elements());
    each_element(shape, [&](std::uint64_t i, std::uint64_t n, std::uint64_t c, std::uint64_t y, std::uint64_t x) {
      typename std::decay_t<decltype(add)>::sum sum = 0;
      std::int64_t whole = 0;
      std::optional<std::pair<std::uint64_t, std::uint64_t>> slice;
      const auto end_slice = [&] {
        if (slice) {
          sum = add(sum, static_cast<float>(whole), row_codes.scale(slice->first) * column_codes.scale(slice->second));
        }
        whole = 0;
      };
      products.each_product(pass, n, c, y, x, [&](const place& row, const place& column) {
        const std::pair groups(row_codes.group(row), column_codes.group(column));
        if (slice != groups) end_slice();
        slice = groups;
        whole += row_codes.code(row) * column_codes.code(column);
      });
      end_slice();
      sums[i] = static_cast<float>(sum);
    });
    return sums;
  });
  return finished_slices(std::move(outputs), rows, columns, formats.pointwise);
}

}  // namespace dlac
