// The search with pagmo: all that there is in the module.

#include "sim/search/pareto_search.h"

#include <algorithm>
#include <cmath>
#include <limits>
#include <map>
#include <optional>
#include <pagmo/algorithms/nsga2.hpp>
#include <pagmo/bfe.hpp>
#include <pagmo/population.hpp>
#include <pagmo/problem.hpp>
#include <type_traits>
#include <unordered_set>
#include <utility>

#include "sim/search/combination.h"

namespace dlac {
namespace {

/// pagmo's decision vector. An individual has a gene for every axis with more than one value.
using genes = pagmo::vector_double;

class combination_search {
 public:
  combination_search(std::span<const std::size_t> sizes, std::size_t objectives, const search_callbacks& callbacks)
      : sizes_(sizes), objectives_(objectives), callbacks_(callbacks) {
    for (std::size_t axis = 0; axis < sizes.size(); ++axis) {
      if (sizes[axis] > 1) {
        free_axes_.push_back(axis);
      }
    }
  }

  [[nodiscard]] std::size_t objectives() const { return objectives_; }
  [[nodiscard]] std::size_t gene_count() const { return free_axes_.size(); }

  [[nodiscard]] std::pair<genes, genes> bounds() const {
    genes last;
    for (const auto axis : free_axes_) {
      last.push_back(static_cast<double>(sizes_[axis] - 1));
    }
    return {genes(gene_count(), 0), last};
  }

  [[nodiscard]] genes genes_of(std::uint64_t combination) const {
    const auto digits = digits_of(combination, sizes_);
    genes result;
    for (const auto axis : free_axes_) {
      result.push_back(static_cast<double>(digits[axis]));
    }
    return result;
  }

  /// `individuals` holds the genes of several, one after the other; so does the result their objectives.
  genes fitness_of(const genes& individuals) {
    const auto count = individuals.size() / gene_count();
    std::vector<std::uint64_t> combinations;
    std::vector<std::size_t> places;  // of the individuals that stand for them
    for (std::size_t i = 0; i < count; ++i) {
      if (const auto found = nearest_new(digits_of_genes(&individuals[i * gene_count()]))) {
        tried_.insert(*found);
        combinations.push_back(*found);
        places.push_back(i);
      }
    }
    genes fitness(count * objectives_, std::numeric_limits<double>::infinity());
    const auto values = callbacks_.evaluate(combinations);
    for (std::size_t i = 0; i < combinations.size(); ++i) {
      std::copy_n(values[i].begin(), objectives_,
                  fitness.begin() + static_cast<std::ptrdiff_t>(places[i] * objectives_));
      if (std::isfinite(values[i].front())) {
        by_values_.try_emplace(values[i], combinations[i]);
      }
    }
    return fitness;
  }

  /// An individual that gave way inherits what it was tried as. Of combinations with equal objectives any will do.
  void take_over_genes(pagmo::population& population) const {
    for (std::size_t i = 0; i < population.size(); ++i) {
      const auto values = population.get_f()[i];
      if (const auto found = by_values_.find(values); found != by_values_.end()) {
        population.set_xf(i, genes_of(found->second), values);
      }
    }
  }

 private:
  [[nodiscard]] std::vector<std::size_t> digits_of_genes(const double* individual) const {
    std::vector<std::size_t> digits(sizes_.size(), 0);
    for (const auto axis : free_axes_) {
      digits[axis] = static_cast<std::size_t>(*individual++);
    }
    return digits;
  }

  [[nodiscard]] std::optional<std::uint64_t> if_new(const std::vector<std::size_t>& digits) const {
    const auto combination = combination_with(digits, sizes_);
    return !tried_.contains(combination) && callbacks_.holds(combination) ? std::optional(combination) : std::nullopt;
  }

  /// The combination itself, or one whose value is a few positions away on one axis. The axis that is asked first goes
  /// round, so that none is preferred.
  std::optional<std::uint64_t> nearest_new(std::vector<std::size_t> digits) {
    if (const auto found = if_new(digits)) {
      return found;
    }
    constexpr std::size_t farthest = 64;
    ++turn_;
    for (std::size_t distance = 1; distance <= farthest; ++distance) {
      for (std::size_t i = 0; i < free_axes_.size(); ++i) {
        const auto axis = free_axes_[(turn_ + i) % free_axes_.size()];
        const auto digit = digits[axis];
        for (const auto other : {digit - distance, digit + distance}) {
          if (other >= sizes_[axis]) {  // a difference below 0 wraps
            continue;
          }
          digits[axis] = other;
          if (const auto found = if_new(digits)) {
            return found;
          }
        }
        digits[axis] = digit;
      }
    }
    return std::nullopt;
  }

  std::span<const std::size_t> sizes_;
  std::vector<std::size_t> free_axes_;
  std::size_t objectives_;
  const search_callbacks& callbacks_;
  std::unordered_set<std::uint64_t> tried_;
  std::map<objective_values, std::uint64_t> by_values_;
  std::size_t turn_ = 0;
};

/// What pagmo wants of a problem. It makes copies, so the search itself is elsewhere.
struct pagmo_problem {
  combination_search* search = nullptr;

  [[nodiscard]] genes fitness(const genes& individual) const { return search->fitness_of(individual); }
  [[nodiscard]] std::pair<genes, genes> get_bounds() const { return search->bounds(); }
  [[nodiscard]] std::size_t get_nobj() const { return search->objectives(); }
  [[nodiscard]] std::size_t get_nix() const { return search->gene_count(); }
};

/// Evaluates a generation at once.
struct pagmo_evaluator {
  combination_search* search = nullptr;

  genes operator()(const pagmo::problem& /*problem*/, const genes& individuals) const {
    return search->fitness_of(individuals);
  }
};

pagmo::population first_generation(combination_search& search, const std::vector<std::uint64_t>& combinations,
                                   std::uint32_t seed) {
  genes all;
  for (const auto combination : combinations) {
    const auto one = search.genes_of(combination);
    all.insert(all.end(), one.begin(), one.end());
  }
  const auto fitness = search.fitness_of(all);
  pagmo::population population(pagmo::problem(pagmo_problem{&search}), 0, seed);
  const auto objectives = static_cast<std::ptrdiff_t>(search.objectives());
  auto begin = fitness.begin();
  for (const auto combination : combinations) {
    population.push_back(search.genes_of(combination), genes(begin, begin + objectives));
    begin += objectives;
  }
  return population;
}

}  // namespace

extern "C" __attribute__((visibility("default"))) void dlac_search_pareto_front_1(
    std::span<const std::size_t> sizes, const std::vector<std::uint64_t>& first, std::size_t objectives,
    const search_settings& settings, const search_callbacks& callbacks) {
  combination_search search(sizes, objectives, callbacks);
  auto population = first_generation(search, first, settings.seed);
  // Probabilities as in the paper above, section IV; the distribution index is of real genes, of which there are none.
  constexpr double crossover = 0.9;
  constexpr double distribution = 20;
  const double mutation = 1.0 / static_cast<double>(search.gene_count());
  pagmo::nsga2 algorithm(1, crossover, distribution, mutation, distribution, settings.seed);
  algorithm.set_bfe(pagmo::bfe(pagmo_evaluator{&search}));
  for (std::uint32_t generation = 0; generation < settings.generations; ++generation) {
    population = algorithm.evolve(population);
    search.take_over_genes(population);
  }
}

static_assert(std::is_same_v<decltype(dlac_search_pareto_front_1), pareto_search_function>);

}  // namespace dlac
