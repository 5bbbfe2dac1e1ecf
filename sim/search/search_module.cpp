// Finds the module of the search, loads it, and hands over.

#include "sim/data/program_module.h"
#include "sim/search/pareto_search.h"

/// Of a program that has the search linked in, such as its tests: there nothing is loaded.
extern "C" __attribute__((weak)) dlac::pareto_search_function dlac_search_pareto_front_1;

namespace dlac {
namespace {

pareto_search_function* load() {
  if (dlac_search_pareto_front_1 != nullptr) {
    return dlac_search_pareto_front_1;
  }
  return reinterpret_cast<pareto_search_function*>(
      module_symbol("dlac-search.so", pareto_search_symbol,
                    "that module, which builds with pagmo have: it does what \"optimise\" asks for"));
}

}  // namespace

void search_pareto_front(std::span<const std::size_t> sizes, const std::vector<std::uint64_t>& first,
                         std::size_t objectives, const search_settings& settings, const search_callbacks& callbacks) {
  static pareto_search_function* const search = load();
  search(sizes, first, objectives, settings, callbacks);
}

}  // namespace dlac
