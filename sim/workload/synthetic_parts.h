#pragma once
// The parts of a synthetic tensor's random stream; counter_rng::part() takes them.

#include <cstdint>

namespace dlac {

enum stream_part : std::uint64_t { factor_part, order_part, start_part, noise_part, image_part, structure_part };

}  // namespace dlac
