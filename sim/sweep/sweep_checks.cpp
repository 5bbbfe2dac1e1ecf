// What a sweep plan checks of its files and values before anything runs, and which points it then has.

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <limits>
#include <set>

#include "sim/config/accelerator_config_format.h"
#include "sim/core/error.h"
#include "sim/core/text.h"
#include "sim/sweep/content_hash.h"
#include "sim/sweep/point_choice.h"
#include "sim/sweep/sweep_plan.h"
#include "sim/sweep/where.h"
#include "sim/workload/layer_selection.h"

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

bool uses_trace(const workload_variant& variant, bool training) {
  return std::any_of(variant.layers.begin(), variant.layers.end(), [&](const layer* l) {
    return std::holds_alternative<trace_source>(l->operands.activations) ||
           std::holds_alternative<trace_source>(l->operands.weights) ||
           (training && std::holds_alternative<trace_source>(l->operands.gradients));
  });
}

}  // namespace

/// Every value by itself: with the first ones of the other axes, and those that are zipped with it.
void sweep_plan::check_settings() const {
  std::vector<std::size_t> digits(groups_.size(), 0);
  for (std::size_t g = 0; g < groups_.size(); ++g) {
    for (digits[g] = 0; digits[g] < groups_[g].size(); ++digits[g]) {
      auto c = choice_of(digits);
      if (!has_axis("config")) {
        check_choice(c);
        continue;
      }
      for (const auto& [path, source] : configs_) {
        c.config = path;
        check_choice(c);
      }
    }
    digits[g] = 0;
  }
}

/// Keys, types and ranges; what the keys of a config owe to each other is checked at each point.
void sweep_plan::check_choice(const choice& c) const {
  json_document document(beside_file(c.config), configs_.at(c.config).root);
  std::string technology_place = beside_file(c.config);
  for (const auto& [assignment, pointer] : c.settings) {
    const auto place = fmt::format("{}: {}", path_, pointer);
    document.set(assignment, place);
    if (assignment.starts_with("technology=")) {
      technology_place = place;
    }
  }
  static_cast<void>(table_of(accelerator_config_format().read(document.root()).technology, technology_place));
}

void sweep_plan::check_machine_trains() const {
  if (!has_axis("config") && !has_axis("mode") && !has_axis("pass")) {
    check_machine(configs_.begin()->second.config, file_.pass.value_or(run_kind::forward));
  }
}

void sweep_plan::check_globs() const {
  for (const auto& [path, source] : workloads_) {
    static_cast<void>(select_layers(source.net, file_.layers, path_, "/layers"));
  }
  for (const auto& group : groups_) {
    for (const auto& axis : group.axes) {
      const bool matches = std::any_of(workloads_.begin(), workloads_.end(), [&](const auto& entry) {
        const auto& layers = entry.second.net.layers;
        return std::any_of(layers.begin(), layers.end(),
                           [&](const layer& l) { return matches_glob(axis.layers, l.name); });
      });
      if (!matches) {
        throw input_error(path_, axis.pointer + "/layers", in_quotes(*axis.layers),
                          "a glob that matches a layer of the workload");
      }
    }
  }
}

/// Whether an operand comes from the trace does not depend on the value of its density: the first ones tell.
void sweep_plan::check_traces() {
  const auto kinds = passes();
  const bool training = std::find(kinds.begin(), kinds.end(), run_kind::training) != kinds.end();
  auto c = choice_of(std::vector<std::size_t>(groups_.size(), 0));
  for (auto& [path, source] : workloads_) {
    const workload_variant variant(source.net, c.densities, file_.layers, "");
    if (!uses_trace(variant, training)) {
      continue;
    }
    const operand_provider operands(variant.net, std::nullopt);
    if (training) {
      operands.check_training(variant.layers, false);
    } else {
      operands.check_forward(variant.layers, false);
    }
    source.trace_hash = file_hash(source.net.trace_path.value());
  }
}

void sweep_plan::choose() {
  if (!file_.where) {
    points_ = choose_points(
        sizes_, file_.sample, [](std::uint64_t) { return true; }, path_);
    return;
  }
  number_table table;
  for (const auto& [path, source] : configs_) {
    table.add_base(path, nlohmann::json(to_json(source.config)));
  }
  for (std::size_t g = 0; g < groups_.size(); ++g) {
    for (const auto& axis : groups_[g].axes) {
      table.add_axis(g, axis);
    }
  }
  const auto names = table.names();
  where_expression where(*file_.where, path_, names);
  std::vector<double> values(where.used().size());
  const auto holds = [&](std::uint64_t combination) {
    const auto digits = digits_of(combination, sizes_);
    for (std::size_t i = 0; i < values.size(); ++i) {
      values[i] = table.at(names[where.used()[i]], digits, file_.config.value_or(""));
    }
    return where.holds(values);
  };
  points_ = choose_points(sizes_, file_.sample, holds, path_);
}

}  // namespace dlac
