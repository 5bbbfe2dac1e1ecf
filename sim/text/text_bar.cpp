#include "sim/text/text_bar.h"

#include <algorithm>
#include <array>
#include <cmath>
#include <string_view>

#include "sim/text/text_table.h"

namespace dlac {

std::string text_bar(double share, std::size_t width) {
  constexpr std::array<std::string_view, 8> eighths = {"", "▏", "▎", "▍", "▌", "▋", "▊", "▉"};
  const auto length = static_cast<std::size_t>(std::lround(share * 8 * static_cast<double>(width)));
  std::string result;
  for (std::size_t i = 0; i < length / 8; ++i) {
    result += "█";
  }
  result += eighths[length % 8];
  return result + std::string(width - std::min(width, character_count(result)), ' ');
}

}  // namespace dlac
