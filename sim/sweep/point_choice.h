#pragma once
// Which combinations of the axes' values (sim/search/combination.h) are points.

#include <cstdint>
#include <functional>
#include <optional>
#include <span>
#include <string>
#include <vector>

#include "sim/sweep/sweep_file.h"

namespace dlac {

/// How many there are. More than 2^62 are an input_error of `file`.
std::uint64_t combinations(std::span<const std::size_t> sizes, const std::string& file);

/// The points, in increasing order of their combinations (all, or a random sample) or as drawn (latin-hypercube, which
/// gives every axis each of its values equally often, before `holds` and repeated points take some away).
/// No points, more than most_sweep_points, or a grid too large to go through is an input_error of `file`; so are fewer
/// than a random sample wants, at `count_pointer`.
std::vector<std::uint64_t> choose_points(std::span<const std::size_t> sizes, const std::optional<sweep_sample>& sample,
                                         const std::function<bool(std::uint64_t)>& holds, const std::string& file,
                                         const std::string& count_pointer = "/sample/points");

}  // namespace dlac
