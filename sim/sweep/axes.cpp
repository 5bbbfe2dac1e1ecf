#include "sim/sweep/axes.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <cmath>
#include <cstdlib>
#include <map>
#include <stdexcept>

#include "sim/core/error.h"
#include "sim/core/text.h"

namespace dlac {
namespace {

constexpr std::string_view density_prefix = "density.";

/// Keeps steps of 0.1 from becoming 0.30000000000000004. Subnormal numbers, too, have a value.
double rounded(double value) {
  return std::strtod(fmt::format("{:.12g}", value).c_str(), nullptr);
}

/// Reads one axis of the file; `path` is for messages.
class axis_reader {
 public:
  axis_reader(const axis_entry& entry, const std::string& path) : entry_(entry), path_(path) {}

  [[nodiscard]] sweep_axis read() const {
    if (!entry_.key) {
      fail("", "an axis without a key", R"("key", or "zip")");
    }
    sweep_axis axis{.key = *entry_.key, .name = *entry_.key, .pointer = entry_.pointer};
    read_kind(axis);
    axis.values = values();
    check_values(axis);
    return axis;
  }

 private:
  [[noreturn]] void fail(const std::string& key, const std::string& found, const std::string& expected) const {
    throw input_error(path_, entry_.pointer + key, found, expected);
  }

  void read_kind(sweep_axis& axis) const {
    const std::map<std::string_view, axis_kind> named = {{"config", axis_kind::config_file},
                                                         {"workload", axis_kind::workload},
                                                         {"pass", axis_kind::pass},
                                                         {"batch", axis_kind::batch}};
    if (const auto found = named.find(axis.key); found != named.end()) {
      axis.kind = found->second;
    } else if (axis.key.starts_with(density_prefix)) {
      read_density(axis);
      return;
    }
    if (entry_.mode || entry_.layers) {
      fail(entry_.mode ? "/mode" : "/layers", in_quotes(axis.key), "an axis of a density, to which alone it applies");
    }
  }

  void read_density(sweep_axis& axis) const {
    axis.kind = axis_kind::density;
    constexpr std::array operands = {tensor_role::activations, tensor_role::weights, tensor_role::gradients};
    std::vector<std::string> words(operands.size());
    std::transform(operands.begin(), operands.end(), words.begin(),
                   [](tensor_role operand) { return fmt::format("{}{}", density_prefix, to_string(operand)); });
    const auto found = std::find(words.begin(), words.end(), axis.key);
    if (found == words.end()) {
      const std::vector<std::string_view> known(words.begin(), words.end());
      fail("/key", in_quotes(axis.key), "one of " + quoted_list(known) + did_you_mean(axis.key, known));
    }
    axis.operand = operands[static_cast<std::size_t>(found - words.begin())];
    axis.mode = entry_.mode.value_or(density_mode::set);
    if (entry_.layers) {
      read_layers(axis);
    }
  }

  void read_layers(sweep_axis& axis) const {
    const auto& words = entry_.layers->words;
    for (std::size_t i = 0; i < words.size(); ++i) {
      axis.layer_pointers.push_back(entry_.pointer +
                                    (entry_.layers->is_list ? fmt::format("/layers/{}", i) : "/layers"));
      if (density_layers::meant(words[i]).empty()) {
        throw input_error(path_, axis.layer_pointers.back(), in_quotes(words[i]), "layers behind the \"!\"");
      }
    }
    axis.layers = density_layers(words);
    axis.name += fmt::format("[{}]", fmt::join(words, " "));
  }

  [[nodiscard]] std::vector<axis_value> values() const {
    const int given = (entry_.values ? 1 : 0) + (entry_.range ? 1 : 0) + (entry_.log2 ? 1 : 0);
    if (given != 1) {
      fail("", given == 0 ? "no values" : "values given in several ways", R"(one of "values", "range" and "log2")");
    }
    return entry_.values ? *entry_.values : entry_.range ? range_values(*entry_.range) : doubled_values(*entry_.log2);
  }

  [[nodiscard]] std::vector<axis_value> range_values(const number_range& range) const {
    const std::string pointer = entry_.pointer + "/range";
    const double from = range.from.get<double>();
    const double step = range.step.get<double>();
    const double to = range.to.get<double>();
    if (step <= 0) {
      fail("/range/step", range.step.dump(), "a number above 0");
    }
    if (to < from) {
      fail("/range/to", range.to.dump(), fmt::format("at least {}, where it begins", range.from.dump()));
    }
    const double count = std::floor((to - from) / step * (1 + 1e-12)) + 1;
    if (count > static_cast<double>(most_sweep_points)) {
      constexpr double largest_told = 1e15;
      fail("/range", count < largest_told ? fmt::format("{:.0f} values", count) : "more than 10^15 values",
           fmt::format("at most {}", most_sweep_points));
    }
    std::vector<axis_value> result;
    const bool whole = range.from.is_number_integer() && range.step.is_number_integer();
    for (std::int64_t i = 0; i < static_cast<std::int64_t>(count); ++i) {
      nlohmann::json value = whole ? nlohmann::json(range.from.get<std::int64_t>() + i * range.step.get<std::int64_t>())
                                   : nlohmann::json(rounded(from + static_cast<double>(i) * step));
      result.push_back({std::move(value), pointer});
    }
    return result;
  }

  [[nodiscard]] std::vector<axis_value> doubled_values(const doubling_range& range) const {
    if (range.to < range.from) {
      fail("/log2/to", std::to_string(range.to), fmt::format("at least {}, where it begins", range.from));
    }
    std::vector<axis_value> result;
    for (std::uint64_t value = range.from; value <= range.to; value *= 2) {
      result.push_back({value, entry_.pointer + "/log2"});
    }
    return result;
  }

  void check_values(const sweep_axis& axis) const {
    for (const auto& [value, pointer] : axis.values) {
      check_value(axis, value, pointer);
    }
  }

  /// Those of config keys are read by the config itself.
  void check_value(const sweep_axis& axis, const nlohmann::json& value, const std::string& pointer) const {
    const bool is_file = axis.kind == axis_kind::config_file || axis.kind == axis_kind::workload;
    if (is_file && (!value.is_string() || value.get_ref<const std::string&>().empty())) {
      throw input_error(path_, pointer, value.dump(), fmt::format("the path of a {} file", axis.key));
    }
    if (axis.kind == axis_kind::pass && value != "forward" && value != "training") {
      throw input_error(path_, pointer, value.dump(), R"(one of "forward" or "training")");
    }
    if (axis.kind == axis_kind::batch &&
        (!value.is_number_unsigned() || value.get<std::uint64_t>() < 1 || value.get<std::uint64_t>() > largest_batch)) {
      throw input_error(path_, pointer, value.dump(), fmt::format("an integer from 1 to {}", largest_batch));
    }
    if (axis.kind == axis_kind::density && (!value.is_number() || value.get<double>() < 0 || value.get<double>() > 1)) {
      throw input_error(path_, pointer, value.dump(), "a number from 0 to 1");
    }
  }

  const axis_entry& entry_;
  const std::string& path_;
};

/// Each combination of values that a group has, once.
void check_no_value_twice(const axis_group& group, const std::string& path) {
  std::map<std::string, std::string> places;
  for (std::size_t i = 0; i < group.size(); ++i) {
    std::string values;
    for (const auto& axis : group.axes) {
      values += (values.empty() ? "" : ", ") + axis.values[i].value.dump();
    }
    const auto& pointer = group.axes.front().values[i].pointer;
    const auto [first, is_new] = places.try_emplace(values, pointer);
    if (!is_new) {
      throw input_error(path, pointer, values, fmt::format("a value of its own: {} has this one", first->second));
    }
  }
}

axis_group read_group(const axis_entry& entry, const std::string& path) {
  if (!entry.zip) {
    return {{axis_reader(entry, path).read()}};
  }
  if (entry.key || entry.values || entry.range || entry.log2 || entry.mode || entry.layers) {
    throw input_error(path, entry.pointer, "\"zip\" beside other keys", "\"zip\" alone");
  }
  axis_group group;
  for (const auto& member : *entry.zip) {
    group.axes.push_back(axis_reader(member, path).read());
    if (group.axes.back().values.size() != group.size()) {
      throw input_error(path, member.pointer, fmt::format("{} values", group.axes.back().values.size()),
                        fmt::format("{}, as the first axis of the zip has", group.size()));
    }
  }
  return group;
}

/// "grid" holds "grid.rows".
bool is_same_or_within(const std::string& inner, const std::string& outer) {
  return inner == outer || inner.starts_with(outer + ".");
}

void check_no_axis_twice(const std::vector<axis_group>& groups, const std::string& path) {
  std::vector<const sweep_axis*> before;
  for (const auto& group : groups) {
    for (const auto& axis : group.axes) {
      for (const auto* const other : before) {
        const bool clash = axis.kind == axis_kind::config_key && other->kind == axis_kind::config_key
                               ? is_same_or_within(axis.key, other->key) || is_same_or_within(other->key, axis.key)
                               : axis.name == other->name;
        if (clash) {
          throw input_error(path, axis.pointer + "/key", in_quotes(axis.name),
                            fmt::format("an axis of its own: {} has {}", other->pointer, in_quotes(other->name)));
        }
      }
      before.push_back(&axis);
    }
  }
}

/// What the file gives once and an axis gives, too; or neither, of what is needed.
void check_given_once(const std::vector<axis_group>& groups, const std::string& path, const std::string& key,
                      bool is_given, bool is_needed) {
  for (const auto& group : groups) {
    for (const auto& axis : group.axes) {
      if (axis.key != key) {
        continue;
      }
      if (is_given) {
        throw input_error(path, "/" + key, fmt::format("\"{}\" beside an axis of this name", key), "one of them");
      }
      return;
    }
  }
  if (is_needed && !is_given) {
    throw input_error(path, "/" + key, "nothing", fmt::format("the path of a {} file, or an axis \"{}\"", key, key));
  }
}

}  // namespace

std::vector<axis_group> resolve_axes(const sweep_file& file, const std::string& path) {
  std::vector<axis_group> groups;
  for (const auto& entry : file.axes) {
    groups.push_back(read_group(entry, path));
    check_no_value_twice(groups.back(), path);
  }
  check_no_axis_twice(groups, path);
  check_given_once(groups, path, "config", file.config.has_value(), true);
  check_given_once(groups, path, "workload", file.workload.has_value(), true);
  check_given_once(groups, path, "pass", file.pass.has_value(), false);
  return groups;
}

}  // namespace dlac
