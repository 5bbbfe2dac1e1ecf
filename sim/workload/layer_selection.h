#pragma once
// Layers of a network by a glob over their names.

#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "sim/workload/network.h"

namespace dlac {

/// Whether the shell's glob ("layer3.*") matches; no glob matches every name.
bool matches_glob(const std::optional<std::string>& glob, const std::string& name);

/// The layers that match any of the globs, all of them if there is none, in the network's order, as pointers into
/// `net`. `user` is where the globs were given: one that matches no layer is an input_error there.
std::vector<const layer*> select_layers(const network& net, const std::vector<std::string>& globs,
                                        std::string_view user);

/// The layers that match, at least one, as pointers into `net`. `user` and `place` are where the glob was given: a glob
/// that matches none is an input_error there.
std::vector<const layer*> select_layers(const network& net, const std::optional<std::string>& glob,
                                        std::string_view user, std::string_view place = "");

}  // namespace dlac
