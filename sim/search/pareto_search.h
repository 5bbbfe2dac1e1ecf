#pragma once
// A search for the combinations of axis values that no other beats in several objectives at once, where trying all of
// them would take too long: NSGA-II (K. Deb, A. Pratap, S. Agarwal, T. Meyarivan, "A fast and elitist multiobjective
// genetic algorithm: NSGA-II", IEEE Trans. Evolutionary Computation 6 (2), 2002), as pagmo2 implements it. A gene is
// the position of a value on its axis. The same seed goes the same way, whatever runs the combinations.

#include <cstddef>
#include <cstdint>
#include <functional>
#include <span>
#include <vector>

namespace dlac {

struct search_settings {
  std::uint32_t population = 40;   ///< combinations in a generation: a multiple of 4, at least 8 (pagmo's NSGA-II)
  std::uint32_t generations = 20;  ///< after the first one
  std::uint32_t seed = 0;
};

/// Numbers to be minimised; infinite, all of them, where a combination has none.
using objective_values = std::vector<double>;

/// The objectives of a generation's combinations. None is asked for twice in a search.
using search_evaluation = std::function<std::vector<objective_values>(const std::vector<std::uint64_t>&)>;

struct search_callbacks {
  std::function<bool(std::uint64_t)> holds;  ///< whether a combination belongs to the space
  search_evaluation evaluate;                ///< of combinations that do
};

/// `first`: the first generation, distinct combinations of the space, as many as the population has. A child that is
/// not of the space, or was tried before, gives way to the nearest new combination on one axis, where there is one:
/// every generation has as many new combinations, or fewer when the space gets used up. One axis at least has two
/// values. Passes on what a callback throws. It is done by a module, lib/dlac/dlac-search.so, that is loaded now; where
/// it is not there, or cannot be loaded, that is an input_error.
void search_pareto_front(std::span<const std::size_t> sizes, const std::vector<std::uint64_t>& first,
                         std::size_t objectives, const search_settings& settings, const search_callbacks& callbacks);

/// What the module has under the name below: the same function.
using pareto_search_function = void(std::span<const std::size_t> sizes, const std::vector<std::uint64_t>& first,
                                    std::size_t objectives, const search_settings& settings,
                                    const search_callbacks& callbacks);
inline constexpr const char* pareto_search_symbol = "dlac_search_pareto_front_1";  // with every change to it a new one

}  // namespace dlac
