// Finds the module of the search, loads it, and hands over.

#include <dlfcn.h>
#include <fmt/format.h>

#include <filesystem>
#include <vector>

#include "sim/core/error.h"
#include "sim/core/text.h"
#include "sim/data/program_place.h"
#include "sim/search/pareto_search.h"

/// Of a program that has the search linked in, such as its tests: there nothing is loaded.
extern "C" __attribute__((weak)) dlac::pareto_search_function dlac_search_pareto_front_1;

namespace dlac {
namespace {

constexpr const char* module_name = "dlac-search.so";

/// Where it may lie: beside an installed program, or in the build folder.
std::vector<std::string> module_folders() {
  std::vector<std::string> folders;
  if (const auto program = program_folder()) {
    folders.push_back((std::filesystem::path(*program).parent_path() / "lib/dlac").string());
  }
  if (const auto built = build_path("modules")) {
    folders.push_back(*built);
  }
  return folders;
}

[[noreturn]] void fail(const std::string& found) {
  throw input_error("dlac", "", found, "that module, which builds with pagmo have: it does what \"optimise\" asks for");
}

/// What a dlopen() or dlsym() of this thread has to say.
std::string loader_error() {
  const char* const text = ::dlerror();  // NOLINT(concurrency-mt-unsafe): glibc keeps it for each thread
  constexpr std::size_t longest = 300;
  return text == nullptr ? "an unknown error" : one_line(text, longest);
}

pareto_search_function* load() {
  if (dlac_search_pareto_front_1 != nullptr) {
    return dlac_search_pareto_front_1;
  }
  std::string looked;
  for (const std::string& folder : module_folders()) {
    const std::string path = fmt::format("{}/{}", folder, module_name);
    std::error_code ignored;
    if (!std::filesystem::exists(path, ignored)) {
      looked += (looked.empty() ? " in " : " or ") + folder;
      continue;
    }
    // Never closed: its code may be asked for again, and libraries under it do not like to be loaded twice.
    void* const module = ::dlopen(path.c_str(), RTLD_NOW | RTLD_LOCAL);
    void* const symbol = module == nullptr ? nullptr : ::dlsym(module, pareto_search_symbol);
    if (symbol == nullptr) {
      fail(fmt::format("{} cannot be loaded: {}", path, loader_error()));
    }
    return reinterpret_cast<pareto_search_function*>(symbol);
  }
  fail(fmt::format("no {}{}", module_name, looked));
}

}  // namespace

void search_pareto_front(std::span<const std::size_t> sizes, const std::vector<std::uint64_t>& first,
                         std::size_t objectives, const search_settings& settings, const search_callbacks& callbacks) {
  static pareto_search_function* const search = load();
  search(sizes, first, objectives, settings, callbacks);
}

}  // namespace dlac
