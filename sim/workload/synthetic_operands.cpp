#include "sim/workload/synthetic_operands.h"

#include <span>

#include "sim/core/stop.h"
#include "sim/workload/counter_rng.h"
#include "sim/workload/largest_elements.h"
#include "sim/workload/noise.h"
#include "sim/workload/synthetic_parts.h"
#include "sim/workload/synthetic_shares.h"
#include "sim/workload/synthetic_structure.h"

namespace dlac {

namespace {

/// A tensor of regions in rows of the result, one after the other; a region is planes of h x w.
struct tensor_layout {
  region_layout regions;
  std::uint64_t rows = 0;
  std::uint64_t regions_per_row = 0;
  std::uint64_t planes = 0;
  std::uint64_t h = 0;
  std::uint64_t w = 0;
};

bit_matrix all_set(std::uint64_t rows, std::uint64_t cols) {
  bit_matrix bits(rows, cols);
  for (std::uint64_t row = 0; row < rows; ++row) {
    heed_stop();
    set_bits(bits.row(row), 0, cols);
  }
  return bits;
}

/// Fills regions one after the other.
class region_filler {
 public:
  region_filler(const synthetic_source& source, const tensor_layout& layout, const counter_rng& random)
      : layout_(layout),
        noise_(random.part(noise_part)),
        generator_(layout.h, layout.w, source.cluster),
        field_(layout.regions.elements),
        chosen_(words_for_bits(layout.regions.elements)) {}

  /// Sets `count` bits of region `region`, which begins at bit `first` of `row`. A full one needs no noise.
  void fill(std::uint64_t region, std::uint64_t count, std::span<std::uint64_t> row, std::uint64_t first) {
    if (count == field_.size()) {
      set_bits(row, first, first + count);
      return;
    }
    const std::uint64_t plane_elements = layout_.h * layout_.w;
    for (std::uint64_t p = 0; p < layout_.planes; ++p) {
      generator_.fill(noise_.part(region * layout_.planes + p),
                      std::span(field_).subspan(p * plane_elements, plane_elements));
    }
    largest_.select(field_, count, chosen_);
    copy_bits(row, first, chosen_, 0, field_.size());
  }

 private:
  const tensor_layout& layout_;
  counter_rng noise_;
  noise_field generator_;
  std::vector<std::int32_t> field_;
  largest_elements largest_;
  std::vector<std::uint64_t> chosen_;
};

bit_matrix draw(const synthetic_source& source, std::string_view name, const tensor_layout& layout) {
  const std::uint64_t elements = layout.regions.elements;
  const std::uint64_t cols = layout.regions_per_row * elements;
  const std::uint64_t nonzeros = all_nonzeros(source.density, layout.regions);
  if (nonzeros == layout.regions.all_elements()) {
    return all_set(layout.rows, cols);
  }
  bit_matrix bits(layout.rows, cols);
  if (nonzeros == 0) {
    return bits;
  }
  const counter_rng random(source.seed, name);
  const region_counts counts(source, layout.regions, random);
  region_filler filler(source, layout, random);
  std::uint64_t region = 0;
  std::uint64_t row = 0;
  std::uint64_t first = 0;
  for (std::uint64_t image = 0; image < layout.regions.images; ++image) {
    for (std::uint64_t channel = 0; channel < layout.regions.channels; ++channel, ++region) {
      heed_stop();
      if (const auto count = counts.of(image, channel); count > 0) {
        filler.fill(region, count, bits.row(row), first);
      }
      first += elements;
      if (first == cols) {
        first = 0;
        ++row;
      }
    }
  }
  return bits;
}

}  // namespace

tensor_mask synthetic_feature_map(const synthetic_source& source, std::string_view name, const shape_4d& shape) {
  if (source.structure) {
    return {shape, structured_feature_map(source, name, shape)};
  }
  return {shape, draw(source, name,
                      {.regions = {.images = shape.n, .channels = shape.c, .elements = shape.h * shape.w},
                       .rows = shape.n,
                       .regions_per_row = shape.c,
                       .planes = 1,
                       .h = shape.h,
                       .w = shape.w})};
}

tensor_mask synthetic_weights(const synthetic_source& source, std::string_view name, const shape_4d& shape) {
  if (source.structure) {
    return {shape, structured_weights(source, name, shape)};
  }
  return {shape, draw(source, name,
                      {.regions = {.images = 1, .channels = shape.n, .elements = shape.c * shape.h * shape.w},
                       .rows = shape.n,
                       .regions_per_row = 1,
                       .planes = shape.c,
                       .h = shape.h,
                       .w = shape.w})};
}

}  // namespace dlac
