#include "sim/data/program_module.h"

#include <dlfcn.h>
#include <fmt/format.h>

#include <filesystem>
#include <vector>

#include "sim/core/error.h"
#include "sim/core/text.h"
#include "sim/data/program_place.h"

namespace dlac {
namespace {

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

/// What a dlopen() or dlsym() of this thread has to say.
std::string loader_error() {
  const char* const text = ::dlerror();  // NOLINT(concurrency-mt-unsafe): glibc keeps it for each thread
  constexpr std::size_t longest = 300;
  return text == nullptr ? "an unknown error" : one_line(text, longest);
}

}  // namespace

void* module_symbol(const std::string& name, const char* symbol, const std::string& expected) {
  std::string looked;
  for (const std::string& folder : module_folders()) {
    const std::string path = fmt::format("{}/{}", folder, name);
    std::error_code ignored;
    if (!std::filesystem::exists(path, ignored)) {
      looked += (looked.empty() ? " in " : " or ") + folder;
      continue;
    }
    // Never closed: its code may be asked for again, and libraries under it do not like to be loaded twice.
    void* const module = ::dlopen(path.c_str(), RTLD_NOW | RTLD_LOCAL);
    void* const found = module == nullptr ? nullptr : ::dlsym(module, symbol);
    if (found == nullptr) {
      throw input_error("dlac", "", fmt::format("{} cannot be loaded: {}", path, loader_error()), expected);
    }
    return found;
  }
  throw input_error("dlac", "", fmt::format("no {}{}", name, looked), expected);
}

}  // namespace dlac
