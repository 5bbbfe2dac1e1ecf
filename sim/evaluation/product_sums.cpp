#include "sim/evaluation/product_sums.h"

#include <algorithm>
#include <array>
#include <cmath>

#include "sim/core/stop.h"
#include "sim/core/vector_clones.h"
#include "sim/mapping/step_order.h"
#include "sim/numbers/product_sum.h"

namespace dlac {
namespace {

// A block of sums: so many elements of the operand with more of them side by side, for so many of the other.
constexpr std::size_t wide_lanes = step_matrix::padding;
// The compiler keeps a block of these sizes in vector registers; of 16 lanes it makes single numbers.
constexpr std::size_t narrow_lanes = 4;
static_assert(step_matrix::padding % narrow_lanes == 0);

template <class Sum>
using sum_block = std::array<std::array<Sum, wide_lanes>, narrow_lanes>;

/// The steps of a block.
struct block_steps {
  const float* wide = nullptr;
  std::uint64_t wide_stride = 0;
  const float* narrow = nullptr;
  std::uint64_t narrow_stride = 0;
  std::uint64_t count = 0;
};

/// Products are symmetrical: which of the operands is the wide one changes no bit.
template <class Add, class Sum>
DLAC_VECTOR_CLONES void add_steps(const block_steps& steps, sum_block<Sum>& block, sum_state& state) {
  sum_block<Sum> sums = block;
  sum_state inner = state;
  for (std::uint64_t k = 0; k < steps.count; ++k) {
    const float* const wide = steps.wide + k * steps.wide_stride;
    const float* const narrow = steps.narrow + k * steps.narrow_stride;
    for (std::size_t j = 0; j < narrow_lanes; ++j) {
      const float w = narrow[j];
      for (std::size_t i = 0; i < wide_lanes; ++i) {
        sums[j][i] = Add{}(wide[i], w, sums[j][i], inner);
      }
    }
  }
  block = sums;
  state = inner;
}

/// Takes the sums of a slice into `sums`, each scaled, as if they were products.
template <class Add, class Sum>
DLAC_VECTOR_CLONES void add_slice(const sum_block<Sum>& slice, const float* wide_scales, const float* narrow_scales,
                                  sum_block<float>& block, sum_state& state) {
  sum_block<float> sums = block;
  sum_state inner = state;
  for (std::size_t j = 0; j < narrow_lanes; ++j) {
    const float narrow = narrow_scales[j];
    for (std::size_t i = 0; i < wide_lanes; ++i) {
      sums[j][i] = Add{}(static_cast<float>(slice[j][i]), wide_scales[i] * narrow, sums[j][i], inner);
    }
  }
  block = sums;
  state = inner;
}

/// Sums of codes, exact as long as they are below 2^53.
struct add_exactly {
  double operator()(float a, float w, double sum, sum_state& /*state*/) const {
    return sum + static_cast<double>(a) * static_cast<double>(w);
  }
};
/// Likewise, of an accumulator that saturates after every product.
struct add_saturating {
  double operator()(float a, float w, double sum, sum_state& state) const {
    const double exact = sum + static_cast<double>(a) * static_cast<double>(w);
    const auto most = static_cast<double>(state.most);
    const double held = std::min(std::max(exact, -most - 1), most);
    state.saturated += held != exact ? 1 : 0;
    return held;
  }
};

float largest_in(const step_matrix& operand) {
  float largest = 0;
  for (const float value : operand.values) {
    largest = std::max(largest, std::fabs(value));
  }
  return largest;
}

/// Goes through the sums of a mmOp block by block.
class all_sums {
 public:
  all_sums(const mm_op_shape& shape, const mm_op_values& values, std::uint64_t steps, const step_matrix& rows,
           const step_matrix& columns)
      : shape_(shape),
        values_(values),
        steps_(steps),
        rows_are_wide_(shape.m >= shape.n),
        wide_(rows_are_wide_ ? rows : columns),
        narrow_(rows_are_wide_ ? columns : rows),
        state_(sum_state_of(values.formats().accumulator)) {
    result_.sums.resize(shape.m * shape.n);
  }

  mm_op_sums run() {
    const pass_formats& formats = values_.formats();
    if (formats.sums_slices()) {
      with_product_sum(formats, [&](auto add) { sum_slices<decltype(add)>(); });
    } else if (formats.accumulator.is_integer()) {
      sum_codes();
    } else {
      with_product_sum(formats, [&](auto add) {
        for_blocks([&](std::uint64_t wide, std::uint64_t narrow) {
          sum_block<float> block{};
          add_steps<decltype(add), float>(steps_from(wide, narrow, 0, steps_), block, state_);
          store(wide, narrow, block, [](float sum, std::uint64_t /*n*/) { return sum; });
        });
      });
    }
    finish();
    result_.saturated = state_.saturated;
    return std::move(result_);
  }

 private:
  [[nodiscard]] block_steps steps_from(std::uint64_t wide, std::uint64_t narrow, std::uint64_t first,
                                       std::uint64_t count) const {
    return {wide_.step(first) + wide, wide_.stride, narrow_.step(first) + narrow, narrow_.stride, count};
  }
  template <class Visit>
  void for_blocks(const Visit& visit) {
    for (std::uint64_t narrow = 0; narrow < narrow_.elements; narrow += narrow_lanes) {
      heed_stop();
      for (std::uint64_t wide = 0; wide < wide_.elements; wide += wide_lanes) {
        visit(wide, narrow);
      }
    }
  }
  /// visit(sum of the block, m, n) of those that are outputs.
  template <class Block, class Visit>
  void for_outputs(std::uint64_t wide, std::uint64_t narrow, Block& block, const Visit& visit) const {
    const auto narrow_count = std::min<std::uint64_t>(narrow_lanes, narrow_.elements - narrow);
    const auto wide_count = std::min<std::uint64_t>(wide_lanes, wide_.elements - wide);
    for (std::uint64_t j = 0; j < narrow_count; ++j) {
      for (std::uint64_t i = 0; i < wide_count; ++i) {
        rows_are_wide_ ? visit(block[j][i], wide + i, narrow + j) : visit(block[j][i], narrow + j, wide + i);
      }
    }
  }
  template <class Sum, class Scale>
  void store(std::uint64_t wide, std::uint64_t narrow, const sum_block<Sum>& block, const Scale& scaled) {
    for_outputs(wide, narrow, block,
                [&](Sum sum, std::uint64_t m, std::uint64_t n) { result_.sums[n * shape_.m + m] = scaled(sum, n); });
  }

  /// Whether the sums of so many products of codes are whole numbers that a float holds, in whatever order they come.
  [[nodiscard]] bool are_small(std::uint64_t products) const {
    return static_cast<double>(largest_in(wide_)) * largest_in(narrow_) * static_cast<double>(products) <= 0x1p24;
  }

  void sum_codes() {
    const auto scaled = [this](auto sum, std::uint64_t n) { return static_cast<float>(sum) * values_.sum_scale(n); };
    // What saturates beyond 2^24 or at once is added up as such.
    if (are_small(steps_) && state_.most >= std::int64_t{1} << 24U) {
      for_blocks([&](std::uint64_t wide, std::uint64_t narrow) {
        sum_block<float> block{};
        add_steps<add_fp32, float>(steps_from(wide, narrow, 0, steps_), block, state_);
        store(wide, narrow, block, scaled);
      });
      return;
    }
    // The padding's sums saturate nothing.
    for_blocks([&](std::uint64_t wide, std::uint64_t narrow) {
      sum_block<double> block{};
      add_steps<add_saturating, double>(steps_from(wide, narrow, 0, steps_), block, state_);
      store(wide, narrow, block, scaled);
    });
  }

  /// The scales of slices, one after the other, padded as the operand is.
  template <class Scale>
  static std::vector<float> slice_scales(const step_matrix& operand, std::uint64_t slices, const Scale& scale_of) {
    std::vector<float> scales(slices * operand.stride);
    for (std::uint64_t slice = 0; slice < slices; ++slice) {
      for (std::uint64_t i = 0; i < operand.elements; ++i) {
        scales[slice * operand.stride + i] = scale_of(i, slice);
      }
    }
    return scales;
  }

  template <class Add>
  void sum_slices() {
    const std::uint64_t length = slice_products(shape_, values_.formats()) * (steps_ / shape_.k);
    are_small(length) ? sum_slices_in<Add, add_fp32, float>(length) : sum_slices_in<Add, add_exactly, double>(length);
  }

  /// `Codes` adds up the codes of a slice of so many steps, as numbers of type `Sum`.
  template <class Add, class Codes, class Sum>
  void sum_slices_in(std::uint64_t length) {
    const std::uint64_t slices = steps_ / length;
    const auto row = [&](std::uint64_t m, std::uint64_t slice) { return values_.row_scale(m, slice * length); };
    const auto column = [&](std::uint64_t n, std::uint64_t slice) { return values_.column_scale(n, slice * length); };
    const auto wide_scales = rows_are_wide_ ? slice_scales(wide_, slices, row) : slice_scales(wide_, slices, column);
    const auto narrow_scales =
        rows_are_wide_ ? slice_scales(narrow_, slices, column) : slice_scales(narrow_, slices, row);
    for_blocks([&](std::uint64_t wide, std::uint64_t narrow) {
      sum_block<float> sums{};
      for (std::uint64_t slice = 0; slice < slices; ++slice) {
        sum_block<Sum> codes{};
        add_steps<Codes, Sum>(steps_from(wide, narrow, slice * length, length), codes, state_);
        add_slice<Add, Sum>(codes, wide_scales.data() + slice * wide_.stride + wide,
                            narrow_scales.data() + slice * narrow_.stride + narrow, sums, state_);
      }
      store(wide, narrow, sums, [](float sum, std::uint64_t /*n*/) { return sum; });
    });
  }

  /// In the end -0 becomes +0: what is skipped cannot tell (contract section 8).
  void finish() {
    if (const auto mantissa = values_.sum_mantissa(); mantissa && !values_.formats().accumulator.is_integer()) {
      for (float& sum : result_.sums) {
        sum = rounded(values_.formats().pointwise, double{sum} * *mantissa);
      }
    }
    for (float& sum : result_.sums) {
      sum += 0.0F;
    }
  }

  const mm_op_shape& shape_;
  const mm_op_values& values_;
  std::uint64_t steps_;
  bool rows_are_wide_;
  const step_matrix& wide_;
  const step_matrix& narrow_;
  sum_state state_;
  mm_op_sums result_;
};

}  // namespace

step_matrix::step_matrix(std::uint64_t steps, std::uint64_t count)
    : elements(count), stride((count + padding - 1) / padding * padding), values(steps * stride) {}

mm_op_sums product_sums(const mm_op_shape& shape, const mm_op_values& values, std::uint64_t steps,
                        const step_matrix& rows, const step_matrix& columns) {
  return all_sums(shape, values, steps, rows, columns).run();
}

}  // namespace dlac
