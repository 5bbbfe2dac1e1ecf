#pragma once
// A list that never changes and is shared by its copies: what hundreds of mmOps have in common is in memory once.

#include <cstddef>
#include <initializer_list>
#include <memory>
#include <utility>
#include <vector>

namespace dlac {

template <typename T>
class shared_list {
 public:
  shared_list() = default;
  // NOLINTNEXTLINE(google-explicit-constructor): a list is what its elements are given as
  shared_list(std::vector<T> elements) : elements_(std::make_shared<const std::vector<T>>(std::move(elements))) {}
  shared_list(std::initializer_list<T> elements) : shared_list(std::vector<T>(elements)) {}

  [[nodiscard]] std::size_t size() const { return elements_ ? elements_->size() : 0; }
  [[nodiscard]] bool empty() const { return size() == 0; }
  [[nodiscard]] const T* begin() const { return elements_ ? elements_->data() : nullptr; }
  [[nodiscard]] const T* end() const { return begin() + size(); }
  [[nodiscard]] const T& operator[](std::size_t i) const { return (*elements_)[i]; }

 private:
  std::shared_ptr<const std::vector<T>> elements_;
};

}  // namespace dlac
