#pragma once
// The expression that says which points a sweep has: arithmetic and comparisons of named numbers, as muParser reads
// them (+ - * / ^ < <= == != >= > && || ?: min max floor... ; "grid.rows" is a name).

#include <cstddef>
#include <memory>
#include <span>
#include <string>
#include <vector>

namespace dlac {

class where_expression {
 public:
  /// `names` are those it may use. A mistake in it is an input_error at /where of `file`.
  where_expression(const std::string& text, const std::string& file, const std::vector<std::string>& names);
  ~where_expression();
  where_expression(const where_expression&) = delete;
  where_expression& operator=(const where_expression&) = delete;

  /// Positions in `names` of those it does use.
  [[nodiscard]] const std::vector<std::size_t>& used() const;
  /// Whether it is a number other than zero, for these values of the used names, in their order.
  bool holds(std::span<const double> values);

 private:
  struct state;
  std::unique_ptr<state> state_;
};

}  // namespace dlac
