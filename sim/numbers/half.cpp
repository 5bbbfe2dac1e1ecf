#include "sim/numbers/half.h"

namespace dlac {

void round_to_half(std::span<float> values) {
  for (float& value : values) value = round_to_half(value);
}

}  // namespace dlac
