#pragma once
// Bytes between the chip and its memory, by what they are of. Which tensors are the operands hangs on the pass: rows
// are activations, in backward-data gradients; columns are weights, in backward-weight gradients.

#include <cstdint>

namespace dlac {

struct memory_traffic {
  std::uint64_t columns = 0;   ///< column operands, read
  std::uint64_t rows = 0;      ///< row operands, read
  std::uint64_t outputs = 0;   ///< written
  std::uint64_t streamed = 0;  ///< outputs, read again to be requantised
  [[nodiscard]] std::uint64_t read() const { return columns + rows + streamed; }
  memory_traffic& operator+=(const memory_traffic& more) {
    columns += more.columns;
    rows += more.rows;
    outputs += more.outputs;
    streamed += more.streamed;
    return *this;
  }
  friend bool operator==(const memory_traffic&, const memory_traffic&) = default;
};

}  // namespace dlac
