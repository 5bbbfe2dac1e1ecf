#include "sim/sweep/point_filter.h"

#include <fmt/format.h>

#include <cmath>
#include <limits>
#include <set>
#include <utility>

#include "sim/sweep/where.h"

namespace dlac {
namespace {

constexpr double none = std::numeric_limits<double>::quiet_NaN();

double number_of(const nlohmann::json& value) {
  return value.is_number() ? value.get<double>() : value.is_boolean() ? static_cast<double>(value.get<bool>()) : none;
}

/// Adds the numbers and truth values of `value`, which stands at `key`: "grid.rows".
void collect_numbers(const nlohmann::json& value, const std::string& key, std::map<std::string, double>& numbers) {
  if (value.is_object()) {
    for (const auto& [name, member] : value.items()) {
      collect_numbers(member, key.empty() ? name : fmt::format("{}.{}", key, name), numbers);
    }
  } else if (!std::isnan(number_of(value))) {
    numbers[key] = number_of(value);
  }
}

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
  [[nodiscard]] double at(const std::string& name, const std::vector<std::size_t>& digits,
                          const std::string& base) const {
    const column_values* whole_config = nullptr;
    for (const auto& column : columns_) {
      if (column.key.empty()) {
        whole_config = &column;
      } else if (name == column.key || name.starts_with(column.key + ".")) {
        return found(column.numbers[digits[column.group]], name);
      }
    }
    return found(whole_config != nullptr ? whole_config->numbers[digits[whole_config->group]] : bases_.at(base), name);
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
  state(number_table numbers, const std::string& text, const std::string& file, const std::string& base)
      : table(std::move(numbers)),
        names(table.names()),
        where(text, file, names),
        config(base),
        values(where.used().size()) {}

  number_table table;
  std::vector<std::string> names;
  where_expression where;
  std::string config;
  std::vector<double> values;  ///< of the names that the expression uses
};

point_filter::point_filter(const std::string& where, const std::string& file, const std::vector<axis_group>& groups,
                           const std::map<std::string, nlohmann::json>& configs, const std::string& config)
    : state_(std::make_unique<state>(table_of(groups, configs), where, file, config)) {}

point_filter::~point_filter() = default;

bool point_filter::holds(const std::vector<std::size_t>& digits) {
  state& s = *state_;
  for (std::size_t i = 0; i < s.values.size(); ++i) {
    s.values[i] = s.table.at(s.names[s.where.used()[i]], digits, s.config);
  }
  return s.where.holds(s.values);
}

}  // namespace dlac
