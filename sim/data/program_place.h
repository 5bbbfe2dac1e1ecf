#pragma once
// Where the running program lies, and what lies around it. Nothing of this is compiled in: a program that was moved or
// installed finds its data from where it is now, and holds no path of the machine that built it.

#include <optional>
#include <string>

namespace dlac {

/// The folder of the running program's file, symbolic links followed; nothing where the system does not tell.
std::optional<std::string> program_folder();

/// A line of the file `dlac-build.paths` beside the program: KEY=PATH. Only build folders have one, which a build
/// writes; an installed program finds what it needs by its place.
std::optional<std::string> build_path(const std::string& key);

}  // namespace dlac
