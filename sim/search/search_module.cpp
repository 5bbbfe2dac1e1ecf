// Finds the module of the search, loads it, and hands over.

#include "sim/data/program_module.h"
#include "sim/search/pareto_search.h"

/// Of a program that has the search linked in, such as its tests: there nothing is loaded.
extern "C" __attribute__((weak)) dlac::pareto_search_function dlac_search_pareto_front_1;

namespace dlac {

void search_pareto_front(std::span<const std::size_t> sizes, const std::vector<std::uint64_t>& first,
                         std::size_t objectives, const search_settings& settings, const search_callbacks& callbacks) {
  static auto* const search =
      linked_or_loaded(dlac_search_pareto_front_1, "dlac-search.so", pareto_search_symbol,
                       "that module, which builds with pagmo have: it does what \"optimise\" asks for");
  search(sizes, first, objectives, settings, callbacks);
}

}  // namespace dlac
