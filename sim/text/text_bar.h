#pragma once
// A horizontal bar of block characters.

#include <cstddef>
#include <string>

namespace dlac {

/// `share` (0 to 1) of `width` characters, in eighths of a character, padded with blanks to `width` characters.
std::string text_bar(double share, std::size_t width);

}  // namespace dlac
