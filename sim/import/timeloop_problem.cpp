#include "sim/import/timeloop_problem.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <cctype>
#include <set>
#include <string_view>
#include <utility>

#include "sim/core/text.h"
#include "sim/import/imported_network.h"

namespace dlac {
namespace {

std::string lower_case(std::string_view text) {
  std::string lower(text);
  std::transform(lower.begin(), lower.end(), lower.begin(),
                 [](unsigned char c) { return static_cast<char>(std::tolower(c)); });
  return lower;
}

constexpr std::array coefficients = {"wstride", "hstride", "wdilation", "hdilation"};
const std::set<std::string> dimensions = {"C", "G", "K", "M", "N", "P", "Q", "R", "S"};
/// What generators of such files write besides, and Timeloop does not read as a bound.
const std::set<std::string> without_meaning = {"H",         "W",    "Padding", "Hpad",   "Wpad",
                                               "bitwidths", "name", "type",    "version"};

bool is_coefficient(std::string_view name) {
  return std::find(coefficients.begin(), coefficients.end(), name) != coefficients.end();
}

/// What the shape says of the loops.
struct problem_shape {
  problem_kind kind = problem_kind::convolution;
  std::set<std::string> needed;  ///< dimensions that the instance must have
  bool is_given = false;         ///< with its own dimensions
};

/// Whether a list of lists of names has this one.
bool mentions(const yaml_value& value, std::string_view name, int depth = 0) {
  constexpr int deepest = 3;  // anchors in each other would be any number of lists
  constexpr std::size_t longest = 64;
  if (!value.is_list()) {
    return value.is_scalar() && value.text() == name;
  }
  const std::vector<yaml_value> elements = value.elements();
  if (depth == deepest || elements.size() > longest) {
    value.fail("a longer or deeper list", "the loops of a data space");
  }
  return std::any_of(elements.begin(), elements.end(),
                     [&](const yaml_value& element) { return mentions(element, name, depth + 1); });
}

/// The data space that is written, where the shape has some.
std::optional<yaml_value> outputs_of(const yaml_value& shape) {
  for (const char* const key : {"data-spaces", "data_spaces"}) {
    const auto spaces = shape.find(key);
    if (!spaces) {
      continue;
    }
    for (const yaml_value& space : spaces->elements()) {
      for (const char* const flag : {"read-write", "read_write"}) {
        const auto written = space.find(flag);
        if (written && lower_case(written->text()) == "true") {
          return space.find("projection");
        }
      }
    }
  }
  return std::nullopt;
}

problem_shape shape_with_dimensions(const yaml_value& shape) {
  problem_shape result{.kind = problem_kind::convolution, .needed = {}, .is_given = true};
  const auto listed = shape.find("dimensions");
  if (!listed) {
    shape.fail(R"(no "dimensions")", "a list of them");
  }
  for (const yaml_value& element : listed->elements()) {
    const std::string name = element.text();
    if (!dimensions.contains(name)) {
      element.fail("loops of a convolution, " + quoted_list({dimensions.begin(), dimensions.end()}) +
                   R"(, or of a matrix product, "M", "N", "K")");
    }
    if (!result.needed.insert(name).second) {
      element.fail(in_quotes(name) + " again", "every dimension once");
    }
  }
  if (result.needed == std::set<std::string>{"M", "N", "K"}) {
    result.kind = problem_kind::product;
    return result;
  }
  if (result.needed.contains("K") && result.needed.contains("M")) {
    listed->fail(R"("K" and "M" in a convolution)", "one of them, its output channels");
  }
  const bool has_filters = result.needed.contains("K") || result.needed.contains("M");
  const auto outputs = outputs_of(shape);
  if (!has_filters && outputs && result.needed.contains("C") && mentions(*outputs, "C")) {
    result.kind = problem_kind::depthwise;
  }
  return result;
}

problem_shape shape_of(const yaml_value& problem) {
  const auto shape = problem.find("shape");
  if (shape && shape->is_map()) {
    return shape_with_dimensions(*shape);
  }
  if (shape) {
    const std::string name = lower_case(shape->text());
    if (name != "cnn-layer" && name != "cnn_layer") {
      shape->fail(R"("cnn-layer", or a map with the dimensions)");
    }
  }
  return {.kind = problem_kind::convolution, .needed = {"C", "P", "Q", "R", "S"}, .is_given = false};
}

class problem_reader {
 public:
  explicit problem_reader(const yaml_value& problem) : problem_(problem), shape_(shape_of(problem)) {
    result_.kind = shape_.kind;
  }

  timeloop_problem read() {
    read_defaults();
    const auto instance = problem_.find("instance");
    read_numbers(problem_, instance.has_value());
    if (instance) {
      read_numbers(*instance, false);
    }
    const yaml_value& whole = instance ? *instance : problem_;
    for (const std::string& name : shape_.needed) {
      if (!result_.numbers.contains(name)) {
        whole.fail(fmt::format(R"(no "{}")", name), "every bound of the shape");
      }
    }
    if (!shape_.is_given && result_.numbers.contains("K") == result_.numbers.contains("M")) {
      whole.fail(result_.numbers.contains("K") ? R"("K" and "M")" : R"(no "M")", R"(the output channels, "M" or "K")");
    }
    return std::move(result_);
  }

 private:
  void read_defaults() {
    const auto shape = problem_.find("shape");
    const auto listed = shape && shape->is_map() ? shape->find("coefficients") : std::nullopt;
    if (!listed) {
      return;
    }
    for (const yaml_value& element : listed->elements()) {
      const auto name = element.find("name");
      if (!name || !is_coefficient(lower_case(name->text()))) {
        element.fail("a name of " + quoted_list({coefficients.begin(), coefficients.end()}));
      }
      if (const auto value = element.find("default")) {
        defaults_[lower_case(name->text())] = value->whole(1, largest_window);
      }
    }
    result_.numbers = defaults_;
  }

  void read_numbers(const yaml_value& map, bool is_around_instance) {
    for (const auto& [key, value] : map.members()) {
      const std::string lower = lower_case(key);
      if (&map == &problem_ && (key == "shape" || key == "instance")) {
        continue;
      }
      if (key == "densities") {
        read_densities(value);
      } else if (!is_around_instance && is_coefficient(lower)) {
        add(lower, value, largest_window);
      } else if (!is_around_instance && dimensions.contains(key)) {
        if (shape_.is_given && !shape_.needed.contains(key)) {
          value.fail("a bound of no dimension", quoted_list({shape_.needed.begin(), shape_.needed.end()}));
        }
        add(key, value, key == "R" || key == "S" ? largest_window : largest_size);
      } else if (without_meaning.contains(key)) {
        if (key != "version" && key != "name" && key != "type") {
          result_.passed_over.push_back(key);
        }
      } else {
        std::vector<std::string_view> known(dimensions.begin(), dimensions.end());
        known.insert(known.end(), {"Wstride", "Hstride", "Wdilation", "Hdilation", "densities", "shape", "instance"});
        value.fail("an unknown key", quoted_list(known) + did_you_mean(key, known));
      }
    }
  }

  void add(const std::string& name, const yaml_value& value, std::uint64_t maximum) {
    if (!given_.insert(name).second) {
      value.fail(R"(a second ")" + name + R"(" in another spelling)", "each once");
    }
    result_.numbers[name] = value.whole(1, maximum);
  }

  void read_densities(const yaml_value& densities) {
    for (const auto& [key, value] : densities.members()) {
      const std::string name = lower_case(key);
      const bool is_input = name == "inputs" || name == "input" || name == "a";
      const bool is_weight = name == "weights" || name == "weight" || name == "b";
      if (is_input || is_weight) {
        auto& density = is_input ? result_.input_density : result_.weight_density;
        if (density) {
          value.fail("a second density of an operand", "one");
        }
        density = density_in(value);
      } else if (name != "outputs" && name != "output" && name != "z") {
        value.fail("the density of an unknown tensor", R"("Inputs", "Weights" or "Outputs"; "A", "B" or "Z")");
      }
    }
  }

  double density_in(const yaml_value& value) {
    if (!value.is_map()) {
      return value.decimal(0, 1);
    }
    const auto density = value.find("density");
    if (!density) {
      value.fail(R"(no "density")", "a number from 0 to 1");
    }
    if (const auto distribution = value.find("distribution")) {
      const std::string name = distribution->text();
      if (name != "hypergeometric") {
        result_.distributions.push_back(name);
      }
    }
    return density->decimal(0, 1);
  }

  const yaml_value& problem_;
  problem_shape shape_;
  std::map<std::string, std::uint32_t> defaults_;
  std::set<std::string> given_;
  timeloop_problem result_;
};

}  // namespace

timeloop_problem read_timeloop_problem(const yaml_value& root) {
  if (!root.is_map()) {
    root.fail(R"(a map with "problem")");
  }
  const auto problem = root.find("problem");
  if (!problem) {
    root.fail(R"(no "problem")", "the shape of a layer");
  }
  return problem_reader(*problem).read();
}

}  // namespace dlac
