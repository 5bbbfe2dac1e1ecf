#pragma once
// Uniform noise, and the places where a field of it is largest: how a given number of elements is chosen at random.

#include <cstdint>
#include <span>
#include <vector>

#include "sim/workload/counter_rng.h"

namespace dlac {

/// Independent numbers of 16 bits, four of every random one.
void draw_uniform(const counter_rng& random, std::span<std::int32_t> field);

/// Sets the bits of the `count` largest elements of `field`, which are not negative, and clears those of the others; of
/// equal ones at the limit, the first are taken. `words` has room for a bit an element, `count` is at most their
/// number.
void select_largest(std::span<const std::int32_t> field, std::uint64_t count, std::vector<std::int32_t>& scratch,
                    std::span<std::uint64_t> words);

}  // namespace dlac
