#pragma once
// A sweep file as it stands: what to vary, over which accelerator and network. docs/sweeps.md tells its keys; what it
// means is resolved in axes.h and sweep_plan.h. Reading is strict, every mistake an input_error with its place.

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include <nlohmann/json.hpp>

#include "sim/engine/network_run.h"
#include "sim/search/pareto_search.h"

namespace dlac {

/// A value of an axis, and the JSON pointer of the place that gives it.
struct axis_value {
  nlohmann::json value;
  std::string pointer;
};

/// from, from + step, ... up to `to`; numbers as they are written.
struct number_range {
  nlohmann::json from;
  nlohmann::json to;
  nlohmann::json step;
};

/// from, 2 * from, 4 * from, ... up to `to`.
struct doubling_range {
  std::uint64_t from = 1;
  std::uint64_t to = 1;
};

/// What a density axis does to an operand: gives it zeros of this density, or keeps this share of its non-zeros.
enum class density_mode { set, scale };
std::string_view to_string(density_mode mode);

/// Layers as an axis tells them: a word, or a list of words.
struct layer_words {
  std::vector<std::string> words;
  bool is_list = false;
};

/// One axis, or with `zip` several that go together.
struct axis_entry {
  std::string pointer;
  std::optional<std::string> key;
  std::optional<std::vector<axis_value>> values;
  std::optional<number_range> range;
  std::optional<doubling_range> log2;
  std::optional<density_mode> mode;
  std::optional<layer_words> layers;
  std::optional<std::vector<axis_entry>> zip;
};

enum class sample_kind { random, latin_hypercube };
std::string_view to_string(sample_kind kind);

/// Some of the points instead of all.
struct sweep_sample {
  sample_kind kind = sample_kind::random;
  std::uint64_t points = 0;
  std::uint64_t seed = 0;
};

/// Points chosen by what came out of others: those that nothing beats in all objectives are looked for.
struct sweep_search : search_settings {
  std::vector<std::string> objectives;  ///< as `dlac sweep show --pareto` takes them
};

inline constexpr std::uint64_t most_sweep_points = 1'000'000;

struct sweep_file {
  std::string name;
  std::optional<std::string> config;    ///< paths are relative to the sweep file
  std::optional<std::string> workload;  ///< without one there is an axis of this name; the same of config
  std::optional<run_kind> pass;
  std::optional<std::string> layers;  ///< a glob
  std::vector<axis_entry> axes;
  std::optional<std::string> where;
  std::optional<sweep_sample> sample;
  std::optional<sweep_search> optimise;
  bool per_layer = false;
};

sweep_file read_sweep_file(const std::string& path);

/// Of its content; `name` stands for it in messages.
sweep_file read_sweep_text(const std::string& text, const std::string& name);

/// The file as it was read: two sweeps are the same if this is.
nlohmann::ordered_json to_json(const sweep_file& file);

/// JSON Schema (2020-12) of the sweep file.
nlohmann::ordered_json sweep_schema();

}  // namespace dlac
