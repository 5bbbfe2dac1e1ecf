// What a sweep plan checks of its files and values before anything runs, and which points it then has.

#include <fmt/format.h>

#include <algorithm>

#include "models/area.h"
#include "sim/config/accelerator_config_format.h"
#include "sim/core/error.h"
#include "sim/core/text.h"
#include "sim/sweep/point_choice.h"
#include "sim/sweep/sweep_plan.h"
#include "sim/trace/content_hash.h"
#include "sim/workload/layer_selection.h"

namespace dlac {
namespace {

/// A byte or two each.
constexpr std::uint64_t most_remembered = 20'000'000;

bool uses_trace(const workload_variant& variant, bool training) {
  return std::any_of(variant.layers.begin(), variant.layers.end(), [&](const layer* l) {
    return std::holds_alternative<trace_source>(l->operands.activations) ||
           std::holds_alternative<trace_source>(l->operands.weights) ||
           (training && std::holds_alternative<trace_source>(l->operands.gradients));
  });
}

bool reads_trace(const network& net, tensor_role operand) {
  return net.trace_path && std::any_of(net.layers.begin(), net.layers.end(), [&](const layer& l) {
           return std::holds_alternative<trace_source>(operand_provider::source_in(l, operand));
         });
}

/// N of M have a density of their own.
void check_density_is_free(const sweep_axis& axis, const layer& l, const std::string& path) {
  const auto* const synthetic = std::get_if<synthetic_source>(&operand_provider::source_in(l, axis.operand));
  if (synthetic != nullptr && synthetic->has_fixed_density()) {
    throw input_error(
        path, axis.pointer,
        fmt::format("{} of layer {} with the structure n_of_m", to_string(axis.operand), in_quotes(l.name)),
        fmt::format("\"layers\" without it, such as {}: N of M is a density", in_quotes("!" + l.name)));
  }
}

}  // namespace

const std::string& sweep_plan::workload_source::hash_of_trace() {
  if (!trace) {
    trace = hash_file(net.trace_path.value());
    net.trace_stamp = trace->stamp;
  }
  return trace->hash;
}

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
  json_document document(configs_.at(c.config).file, configs_.at(c.config).root);
  for (const auto& [assignment, pointer] : c.settings) {
    document.set(assignment, fmt::format("{}: {}", path_, pointer));
  }
  static_cast<void>(table_of(c, accelerator_config_format().read(document.root()).technology));
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
}

void sweep_plan::fail_unmeant(const sweep_axis& axis, std::size_t word) const {
  const auto& text = axis.layers.words()[word];
  std::vector<std::string_view> known = {density_layers::ternary, density_layers::sparse};
  for (const auto& [path, source] : workloads_) {
    for (const auto& l : source.net.layers) {
      known.emplace_back(l.name);
    }
  }
  throw input_error(
      path_, axis.layer_pointers[word], in_quotes(text),
      fmt::format("{}, {} or a glob, which means a layer of the workload{}", in_quotes(density_layers::ternary),
                  in_quotes(density_layers::sparse), did_you_mean(density_layers::meant(text), known)));
}

void sweep_plan::choose_layers() {
  for (const auto& group : groups_) {
    for (const auto& axis : group.axes) {
      if (axis.kind == axis_kind::density) {
        choose_layers(axis);
      }
    }
  }
}

/// Of every workload; each word has to mean a layer of one of them, and one has to be left.
void sweep_plan::choose_layers(const sweep_axis& axis) {
  const auto& words = axis.layers.words();
  std::vector<bool> is_meant(words.size(), false);
  bool is_any = false;
  for (auto& [path, source] : workloads_) {
    const auto& layers = source.net.layers;
    if (axis.layers.asks_for_zeros() && reads_trace(source.net, axis.operand)) {
      static_cast<void>(source.hash_of_trace());
    }
    const auto is_sparse = axis.layers.asks_for_zeros() ? sparse_layers(source.net, axis.operand)
                                                        : std::vector<bool>(layers.size(), false);
    auto& chosen = source.chosen[axis.name];
    for (std::size_t i = 0; i < layers.size(); ++i) {
      for (std::size_t w = 0; w < words.size(); ++w) {
        is_meant[w] = is_meant[w] || density_layers::matches(density_layers::meant(words[w]), layers[i], is_sparse[i]);
      }
      chosen.push_back(axis.layers.holds(layers[i], is_sparse[i]));
      is_any = is_any || chosen.back();
      if (chosen.back()) {
        check_density_is_free(axis, layers[i], path_);
      }
    }
  }
  if (const auto word = std::find(is_meant.begin(), is_meant.end(), false); word != is_meant.end()) {
    fail_unmeant(axis, static_cast<std::size_t>(word - is_meant.begin()));
  }
  if (!is_any && words.empty()) {
    throw input_error(path_, axis.pointer, fmt::format("no layer with sparse {}", to_string(axis.operand)),
                      R"("layers", such as "*" for all: without it only those change that are sparse already)");
  }
  if (!is_any) {
    throw input_error(path_, axis.pointer + "/layers", in_quotes(fmt::format("{}", fmt::join(words, " "))),
                      "words that leave a layer");
  }
}

/// Whether an operand comes from the trace does not depend on the value of its density: the first ones tell.
void sweep_plan::check_traces() {
  const auto kinds = passes();
  const bool training = std::find(kinds.begin(), kinds.end(), run_kind::training) != kinds.end();
  auto c = choice_of(std::vector<std::size_t>(groups_.size(), 0));
  for (auto& [path, source] : workloads_) {
    const workload_variant variant(source.net, settings_of(c, source), file_.layers, "");
    if (!uses_trace(variant, training)) {
      continue;
    }
    source.trace_hash = source.hash_of_trace();
    auto net = variant.net;
    net.trace_stamp = source.net.trace_stamp;
    // What a point's formats have no numbers for is an error of that point.
    const operand_provider operands(net, std::nullopt, uniform_formats(ieee_float::fp32));
    if (training) {
      operands.check_training(variant.layers, false);
    } else {
      operands.check_forward(variant.layers, false);
    }
  }
}

/// An axis that is an objective has nothing but numbers.
void sweep_plan::check_numeric(const std::string& name, const std::string& pointer) const {
  for (const auto& group : groups_) {
    for (const auto& axis : group.axes) {
      for (const auto& value : axis.values) {
        if (axis.name == name && !value.value.is_number()) {
          throw input_error(path_, pointer,
                            fmt::format("{}, an axis with the value {}", in_quotes(name), value.value.dump()),
                            "an axis of numbers, or a number such as totals.cycles");
        }
      }
    }
  }
}

/// The area of each part, and of all: what is known of a machine before a run.
derived_numbers sweep_plan::areas() const {
  derived_numbers areas{{}, "one of totals.area_mm2.*, the results that are known before a run", {}};
  for (const auto& info : area_parts()) {
    areas.names.push_back(fmt::format("totals.area_mm2.{}", info.name));
  }
  areas.names.emplace_back("totals.area_mm2.total");
  areas.at = [this](const std::vector<std::size_t>& digits) -> std::vector<double> {
    const auto c = choice_of(digits);
    try {
      const auto config = config_of(c);
      const auto area = area_of(config, table_of(c, config.technology)->table);
      std::vector<double> numbers(area.mm2.begin(), area.mm2.end());
      numbers.push_back(area.total());
      return numbers;
    } catch (const input_error&) {
      return {};  // no machine can be like that
    }
  };
  return areas;
}

void sweep_plan::check_search() {
  const auto& texts = file_.optimise->objectives;
  for (std::size_t i = 0; i < texts.size(); ++i) {
    const auto pointer = fmt::format("/optimise/objectives/{}", i);
    objectives_.push_back(read_ranking_key(texts[i], axis_names(), path_, pointer));
    check_numeric(objectives_.back().name, pointer);
    for (std::size_t before = 0; before < i; ++before) {
      if (objectives_[before].name == objectives_[i].name) {
        throw input_error(path_, pointer, in_quotes(texts[i]),
                          fmt::format("a number of its own: /optimise/objectives/{} has it", before));
      }
    }
  }
  if (file_.sample) {
    throw input_error(path_, "/sample", R"("sample" beside "optimise")", "one of them");
  }
  if (std::all_of(sizes_.begin(), sizes_.end(), [](std::size_t size) { return size == 1; })) {
    throw input_error(path_, "/axes", "a single point", "an axis with several values, to search among");
  }
}

void sweep_plan::choose(const choice_report& report) {
  if (file_.where) {
    std::map<std::string, nlohmann::json> configs;
    for (const auto& [path, source] : configs_) {
      configs[path] = to_json(source.config);
    }
    filter_ = std::make_unique<point_filter>(*file_.where, path_, groups_, configs, file_.config.value_or(""), areas());
    if (filter_->uses_derived()) {
      known_.resize(std::min(combinations(sizes_, path_), most_remembered));
    }
  }
  const auto all = combinations(sizes_, path_);
  std::uint64_t examined = 0;
  const auto holds = [this, &report, &examined, all](std::uint64_t combination) {
    constexpr std::uint64_t report_distance = 1U << 12U;
    if (++examined % report_distance == 0 && report) {
      report(examined, all);
    }
    return keeps(combination);
  };
  if (!file_.optimise) {
    points_ = choose_points(sizes_, file_.sample, holds, path_);
    return;
  }
  check_search();
  const auto& search = *file_.optimise;
  points_ = choose_points(sizes_, sweep_sample{sample_kind::random, search.population, search.seed}, holds, path_,
                          "/optimise/population");
}

}  // namespace dlac
