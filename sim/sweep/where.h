#pragma once
// An expression that says which points are meant: arithmetic and comparisons of named numbers, as muParser reads them
// (+ - * / ^ < <= == != >= > && || ?: min max floor... ; "grid.rows" is a name).

#include <cstddef>
#include <map>
#include <memory>
#include <span>
#include <string>
#include <vector>

#include <nlohmann/json_fwd.hpp>

namespace dlac {

/// Adds the numbers of `value`, which stands at `key` ("grid.rows"), by their names; truth values are 1 and 0.
void collect_numbers(const nlohmann::json& value, const std::string& key, std::map<std::string, double>& numbers);

/// Where an expression stands, and what its names are, for messages.
struct where_place {
  std::string file;     ///< or option
  std::string pointer;  ///< empty of an option
  std::string names = "a numeric key of the config, or an axis";
};

class where_expression {
 public:
  /// `names` are those it may use. A mistake in it is an input_error at its place.
  where_expression(const std::string& text, where_place place, const std::vector<std::string>& names);
  ~where_expression();
  where_expression(where_expression&&) noexcept;
  where_expression& operator=(where_expression&&) = delete;

  /// Positions in `names` of those it does use.
  [[nodiscard]] const std::vector<std::size_t>& used() const;
  /// What it is for these values of the used names, in their order: not finite where it has no value (1/0).
  double value(std::span<const double> values);
  /// Whether it is a number other than zero.
  bool holds(std::span<const double> values);

 private:
  struct state;
  std::unique_ptr<state> state_;
};

}  // namespace dlac
