#include "sim/sweep/sweep_file.h"

#include <fmt/format.h>

#include <limits>
#include <stdexcept>
#include <utility>

#include "sim/json/json_format.h"

namespace dlac {
namespace {

constexpr std::size_t most_axes = 32;

/// Any JSON; what it has to be depends on the key of the axis.
json_format<axis_value> value_format() {
  return {.expected = "a value of the key",
          .schema = [] { return nlohmann::ordered_json::object(); },
          .read =
              [](const json_value& value) {
                return axis_value{value.raw(), value.pointer()};
              },
          .write = [](const axis_value& value) { return nlohmann::ordered_json(value.value); }};
}

/// A finite number, kept as it is written: 4 is not 4.0.
json_format<nlohmann::json> plain_number_format() {
  constexpr double largest = 1e15;
  return {.expected = number_expectation(-largest, largest),
          .schema =
              [] {
                return nlohmann::ordered_json{{"type", "number"}};
              },
          .read =
              [](const json_value& value) {
                static_cast<void>(value.number(-largest, largest));
                return value.raw();
              },
          .write = [](const nlohmann::json& value) { return nlohmann::ordered_json(value); }};
}

json_format<number_range> range_format() {
  return object_format<number_range>("from, from + step, ... up to to.", {.from = 0, .to = 0, .step = 1})
      .required("from", &number_range::from, plain_number_format(), "The first value.")
      .required("to", &number_range::to, plain_number_format(), "No value is larger.")
      .defaulted("step", &number_range::step, plain_number_format(), "Distance of two values, more than 0.")
      .format();
}

json_format<doubling_range> log2_format() {
  const auto number = integer_format<std::uint64_t>(1, std::uint64_t{1} << 52U);
  return object_format<doubling_range>("from, 2 from, 4 from, ... up to to.")
      .required("from", &doubling_range::from, number, "The first value.")
      .required("to", &doubling_range::to, number, "No value is larger.")
      .format();
}

json_format<layer_words> layer_words_format() {
  constexpr std::size_t most_words = 1000;
  const auto word = text_format();
  const auto list = list_format(word, 1, most_words);
  return {.expected = "a string or a list of strings",
          .schema =
              [=] {
                return nlohmann::ordered_json{{"anyOf", nlohmann::ordered_json::array({word.schema(), list.schema()})}};
              },
          .read =
              [=](const json_value& value) {
                if (!value.is_string() && !value.is_array()) {
                  value.fail("a string or a list of strings");
                }
                return value.is_array() ? layer_words{list.read(value), true} : layer_words{{word.read(value)}, false};
              },
          .write =
              [=](const layer_words& value) {
                return value.is_list ? list.write(value.words) : word.write(value.words.front());
              }};
}

json_format<axis_entry> with_place(const json_format<axis_entry>& format) {
  return {.expected = format.expected,
          .schema = format.schema,
          .read =
              [format](const json_value& value) {
                auto entry = format.read(value);
                entry.pointer = value.pointer();
                return entry;
              },
          .write = format.write};
}

object_format<axis_entry> axis_keys() {
  object_format<axis_entry> table(R"(What is varied, and its values: by "values", "range" or "log2".)");
  table
      .omittable(
          "key", &axis_entry::key, text_format(),
          "A key of the config (grid.rows), or config, workload, pass, batch, density.weights, density.activations, "
          "density.gradients.")
      .omittable("values", &axis_entry::values, list_format(value_format(), 1, most_sweep_points),
                 "The values, in the order of the points; files are named, or relative to the sweep file.")
      .omittable("range", &axis_entry::range, range_format(), "Numbers at equal distances.")
      .omittable("log2", &axis_entry::log2, log2_format(), "Numbers that double.")
      .omittable("mode", &axis_entry::mode, enum_format<density_mode>({density_mode::set, density_mode::scale}),
                 "Of a density: set (also without this key) draws zeros of this density, scale keeps this share of the "
                 "operand's own non-zeros.")
      .omittable("layers", &axis_entry::layers, layer_words_format(),
                 "Of a density: ternary (layers with ternary weights), sparse (whose operand is sparse already) or a "
                 "glob of names, or a list of them; with ! in front they are taken away. Without it the sparse ones.");
  return table;
}

json_format<axis_entry> axis_format() {
  const auto member = with_place(axis_keys().format());
  auto table = axis_keys();
  table.omittable("zip", &axis_entry::zip, list_format(member, 2, most_axes),
                  "Axes of equal length whose values go together, instead of all other keys.");
  return with_place(table.format());
}

json_format<sweep_sample> sample_format() {
  return object_format<sweep_sample>("Some of the points.")
      .required("kind", &sweep_sample::kind,
                enum_format<sample_kind>({sample_kind::random, sample_kind::latin_hypercube}),
                "random: any of them; latin-hypercube: each axis is covered evenly.")
      .required("points", &sweep_sample::points, integer_format<std::uint64_t>(1, most_sweep_points), "How many.")
      .defaulted("seed", &sweep_sample::seed,
                 integer_format<std::uint64_t>(0, std::numeric_limits<std::uint64_t>::max()),
                 "The same seed draws the same points on every machine.")
      .format();
}

json_format<std::uint32_t> population_format() {
  constexpr std::uint32_t least = 8;
  constexpr std::uint32_t most = 1000;
  constexpr std::uint32_t step = 4;
  auto format = integer_format<std::uint32_t>(least, most);
  format.expected = fmt::format("a multiple of {} from {} to {}", step, least, most);
  format.schema = [plain = format.schema, multiple = step] {
    nlohmann::ordered_json schema = plain();
    schema["multipleOf"] = multiple;
    return schema;
  };
  format.read = [read = format.read, expected = format.expected](const json_value& value) {
    const auto population = read(value);
    if (population % step != 0) {
      value.fail(expected);
    }
    return population;
  };
  return format;
}

json_format<sweep_search> search_format() {
  constexpr std::size_t most_objectives = 8;
  constexpr std::uint64_t most_generations = 1000;
  return object_format<sweep_search>("A search (NSGA-II) for the points that no other beats in all objectives.")
      .required("objectives", &sweep_search::objectives, list_format(text_format(), 2, most_objectives),
                "Numbers or axes of a point, such as totals.latency_ms; with :min or :max where the best end is not "
                "the one that its kind suggests.")
      .defaulted("population", &sweep_search::population, population_format(), "Points of a generation.")
      .defaulted("generations", &sweep_search::generations, integer_format<std::uint32_t>(1, most_generations),
                 "Generations after the first one, which is drawn at random.")
      .defaulted("seed", &sweep_search::seed,
                 integer_format<std::uint32_t>(0, std::numeric_limits<std::uint32_t>::max()),
                 "The same seed goes the same way.")
      .format();
}

json_format<sweep_file> make_sweep_file_format() {
  return object_format<sweep_file>("Many runs: the points of a space of configs, workloads and densities.")
      .required("name", &sweep_file::name, text_format(), "Name of the sweep.")
      .omittable("config", &sweep_file::config, text_format(),
                 "Accelerator config: the name of a shipped one, or a path (with a slash or .json) relative to this "
                 "file; or an "
                 "axis \"config\".")
      .omittable("workload", &sweep_file::workload, text_format(), "Workload, likewise; or an axis \"workload\".")
      .omittable("pass", &sweep_file::pass, enum_format<run_kind>({run_kind::forward, run_kind::training}),
                 "Without it, and without an axis \"pass\", forward.")
      .omittable("layers", &sweep_file::layers, text_format(), "Only the layers that match this glob.")
      .required("axes", &sweep_file::axes, list_format(axis_format(), 1, most_axes),
                "What is varied. The points are all combinations of the values, the last axis varying fastest.")
      .omittable("where", &sweep_file::where, text_format(),
                 "Only the points for which this expression of numeric config keys and axes is not zero: "
                 "grid.rows * grid.cols == 128.")
      .omittable("sample", &sweep_file::sample, sample_format(), "Some of the points; without it all.")
      .omittable("optimise", &sweep_file::optimise, search_format(), "A search among the points, instead of all.")
      .defaulted("per_layer", &sweep_file::per_layer, boolean_format(), "Whether the results of each layer are kept.")
      .format();
}

const json_format<sweep_file>& sweep_file_format() {
  static const json_format<sweep_file> format = make_sweep_file_format();
  return format;
}

}  // namespace

std::string_view to_string(density_mode mode) {
  switch (mode) {
    case density_mode::set:
      return "set";
    case density_mode::scale:
      return "scale";
  }
  throw std::logic_error("no such density_mode");
}

std::string_view to_string(sample_kind kind) {
  switch (kind) {
    case sample_kind::random:
      return "random";
    case sample_kind::latin_hypercube:
      return "latin-hypercube";
  }
  throw std::logic_error("no such sample_kind");
}

sweep_file read_sweep_file(const std::string& path) {
  const json_document document(path, json_document::load(path));
  return sweep_file_format().read(document.root());
}

sweep_file read_sweep_text(const std::string& text, const std::string& name) {
  const json_document document(name, parse_json(text, name));
  return sweep_file_format().read(document.root());
}

nlohmann::ordered_json to_json(const sweep_file& file) {
  return sweep_file_format().write(file);
}

nlohmann::ordered_json sweep_schema() {
  return document_schema("DLAC sweep", sweep_file_format().schema());
}

}  // namespace dlac
