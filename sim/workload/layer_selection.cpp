#include "sim/workload/layer_selection.h"

#include <fmt/format.h>
#include <fnmatch.h>

#include <algorithm>

#include "sim/core/error.h"
#include "sim/core/text.h"

namespace dlac {

bool matches_glob(const std::optional<std::string>& glob, const std::string& name) {
  return !glob || ::fnmatch(glob->c_str(), name.c_str(), 0) == 0;
}

namespace {

[[noreturn]] void fail_unmatched(const network& net, const std::string& glob, std::string_view user,
                                 std::string_view place) {
  std::vector<std::string_view> names;
  for (const layer& l : net.layers) {
    names.push_back(l.name);
  }
  throw input_error(user, place, in_quotes(glob),
                    fmt::format("a glob that matches a layer of {}, such as {}{}", one_line(net.file, 400),
                                in_quotes(names.front()), did_you_mean(glob, names)));
}

}  // namespace

std::vector<const layer*> select_layers(const network& net, const std::optional<std::string>& glob,
                                        std::string_view user, std::string_view place) {
  std::vector<const layer*> selected;
  for (const layer& l : net.layers) {
    if (matches_glob(glob, l.name)) {
      selected.push_back(&l);
    }
  }
  if (selected.empty()) {
    fail_unmatched(net, glob.value_or(""), user, place);
  }
  return selected;
}

std::vector<const layer*> select_layers(const network& net, const std::vector<std::string>& globs,
                                        std::string_view user) {
  std::vector<const layer*> selected;
  std::vector<bool> is_used(globs.size());
  for (const layer& l : net.layers) {
    bool is_selected = globs.empty();
    for (std::size_t i = 0; i < globs.size(); ++i) {
      if (matches_glob(globs[i], l.name)) {
        is_used[i] = true;
        is_selected = true;
      }
    }
    if (is_selected) {
      selected.push_back(&l);
    }
  }
  if (const auto unused = std::find(is_used.begin(), is_used.end(), false); unused != is_used.end()) {
    fail_unmatched(net, globs[static_cast<std::size_t>(unused - is_used.begin())], user, "");
  }
  return selected;
}

}  // namespace dlac
