#pragma once
// A sweep, ready to run: its file, the files that it names, and its points. Whatever is wrong with them is found when
// the plan is made; only a combination of values that no machine can have is found at its point.

#include <cstdint>
#include <functional>
#include <map>
#include <memory>
#include <mutex>
#include <optional>
#include <string>
#include <unordered_map>
#include <utility>
#include <variant>
#include <vector>

#include <nlohmann/json.hpp>

#include "models/technology.h"
#include "sim/config/accelerator_config.h"
#include "sim/engine/network_run.h"
#include "sim/search/pareto_search.h"
#include "sim/sweep/axes.h"
#include "sim/sweep/point_filter.h"
#include "sim/sweep/ranking_key.h"
#include "sim/sweep/workload_variant.h"
#include "sim/trace/content_hash.h"

namespace dlac {

/// All that a run depends on.
struct point_inputs {
  accelerator_config config;
  std::shared_ptr<const technology> table;
  std::string table_hash;
  std::shared_ptr<const workload_variant> variant;
  run_kind pass = run_kind::forward;
};

struct sweep_point {
  std::string key;                                 ///< 32 hexadecimal digits: equal only for equal inputs, names aside
  nlohmann::ordered_json axes;                     ///< the value of every axis, by its name
  std::variant<point_inputs, std::string> inputs;  ///< or why there are none, in one line
};

class sweep_plan {
 public:
  /// Hears now and then of how many combinations were looked at to find the points, and how many there are.
  using choice_report = std::function<void(std::uint64_t examined, std::uint64_t combinations)>;
  /// Throws input_error.
  explicit sweep_plan(const std::string& path, const choice_report& report = {});
  sweep_plan(const sweep_plan&) = delete;
  sweep_plan& operator=(const sweep_plan&) = delete;

  [[nodiscard]] const std::string& name() const { return file_.name; }
  [[nodiscard]] bool per_layer() const { return file_.per_layer; }
  [[nodiscard]] std::vector<std::string> axis_names() const;
  /// Of each axis: those that are zipped are of one group.
  [[nodiscard]] std::vector<std::size_t> axis_groups() const;
  /// Points that there are; a search tries some of them.
  [[nodiscard]] std::size_t size() const;
  /// The sweep file's own content: what makes it this sweep and no other.
  [[nodiscard]] std::string definition() const { return to_json(file_).dump(); }
  /// Hash of all files that it names, and of the version of the rules.
  [[nodiscard]] const std::string& inputs_hash() const { return inputs_hash_; }

  /// For several threads at once. index < size().
  [[nodiscard]] sweep_point point(std::size_t index) const;

  /// Of a sweep that is a search: what it is for, and nothing otherwise.
  [[nodiscard]] const std::vector<ranking_key>& objectives() const { return objectives_; }
  [[nodiscard]] bool is_search() const { return file_.optimise.has_value(); }
  /// Points that the search tries, unless it runs out of new ones.
  [[nodiscard]] std::size_t most_tried() const;
  /// Searches with this `evaluate`, whose combinations are numbers of points.
  void search(const search_evaluation& evaluate) const;

 private:
  struct config_source {
    std::string file;
    nlohmann::json root;
    accelerator_config config;  ///< as it stands, before any axis
  };
  struct workload_source {
    network net;
    std::string trace_hash;                                ///< empty where no operand comes from the trace
    std::optional<hashed_file> trace = {};                 ///< once it was looked at; then `net` has its stamp
    std::map<std::string, std::vector<bool>> chosen = {};  ///< layers of each density axis, by its name

    /// Of the trace that the file names, hashed once.
    const std::string& hash_of_trace();
  };
  struct hashed_table {
    technology table;
    std::string hash;
  };
  /// What a combination of values chooses, before it is applied. Names and paths are as the sweep gives them.
  struct choice {
    std::string config;
    std::string workload;
    run_kind pass = run_kind::forward;
    std::vector<std::pair<std::string, std::string>> settings = {};  ///< KEY=VALUE and its pointer
    std::vector<std::pair<const sweep_axis*, double>> densities = {};
    std::optional<std::uint32_t> batch = {};
    nlohmann::ordered_json axes = nlohmann::ordered_json::object();
  };

  void load_files();
  void load_config(const std::string& word, const std::string& pointer);
  void load_workload(const std::string& word, const std::string& pointer);
  // sweep_checks.cpp
  void check_settings() const;
  void check_choice(const choice& c) const;
  void check_machine_trains() const;
  void check_globs() const;
  void choose_layers();
  void choose_layers(const sweep_axis& axis);
  [[noreturn]] void fail_unmeant(const sweep_axis& axis, std::size_t word) const;
  void check_traces();
  void check_numeric(const std::string& name, const std::string& pointer) const;
  void check_search();
  [[nodiscard]] derived_numbers areas() const;
  void choose(const choice_report& report);
  void hash_inputs();

  [[nodiscard]] bool keeps(std::uint64_t combination) const;
  [[nodiscard]] bool has_axis(const std::string& key) const;
  [[nodiscard]] std::vector<run_kind> passes() const;
  [[nodiscard]] choice choice_of(const std::vector<std::size_t>& digits) const;
  [[nodiscard]] nlohmann::json config_value(const sweep_axis& axis, const axis_value& value) const;
  void choose_value(choice& c, const sweep_axis& axis, const axis_value& value) const;
  [[nodiscard]] std::shared_ptr<const hashed_table> table_of(const choice& c, const std::string& technology) const;
  [[nodiscard]] std::vector<density_setting> settings_of(const choice& c, const workload_source& source) const;
  [[nodiscard]] std::shared_ptr<const workload_variant> variant_of(const choice& c) const;
  [[nodiscard]] accelerator_config config_of(const choice& c) const;
  [[nodiscard]] std::variant<point_inputs, std::string> inputs_of(const choice& c) const;

  std::string path_;
  sweep_file file_;
  std::vector<axis_group> groups_;
  std::vector<std::size_t> sizes_;
  std::map<std::string, config_source> configs_;      ///< by name or path as the sweep gives it
  std::map<std::string, workload_source> workloads_;  ///< likewise
  std::unique_ptr<point_filter> filter_;              ///< without one every combination is a point
  /// Of each of the first combinations, whether the filter keeps it; by the one thread that chooses among them.
  mutable std::vector<std::optional<bool>> known_;
  std::vector<ranking_key> objectives_;
  std::vector<std::uint64_t> points_;  ///< combinations, or the first ones of a search, whose points are all of them
  std::string inputs_hash_;

  mutable std::mutex mutex_;  ///< over the two below
  mutable std::map<std::string, std::shared_ptr<const hashed_table>> tables_;
  mutable std::unordered_map<std::string, std::shared_ptr<const workload_variant>> variants_;
};

}  // namespace dlac
