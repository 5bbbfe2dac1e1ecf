#include "sim/workload/layer_selection.h"

#include <fmt/format.h>
#include <fnmatch.h>

#include "sim/core/error.h"
#include "sim/core/text.h"

namespace dlac {

bool matches_glob(const std::optional<std::string>& glob, const std::string& name) {
  return !glob || ::fnmatch(glob->c_str(), name.c_str(), 0) == 0;
}

std::vector<const layer*> select_layers(const network& net, const std::optional<std::string>& glob,
                                        std::string_view user, std::string_view place) {
  std::vector<const layer*> selected;
  for (const layer& l : net.layers) {
    if (matches_glob(glob, l.name)) {
      selected.push_back(&l);
    }
  }
  if (selected.empty()) {
    std::vector<std::string_view> names;
    for (const layer& l : net.layers) {
      names.push_back(l.name);
    }
    throw input_error(user, place, in_quotes(*glob),
                      fmt::format("a glob that matches a layer of {}, such as {}{}", one_line(net.file, 400),
                                  in_quotes(names.front()), did_you_mean(*glob, names)));
  }
  return selected;
}

}  // namespace dlac
