#include "sim/sweep/sweep_plan.h"

#include <fmt/format.h>

#include <algorithm>

#include "sim/config/accelerator_config_format.h"
#include "sim/contract/timing_rules.h"
#include "sim/core/error.h"
#include "sim/data/shipped_files.h"
#include "sim/json/json_reader.h"
#include "sim/search/combination.h"
#include "sim/sweep/point_choice.h"
#include "sim/trace/content_hash.h"

namespace dlac {
namespace {

/// Names do not change what comes out; the technology is told by its table.
nlohmann::ordered_json effective(const accelerator_config& config) {
  auto json = to_json(config);
  json.erase("name");
  json.erase("technology");
  return json;
}

}  // namespace

sweep_plan::sweep_plan(const std::string& path, const choice_report& report)
    : path_(path), file_(read_sweep_file(path)), groups_(resolve_axes(file_, path)) {
  for (const auto& group : groups_) {
    sizes_.push_back(group.size());
  }
  load_files();
  check_settings();
  check_machine_trains();
  check_globs();
  choose_layers();
  check_traces();
  choose(report);
  hash_inputs();
}

std::vector<std::string> sweep_plan::axis_names() const {
  std::vector<std::string> names;
  for (const auto& group : groups_) {
    for (const auto& axis : group.axes) {
      names.push_back(axis.name);
    }
  }
  return names;
}

std::vector<std::size_t> sweep_plan::axis_groups() const {
  std::vector<std::size_t> numbers;
  for (std::size_t g = 0; g < groups_.size(); ++g) {
    numbers.insert(numbers.end(), groups_[g].axes.size(), g);
  }
  return numbers;
}

bool sweep_plan::has_axis(const std::string& key) const {
  return std::any_of(groups_.begin(), groups_.end(), [&](const axis_group& group) {
    return std::any_of(group.axes.begin(), group.axes.end(), [&](const sweep_axis& axis) { return axis.key == key; });
  });
}

std::vector<run_kind> sweep_plan::passes() const {
  if (!has_axis("pass")) {
    return {file_.pass.value_or(run_kind::forward)};
  }
  std::vector<run_kind> result;
  for (const auto& group : groups_) {
    for (const auto& axis : group.axes) {
      for (const auto& value : axis.values) {
        if (axis.kind == axis_kind::pass) {
          result.push_back(value.value == to_string(run_kind::training) ? run_kind::training : run_kind::forward);
        }
      }
    }
  }
  return result;
}

void sweep_plan::load_files() {
  if (file_.config) {
    load_config(*file_.config, "/config");
  }
  if (file_.workload) {
    load_workload(*file_.workload, "/workload");
  }
  for (const auto& group : groups_) {
    for (const auto& axis : group.axes) {
      for (const auto& value : axis.values) {
        if (axis.kind == axis_kind::config_file) {
          load_config(value.value.get<std::string>(), value.pointer);
        } else if (axis.kind == axis_kind::workload) {
          load_workload(value.value.get<std::string>(), value.pointer);
        }
      }
    }
  }
}

void sweep_plan::load_config(const std::string& word, const std::string& pointer) {
  const auto file = find_file(shipped_kind::config, word, in_file(path_, pointer));
  const json_document document(file, json_document::load(file));
  const auto config = read_accelerator_config(document);
  configs_.try_emplace(word, config_source{file, document.root().raw(), config});
  static_cast<void>(table_of({.config = word, .workload = ""}, config.technology));
}

void sweep_plan::load_workload(const std::string& word, const std::string& pointer) {
  const auto file = find_file(shipped_kind::workload, word, in_file(path_, pointer));
  workloads_.try_emplace(word, workload_source{.net = read_network(file), .trace_hash = ""});
}

/// The path of a table is relative to the file that names it: the config, or with an axis of technologies the sweep.
std::shared_ptr<const sweep_plan::hashed_table> sweep_plan::table_of(const choice& c,
                                                                     const std::string& technology) const {
  constexpr std::string_view key = "/technology";
  const auto& config_file = configs_.at(c.config).file;
  auto place = in_file(config_file, key);
  std::string axis_place;
  for (const auto& [assignment, pointer] : c.settings) {
    if (assignment.starts_with("technology=")) {
      axis_place = fmt::format("{}: {}", path_, pointer);
      place = {.file = axis_place, .where = key, .folder = in_file(path_, key).folder};
    }
  }
  const std::scoped_lock lock(mutex_);
  const auto file = find_file(shipped_kind::technology, technology, place);
  auto& table = tables_[is_path(technology) ? file : technology];
  if (!table) {
    const auto read = read_technology(file);
    table = std::make_shared<const hashed_table>(hashed_table{read, content_hash(to_json(read).dump())});
  }
  return table;
}

void sweep_plan::hash_inputs() {
  auto all = fmt::format("rules {}\n", results_version);
  for (const auto& [path, source] : configs_) {
    all += source.root.dump() + '\n';
  }
  for (const auto& [path, source] : workloads_) {
    all += to_json(source.net).dump() + '\n' + source.trace_hash + '\n';
  }
  for (const auto& [name, table] : tables_) {
    all += table->hash + '\n';
  }
  inputs_hash_ = content_hash(all);
}

/// Number formats may be told by the name or the path of a file of them.
nlohmann::json sweep_plan::config_value(const sweep_axis& axis, const axis_value& value) const {
  if (axis.key != "numbers" || !value.value.is_string()) {
    return value.value;
  }
  return to_json(read_numbers_file(
      find_file(shipped_kind::numbers, value.value.get<std::string>(), in_file(path_, value.pointer))));
}

void sweep_plan::choose_value(choice& c, const sweep_axis& axis, const axis_value& value) const {
  c.axes[axis.name] = value.value;
  switch (axis.kind) {
    case axis_kind::config_key:
      c.settings.emplace_back(fmt::format("{}={}", axis.key, config_value(axis, value).dump()), value.pointer);
      break;
    case axis_kind::config_file:
      c.config = value.value.get<std::string>();
      break;
    case axis_kind::workload:
      c.workload = value.value.get<std::string>();
      break;
    case axis_kind::pass:
      c.pass = value.value == to_string(run_kind::training) ? run_kind::training : run_kind::forward;
      break;
    case axis_kind::batch:
      c.batch = value.value.get<std::uint32_t>();
      break;
    case axis_kind::density:
      c.densities.emplace_back(&axis, value.value.get<double>());
      break;
  }
}

sweep_plan::choice sweep_plan::choice_of(const std::vector<std::size_t>& digits) const {
  choice c{.config = file_.config.value_or(""),
           .workload = file_.workload.value_or(""),
           .pass = file_.pass.value_or(run_kind::forward)};
  for (std::size_t g = 0; g < groups_.size(); ++g) {
    for (const auto& axis : groups_[g].axes) {
      choose_value(c, axis, axis.values[digits[g]]);
    }
  }
  return c;
}

std::vector<density_setting> sweep_plan::settings_of(const choice& c, const workload_source& source) const {
  std::vector<density_setting> settings;
  for (const auto& [axis, value] : c.densities) {
    settings.push_back({axis->operand, axis->mode, value, source.chosen.at(axis->name)});
  }
  return settings;
}

std::shared_ptr<const workload_variant> sweep_plan::variant_of(const choice& c) const {
  constexpr std::size_t most_kept = 64;
  auto name = c.workload;
  for (const auto& [axis, value] : c.densities) {
    name += fmt::format("\n{}", value);
  }
  if (c.batch) {
    name += fmt::format("\nbatch {}", *c.batch);
  }
  const std::scoped_lock lock(mutex_);
  const auto found = variants_.find(name);
  if (found != variants_.end()) {
    return found->second;
  }
  if (variants_.size() >= most_kept) {
    variants_.clear();
  }
  const auto& source = workloads_.at(c.workload);
  network net = source.net;
  if (c.batch) {
    set_batch(net, *c.batch, net.file);
  }
  return variants_
      .emplace(name, std::make_shared<const workload_variant>(std::move(net), settings_of(c, source), file_.layers,
                                                              source.trace_hash))
      .first->second;
}

accelerator_config sweep_plan::config_of(const choice& c) const {
  json_document document(configs_.at(c.config).file, configs_.at(c.config).root);
  for (const auto& [assignment, pointer] : c.settings) {
    document.set(assignment);
  }
  return read_accelerator_config(document);
}

std::variant<point_inputs, std::string> sweep_plan::inputs_of(const choice& c) const {
  try {
    auto config = config_of(c);
    const auto table = table_of(c, config.technology);
    check_machine(config, c.pass);
    return point_inputs{.config = std::move(config),
                        .table = {table, &table->table},
                        .table_hash = table->hash,
                        .variant = variant_of(c),
                        .pass = c.pass};
  } catch (const input_error& error) {
    return error.what();
  }
}

std::size_t sweep_plan::size() const {
  return is_search() ? combinations(sizes_, path_) : points_.size();
}

bool sweep_plan::keeps(std::uint64_t combination) const {
  if (!filter_) {
    return true;
  }
  if (combination >= known_.size()) {
    return filter_->holds(digits_of(combination, sizes_));
  }
  auto& known = known_[combination];
  if (!known) {
    known = filter_->holds(digits_of(combination, sizes_));
  }
  return *known;
}

std::size_t sweep_plan::most_tried() const {
  const search_settings& settings = file_.optimise.value();
  return std::size_t{settings.population} * (settings.generations + 1);
}

void sweep_plan::search(const search_evaluation& evaluate) const {
  const auto holds = [this](std::uint64_t combination) { return keeps(combination); };
  search_pareto_front(sizes_, points_, objectives_.size(), file_.optimise.value(), {holds, evaluate});
}

sweep_point sweep_plan::point(std::size_t index) const {
  auto c = choice_of(digits_of(is_search() ? index : points_[index], sizes_));
  sweep_point result{.key = "", .axes = std::move(c.axes), .inputs = inputs_of(c)};
  nlohmann::ordered_json hashed = {{"rules", results_version}, {"per_layer", file_.per_layer}};
  if (const auto* const inputs = std::get_if<point_inputs>(&result.inputs)) {
    hashed["config"] = effective(inputs->config);
    hashed["technology"] = inputs->table_hash;
    if (inputs->config.given && inputs->config.given->ranges) {
      for (const auto& [tensor, range] : *inputs->config.given->ranges) {
        hashed["ranges"][tensor] = {range.min, range.max};
      }
    }
    hashed["workload"] = inputs->variant->hash;
    hashed["pass"] = to_string(inputs->pass);
  } else {
    hashed["config"] = configs_.at(c.config).root;
    hashed["settings"] = c.settings;
    hashed["error"] = std::get<std::string>(result.inputs);
  }
  result.key = content_hash(hashed.dump());
  return result;
}

}  // namespace dlac
