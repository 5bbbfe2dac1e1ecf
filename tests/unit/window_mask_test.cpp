// The row operand's mask against its definition, pixel by pixel: any window, and those that have a way of their own.

#include "sim/mapping/window_mask.h"

#include <doctest/doctest.h>

#include "sim/workload/counter_rng.h"

namespace dlac::test {
namespace {

class draws {
 public:
  explicit draws(std::uint64_t seed) : random_(seed, "window_mask_test") {}
  std::uint64_t between(std::uint64_t least, std::uint64_t most) {
    return least + random_.below(most - least + 1, next_++);
  }

 private:
  counter_rng random_;
  std::uint64_t next_ = 0;
};

std::vector<std::int64_t> draw_offsets(draws& random, std::uint64_t extent) {
  std::vector<std::int64_t> offsets(random.between(1, 4));
  for (auto& offset : offsets) {
    offset = static_cast<std::int64_t>(random.between(0, extent + 2)) - 2;
  }
  return offsets;
}

row_window draw_window(draws& random) {
  row_window window;
  const bool is_large = random.between(0, 3) == 0;  // rows of more than a word
  window.source = {random.between(1, is_large ? 2 : 70), random.between(1, is_large ? 2 : 6),
                   random.between(1, is_large ? 30 : 9), random.between(1, is_large ? 70 : 9)};
  window.first_channel = static_cast<std::uint32_t>(random.between(0, window.source.c - 1));
  window.channels = static_cast<std::uint32_t>(random.between(1, window.source.c - window.first_channel));
  const bool is_small = random.between(0, 2) == 0;
  const bool is_plain = random.between(0, 2) == 0;  // whole rows, seen as they are
  const auto side = [&](std::uint64_t extent) {
    return static_cast<std::uint32_t>(is_small ? 1 : is_plain ? extent : random.between(1, 9));
  };
  window.positions = {side(window.source.h), side(window.source.w)};
  window.stride = {static_cast<std::uint32_t>(is_plain ? 1 : random.between(1, 3)),
                   static_cast<std::uint32_t>(is_plain ? 1 : random.between(1, 3))};
  window.y_offsets = draw_offsets(random, window.source.h);
  if (random.between(0, 1) == 0) {  // as many positions a row as pixels of either residue: shifted in one piece
    const auto stride = static_cast<std::uint32_t>(window.source.w % 2 == 0 ? random.between(1, 2) : 1);
    window.positions.w = static_cast<std::uint32_t>(window.source.w) / stride;
    window.stride = {stride, stride};
  }
  window.x_offsets = is_plain ? std::vector<std::int64_t>{0} : draw_offsets(random, window.source.w);
  return window;
}

bool sees_nonzero(const row_window& window, const tensor_mask& source, std::uint64_t row, std::uint64_t bit) {
  const auto x_offset = window.x_offsets[row % window.x_offsets.size()];
  const auto y_offset = window.y_offsets[row / window.x_offsets.size() % window.y_offsets.size()];
  const auto channel = window.first_channel + row / window.offsets();
  const auto q = static_cast<std::int64_t>(bit % window.positions.w);
  const auto p = static_cast<std::int64_t>(bit / window.positions.w % window.positions.h);
  const auto image = bit / window.positions.w / window.positions.h;
  const auto y = p * window.stride.h + y_offset;
  const auto x = q * window.stride.w + x_offset;
  return y >= 0 && x >= 0 && y < static_cast<std::int64_t>(window.source.h) &&
         x < static_cast<std::int64_t>(window.source.w) &&
         source.bits.test(image,
                          source.first_bit(channel, static_cast<std::uint64_t>(y)) + static_cast<std::uint64_t>(x));
}

tensor_mask draw_source(draws& random, const row_window& window) {
  tensor_mask source{window.source, bit_matrix(window.source.n, window.source.elements() / window.source.n)};
  for (std::uint64_t i = 0; i < window.source.elements(); ++i) {
    if (random.between(0, 1) == 1) {
      source.bits.set(i / source.bits.cols(), i % source.bits.cols());
    }
  }
  return source;
}

bool shows(const bit_matrix& mask, const row_window& window, const tensor_mask& source) {
  bool agree = mask.rows() == window.channels * window.offsets() && mask.cols() == window.all_positions();
  for (std::uint64_t row = 0; agree && row < mask.rows(); ++row) {
    for (std::uint64_t bit = 0; bit < mask.cols(); ++bit) {
      agree = agree && mask.test(row, bit) == sees_nonzero(window, source, row, bit);
    }
  }
  return agree;
}

}  // namespace

TEST_CASE("a window's mask has a bit where its offset meets a non-zero pixel") {
  for (std::uint64_t seed = 0; seed < 500; ++seed) {
    CAPTURE(seed);
    draws random(seed);
    const auto window = draw_window(random);
    const tensor_mask source = draw_source(random, window);
    REQUIRE(shows(window_mask(window, source), window, source));
  }
}

TEST_CASE("what a view keeps of a window serves its other groups, and no other window") {
  window_view view;
  for (std::uint64_t seed = 0; seed < 300; ++seed) {
    CAPTURE(seed);
    draws random(seed / 2);
    row_window window = draw_window(random);
    const tensor_mask source = draw_source(random, window);
    for (std::uint32_t channel = 0; channel + window.channels <= window.source.c; ++channel) {
      window.first_channel = channel;
      REQUIRE(shows(view.mask(window, source), window, source));
    }
    // The next one differs in a single thing.
    switch (random.between(0, 3)) {
      case 0:
        window.y_offsets = draw_offsets(random, window.source.h);
        break;
      case 1:
        window.x_offsets = draw_offsets(random, window.source.w);
        break;
      case 2:
        window.stride.h += 1;
        break;
      default:
        window.positions.h += 1;
        break;
    }
    REQUIRE(shows(view.mask(window, source), window, source));
  }
}

}  // namespace dlac::test
