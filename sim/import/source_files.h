#pragma once
// The files of a folder that an import reads.

#include <string>
#include <string_view>
#include <vector>

namespace dlac {

/// Whether one name comes before another: by characters, but numbers in them by their value (layer2 before layer10).
bool comes_before(std::string_view a, std::string_view b);

/// The regular files of the folder whose names end in one of `endings`, in the order of comes_before(). Throws
/// input_error for a folder that cannot be read.
std::vector<std::string> files_of(const std::string& folder, const std::vector<std::string_view>& endings);

}  // namespace dlac
