#include "sim/sweep/point_choice.h"

#include <fmt/format.h>

#include <algorithm>
#include <numeric>
#include <unordered_set>
#include <utility>

#include "sim/core/error.h"
#include "sim/workload/counter_rng.h"

namespace dlac {
namespace {

constexpr std::uint64_t most_combinations = std::uint64_t{1} << 62U;
/// Of a full grid, of which `where` keeps some.
constexpr std::uint64_t most_examined = 20'000'000;

std::vector<std::uint64_t> all_points(std::uint64_t all, const std::function<bool(std::uint64_t)>& holds,
                                      const std::string& file) {
  if (all > most_examined) {
    throw input_error(file, "/axes", fmt::format("{} combinations", all),
                      fmt::format("at most {}, or a \"sample\" of them", most_examined));
  }
  std::vector<std::uint64_t> points;
  for (std::uint64_t combination = 0; combination < all; ++combination) {
    if (!holds(combination)) {
      continue;
    }
    points.push_back(combination);
    if (points.size() > most_sweep_points) {
      throw input_error(file, "/axes", fmt::format("more than {} points", most_sweep_points),
                        "fewer, or a \"sample\" of them");
    }
  }
  return points;
}

/// 0 to bound - 1 with equal chances, up to a bias of bound / 2^64.
std::uint64_t below(std::uint64_t random, std::uint64_t bound) {
  __extension__ using wide = unsigned __int128;
  return static_cast<std::uint64_t>((wide{random} * bound) >> 64U);
}

/// Of all that hold, where drawing finds too few.
std::vector<std::uint64_t> random_points_of(std::vector<std::uint64_t> points, const sweep_sample& sample,
                                            const counter_rng& random, const std::string& file,
                                            const std::string& count_pointer) {
  if (!points.empty() && points.size() < sample.points) {
    throw input_error(file, count_pointer, std::to_string(sample.points),
                      fmt::format("at most {}, as many as there are", points.size()));
  }
  for (std::uint64_t i = 0; i < std::min<std::uint64_t>(points.size(), sample.points); ++i) {
    std::swap(points[i], points[i + below(random(i), points.size() - i)]);
  }
  points.resize(std::min<std::size_t>(points.size(), sample.points));
  std::sort(points.begin(), points.end());
  return points;
}

std::vector<std::uint64_t> random_points(std::uint64_t all, const sweep_sample& sample,
                                         const std::function<bool(std::uint64_t)>& holds, const std::string& file,
                                         const std::string& count_pointer) {
  // Drawing is given up where going through all combinations is sure to be shorter: when it has missed each of them so
  // many times. (So few are missed that nearly all that hold have been drawn by then.) Where there are too many to go
  // through, some tries for each point, and so many in all, have to do.
  constexpr std::uint64_t misses_per_combination = 4;
  constexpr std::uint64_t tries_per_point = 1000;
  constexpr std::uint64_t most_tries = 50'000'000;
  const counter_rng random(sample.seed, "sweep.random");
  std::unordered_set<std::uint64_t> chosen;
  std::uint64_t misses = 0;
  for (std::uint64_t i = 0; chosen.size() < sample.points; ++i) {
    const bool is_small = all <= most_examined;
    if (is_small && (misses > all * misses_per_combination || i == sample.points * tries_per_point)) {
      return random_points_of(all_points(all, holds, file), sample, random.part(0), file, count_pointer);
    }
    if (!is_small && i == std::min(sample.points * tries_per_point, most_tries)) {
      throw input_error(file, count_pointer, std::to_string(sample.points),
                        fmt::format("not more points than there are: {} of {} combinations were found in {} tries",
                                    chosen.size(), all, i));
    }
    const auto combination = below(random(i), all);
    if (chosen.contains(combination)) {
      continue;
    }
    if (holds(combination)) {
      chosen.insert(combination);
    } else {
      ++misses;
    }
  }
  std::vector<std::uint64_t> points(chosen.begin(), chosen.end());
  std::sort(points.begin(), points.end());
  return points;
}

/// Position i of axis `axis` lies in a stratum of its own among `points` equal ones.
std::vector<std::size_t> stratified_digits(const sweep_sample& sample, std::size_t axis, std::size_t size) {
  const auto random = counter_rng(sample.seed, "sweep.latin-hypercube").part(axis);
  std::vector<std::uint64_t> strata(sample.points);
  std::iota(strata.begin(), strata.end(), 0);
  for (std::uint64_t i = sample.points; i > 1; --i) {
    std::swap(strata[i - 1], strata[random.below(i, i)]);
  }
  std::vector<std::size_t> digits(sample.points);
  for (std::uint64_t i = 0; i < sample.points; ++i) {
    constexpr std::uint64_t parts = std::uint64_t{1} << 20U;  // of a stratum
    const auto place = strata[i] * parts + random.below(parts, sample.points + 1 + i);
    digits[i] = static_cast<std::size_t>(place * size / (sample.points * parts));
  }
  return digits;
}

std::vector<std::uint64_t> latin_hypercube(std::span<const std::size_t> sizes, const sweep_sample& sample,
                                           const std::function<bool(std::uint64_t)>& holds) {
  std::vector<std::uint64_t> drawn(sample.points, 0);
  for (std::size_t axis = 0; axis < sizes.size(); ++axis) {
    const auto digits = stratified_digits(sample, axis, sizes[axis]);
    for (std::size_t i = 0; i < drawn.size(); ++i) {
      drawn[i] = drawn[i] * sizes[axis] + digits[i];
    }
  }
  std::vector<std::uint64_t> points;
  std::unordered_set<std::uint64_t> seen;
  for (const auto combination : drawn) {
    if (holds(combination) && seen.insert(combination).second) {
      points.push_back(combination);
    }
  }
  return points;
}

}  // namespace

std::uint64_t combinations(std::span<const std::size_t> sizes, const std::string& file) {
  std::uint64_t product = 1;
  for (const auto size : sizes) {
    if (size > most_combinations / product) {
      throw input_error(file, "/axes", "more than 2^62 combinations", "fewer values");
    }
    product *= size;
  }
  return product;
}

std::vector<std::uint64_t> choose_points(std::span<const std::size_t> sizes, const std::optional<sweep_sample>& sample,
                                         const std::function<bool(std::uint64_t)>& holds, const std::string& file,
                                         const std::string& count_pointer) {
  const auto all = combinations(sizes, file);
  auto points = !sample                               ? all_points(all, holds, file)
                : sample->kind == sample_kind::random ? random_points(all, *sample, holds, file, count_pointer)
                                                      : latin_hypercube(sizes, *sample, holds);
  if (points.empty()) {
    throw input_error(file, "/where", "no point that it holds for", "an expression that holds for some");
  }
  return points;
}

}  // namespace dlac
