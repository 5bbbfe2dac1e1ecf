#pragma once
// The columns of a SCALE-Sim topology: which title stands for what, and the fields of a row by their columns.

#include <array>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "sim/core/types.h"
#include "sim/text/csv_reader.h"
#include "sim/workload/operand_source.h"

namespace dlac {

enum class column {
  name,
  input_height,
  input_width,
  filter_height,
  filter_width,
  channels,
  filters,
  strides,
  stride_height,
  stride_width,
  m,
  n,
  k,
  batch,
  sparsity,
};

/// What the header says.
class topology_columns {
 public:
  /// Throws input_error for a header that is none, lacks a column, or has one that is not known.
  topology_columns(const csv_row& header, const std::string& file);

  /// A layer is M, N, K; otherwise a convolution.
  [[nodiscard]] bool is_products() const { return place_of(column::m).has_value(); }
  [[nodiscard]] std::optional<std::size_t> place_of(column which) const {
    return places_[static_cast<std::size_t>(which)];
  }
  /// As the header writes it.
  [[nodiscard]] const std::string& title(column which) const { return titles_[*place_of(which)]; }
  /// How many columns have a title.
  [[nodiscard]] std::size_t titled() const { return titles_.size(); }

 private:
  void require(column which, const std::string& file, const std::string& place) const;

  static constexpr std::size_t columns = static_cast<std::size_t>(column::sparsity) + 1;
  std::array<std::optional<std::size_t>, columns> places_;
  std::vector<std::string> titles_;
};

/// One row by the columns of its header. Behind the last title a row may have what the header forgot: N:M, the stride
/// of the other direction (of a matrix product: its batch), and a remark that begins with #.
class row_values {
 public:
  /// Throws input_error for a field under no title that is none of these.
  row_values(const topology_columns& columns, const csv_row& row, const std::string& file);

  [[nodiscard]] std::string name() const;
  /// "row 7"
  [[nodiscard]] std::string place() const { return row_.place(); }
  /// "7"
  [[nodiscard]] std::string line() const { return std::to_string(row_.line); }
  /// From 1 to what a workload can have.
  [[nodiscard]] std::uint32_t number(column which) const;
  [[nodiscard]] size_2d strides() const;
  [[nodiscard]] std::uint32_t batch() const;
  [[nodiscard]] std::optional<n_of_m> sparsity() const;

 private:
  [[nodiscard]] std::string place_of(column which) const;
  [[nodiscard]] std::optional<std::string_view> field(column which) const;
  [[nodiscard]] n_of_m rule_in(std::string_view text, const std::string& place) const;

  const topology_columns& columns_;
  const csv_row& row_;
  const std::string& file_;
  std::optional<std::uint32_t> untitled_number_;
  std::optional<n_of_m> untitled_rule_;
};

}  // namespace dlac
