#include "sim/sweep/point_filter.h"

#include <algorithm>
#include <limits>
#include <optional>
#include <set>
#include <utility>

#include "sim/sweep/where.h"

namespace dlac {
namespace {

constexpr double none = std::numeric_limits<double>::quiet_NaN();

/// Where a number of a combination comes from: a value for each value of an axis group, or one for all.
struct number_source {
  std::optional<std::size_t> group;
  std::vector<double> values;
};

/// Every number that an expression may name, at any combination of the axes' values.
class number_table {
 public:
  /// A base is what holds where no axis says otherwise, for each value of the group that chooses among them.
  void add_base(const std::string& name, const nlohmann::json& value) { collect_numbers(value, "", bases_[name]); }

  void add_axis(std::size_t group, const sweep_axis& axis) {
    column_values column{.group = group, .key = axis.key};
    for (const auto& value : axis.values) {
      auto& numbers = column.numbers.emplace_back();
      if (axis.kind == axis_kind::config_file) {
        numbers = bases_[value.value.get<std::string>()];
      } else {
        collect_numbers(value.value, axis.name, numbers);
      }
    }
    if (axis.kind == axis_kind::config_file) {
      column.key = "";
    }
    columns_.push_back(std::move(column));
  }

  [[nodiscard]] std::vector<std::string> names() const {
    std::set<std::string> all;
    for (const auto& [name, numbers] : bases_) {
      for (const auto& number : numbers) {
        all.insert(number.first);
      }
    }
    for (const auto& column : columns_) {
      for (const auto& numbers : column.numbers) {
        for (const auto& number : numbers) {
          all.insert(number.first);
        }
      }
    }
    return {all.begin(), all.end()};
  }

  /// NaN where there is none: of memory.* without a memory.
  [[nodiscard]] number_source source_of(const std::string& name, const std::string& base) const {
    const column_values* source = nullptr;
    for (const auto& column : columns_) {
      if (column.key.empty()) {
        source = &column;  // the whole config, unless an axis says otherwise
      } else if (name == column.key || name.starts_with(column.key + ".")) {
        source = &column;
        break;
      }
    }
    if (source == nullptr) {
      return {std::nullopt, {found(bases_.at(base), name)}};
    }
    number_source result{source->group, {}};
    for (const auto& numbers : source->numbers) {
      result.values.push_back(found(numbers, name));
    }
    return result;
  }

 private:
  struct column_values {
    std::size_t group = 0;
    std::string key;  ///< it decides of this and all below; empty: of the whole config
    std::vector<std::map<std::string, double>> numbers = {};  ///< of each value
  };

  static double found(const std::map<std::string, double>& numbers, const std::string& name) {
    const auto place = numbers.find(name);
    return place == numbers.end() ? none : place->second;
  }

  std::map<std::string, std::map<std::string, double>> bases_;
  std::vector<column_values> columns_;
};

number_table table_of(const std::vector<axis_group>& groups, const std::map<std::string, nlohmann::json>& configs) {
  number_table table;
  for (const auto& [path, config] : configs) {
    table.add_base(path, config);
  }
  for (std::size_t g = 0; g < groups.size(); ++g) {
    for (const auto& axis : groups[g].axes) {
      table.add_axis(g, axis);
    }
  }
  return table;
}

}  // namespace

struct point_filter::state {
  where_expression where;
  derived_numbers derived;
  std::vector<number_source> sources;               ///< of the names that the expression uses
  std::vector<std::optional<std::size_t>> indices;  ///< of those that are derived, among all of these
  std::vector<double> values;
};

point_filter::point_filter(const std::string& where, const std::string& file, const std::vector<axis_group>& groups,
                           const std::map<std::string, nlohmann::json>& configs, const std::string& config,
                           derived_numbers derived) {
  const auto table = table_of(groups, configs);
  auto names = table.names();
  const auto plain = names.size();
  names.insert(names.end(), derived.names.begin(), derived.names.end());
  state_ = std::make_unique<state>(state{
      where_expression(where, {file, "/where", "a numeric key of the config, an axis, or " + derived.expected}, names),
      std::move(derived),
      {},
      {},
      {}});
  for (const auto index : state_->where.used()) {
    const bool is_derived = index >= plain;
    state_->sources.push_back(is_derived ? number_source{} : table.source_of(names[index], config));
    state_->indices.push_back(is_derived ? std::optional(index - plain) : std::nullopt);
  }
  state_->values.resize(state_->sources.size());
}

point_filter::~point_filter() = default;

bool point_filter::uses_derived() const {
  return std::any_of(state_->indices.begin(), state_->indices.end(),
                     [](const auto& index) { return index.has_value(); });
}

bool point_filter::holds(const std::vector<std::size_t>& digits) {
  state& s = *state_;
  std::vector<double> derived;
  if (uses_derived()) {
    derived = s.derived.at(digits);
  }
  for (std::size_t i = 0; i < s.values.size(); ++i) {
    const auto& [group, values] = s.sources[i];
    s.values[i] = s.indices[i] ? (derived.empty() ? none : derived[*s.indices[i]]) : values[group ? digits[*group] : 0];
  }
  return s.where.holds(s.values);
}

}  // namespace dlac
