#include "sim/validation/verdict.h"

#include <algorithm>
#include <cmath>
#include <cstddef>
#include <numeric>
#include <stdexcept>
#include <vector>

namespace dlac {
namespace {

/// From 1; equal values share the mean of their ranks.
std::vector<double> ranks(std::span<const double> values) {
  std::vector<std::size_t> order(values.size());
  std::iota(order.begin(), order.end(), std::size_t{0});
  std::sort(order.begin(), order.end(), [&](std::size_t a, std::size_t b) { return values[a] < values[b]; });
  std::vector<double> result(values.size());
  for (std::size_t begin = 0; begin < order.size();) {
    std::size_t end = begin + 1;
    while (end < order.size() && values[order[end]] == values[order[begin]]) {
      ++end;
    }
    const double shared = static_cast<double>(begin + 1 + end) / 2;
    for (; begin < end; ++begin) {
      result[order[begin]] = shared;
    }
  }
  return result;
}

}  // namespace

std::string_view to_string(verdict v) {
  switch (v) {
    case verdict::holds:
      return "holds";
    case verdict::fitted:
      return "fitted";
    case verdict::as_stated:
      return "as stated";
    case verdict::misses:
      return "misses";
    case verdict::off:
      return "off";
    case verdict::none:
      return "";
  }
  throw std::logic_error("no such verdict");
}

bool is_within(const figure_bounds& bounds, double measured) {
  return (!bounds.lowest || measured >= *bounds.lowest) && (!bounds.highest || measured <= *bounds.highest);
}

verdict judge(const figure& f, double measured) {
  if (!f.bounds) {
    return verdict::none;
  }
  if (!is_within(*f.bounds, measured)) {
    return f.misses ? verdict::misses : verdict::off;
  }
  switch (f.role) {
    case figure_role::calibrated:
      return verdict::fitted;
    case figure_role::stated:
      return verdict::as_stated;
    case figure_role::predicted:
    case figure_role::bounded:
    case figure_role::shown:
      break;
  }
  return verdict::holds;
}

std::optional<double> deviation(const figure& f, double measured) {
  return f.value && *f.value != 0 ? std::optional(measured / *f.value - 1) : std::nullopt;
}

double rank_correlation_with_order(std::span<const double> values) {
  const std::vector<double> rank = ranks(values);
  const double mean = (static_cast<double>(values.size()) + 1) / 2;
  double covariance = 0;
  double order_variance = 0;
  double rank_variance = 0;
  for (std::size_t i = 0; i < rank.size(); ++i) {
    const double order_distance = static_cast<double>(i + 1) - mean;
    const double rank_distance = rank[i] - mean;
    covariance += order_distance * rank_distance;
    order_variance += order_distance * order_distance;
    rank_variance += rank_distance * rank_distance;
  }
  return rank_variance == 0 ? 0 : covariance / std::sqrt(order_variance * rank_variance);
}

}  // namespace dlac
