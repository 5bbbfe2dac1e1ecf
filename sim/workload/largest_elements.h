#pragma once
// Which elements of a field are its largest: how a given number of places is chosen by noise.

#include <cstdint>
#include <span>
#include <vector>

namespace dlac {

/// Chooses field after field; keeps its scratch memory from one to the next.
class largest_elements {
 public:
  /// Sets the bits of the `count` largest elements of `field`, which are not negative, and clears those of the others;
  /// of equal ones at the limit, the first are taken. `words` has room for a bit an element, `count` is at most their
  /// number.
  void select(std::span<const std::int32_t> field, std::uint64_t count, std::span<std::uint64_t> words);

 private:
  struct element {
    std::int32_t value = 0;
    std::uint64_t index = 0;
  };
  void select_few(std::span<const std::int32_t> field, std::uint64_t count, std::span<std::uint64_t> words);
  void drop_smallest(std::span<const std::int32_t> field, std::uint64_t excess, std::span<std::uint64_t> marked);
  void order_tied(std::uint64_t count);

  std::vector<std::int16_t> keys_;    ///< the upper bits of every element
  std::vector<std::uint64_t> above_;  ///< bits of elements whose keys are above the limit
  std::vector<element> tied_;         ///< those whose keys are at the limit, or close above it
};

}  // namespace dlac
