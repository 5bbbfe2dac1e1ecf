#include "sim/api/evaluate.h"

#include <fmt/format.h>

#include <algorithm>
#include <memory>
#include <utility>

#include "models/energy.h"
#include "sim/core/error.h"
#include "sim/core/text.h"
#include "sim/engine/functional_maps.h"
#include "sim/engine/network_run.h"
#include "sim/evaluation/network_evaluator.h"
#include "sim/images/labelled_images.h"
#include "sim/reference/comparison.h"
#include "sim/workload/layer_selection.h"

namespace dlac {
namespace {

constexpr const char* fp32_numbers = "fp32";
constexpr std::uint32_t most_bits = 16;
constexpr std::uint32_t least_bits = 2;

/// Bits of dynamic fixed point; none: fp32.
struct searched_bits {
  std::optional<std::uint32_t> activations;
  std::optional<std::uint32_t> weights;
};

std::string format_text(std::optional<std::uint32_t> bits) {
  return bits ? fmt::format(R"({{"fixed": {{"bits": {}, "fraction_bits": "auto"}}}})", *bits) : R"("fp32")";
}

/// A setting of a config.
std::string setting_of(const searched_bits& bits) {
  return fmt::format(
      R"(numbers={{"activations": {0}, "weights": {1}, "gradients": "fp32", "accumulator": "{2}", "output": {0}, "formats": []}})",
      format_text(bits.activations), format_text(bits.weights), bits.activations && bits.weights ? "int32" : "fp32");
}

image_extents extents_of(const network& net) {
  const auto& extents = net.graph->nodes.front().shape.extents;
  if (extents.size() != 3) {
    throw input_error(net.file, "/image", fmt::format("{} axes", extents.size()), "an image [channels, height, width]");
  }
  return {extents[0], extents[1], extents[2]};
}

class evaluator {
 public:
  evaluator(const std::string& workload, const std::string& data, const evaluation_options& options)
      : options_(options), net_(load_network(workload, "WORKLOAD", 1)) {
    make_functional(net_, "WORKLOAD");
    first_ = load_machine(options.config, options.settings, "--config", fp32_numbers);
    data_ = open_images(data, extents_of(net_), calibration_images() > 0 ? image_sets::both : image_sets::tested);
    result_.network = net_.name;
    result_.config = first_.config.name;
    result_.data = data;
    result_.data_kind = data_.kind;
    result_.images_of_data = data_.tested->count();
    count_ = std::min(options.images.value_or(data_.tested->count()), data_.tested->count());
    if (options.images && *options.images > data_.tested->count()) {
      throw input_error("--images", "", fmt::format("{}", *options.images),
                        fmt::format("at most {}, as many as {} has", data_.tested->count(), one_line(data, 200)));
    }
  }

  evaluation run() {
    std::vector<std::pair<std::string, machine>> machines;
    for (const std::string& numbers : options_.numbers) {
      if (numbers != fp32_numbers) {
        machines.emplace_back(numbers, load_machine(options_.config, options_.settings, "--config", numbers));
      }
    }
    if (options_.numbers.empty() && !options_.search_margin) {
      machine own = load_machine(options_.config, options_.settings, "--config");
      if (!(own.config.numbers() == first_.config.numbers())) {
        machines.emplace_back(fmt::format("of {}", own.config.name), std::move(own));
      }
    }
    add_row(fp32_numbers, first_, false);
    take_ranges();
    for (auto& [name, on] : machines) {
      add_row(name, calibrated(std::move(on)), false);
    }
    if (options_.search_margin) {
      search();
    }
    return std::move(result_);
  }

 private:
  [[nodiscard]] test_inputs inputs(const accelerator_config& config, const labelled_images& images,
                                   std::string what) const {
    return {.config = config,
            .net = net_,
            .trace = options_.trace,
            .images = images,
            .count = count_,
            .threads = options_.threads,
            .progress = [this, what = std::move(what)](std::size_t done) {
              if (options_.progress) {
                options_.progress(done, count_, what);
              }
            }};
  }

  void add_row(const std::string& numbers, const machine& on, bool is_searched) {
    const operand_formats formats = on.config.numbers();
    evaluation_row row{.numbers = numbers,
                       .activations = name_of(formats.activations),
                       .weights = name_of(formats.weights),
                       .accumulator = name_of(formats.accumulator),
                       .is_calibrated = formats.ranges != nullptr,
                       .is_searched = is_searched,
                       .test = {},
                       .cost = {},
                       .model_bytes = 0};
    const bool is_first = result_.rows.empty();
    image_results results;
    row.test = test_images(inputs(on.config, *data_.tested, numbers), is_first ? nullptr : &fp32_, &results);
    if (is_first) {
      row.test.agreeing = row.test.images - row.test.not_finite;
    }
    add_cost(row, on, results);
    if (is_first) {
      fp32_ = std::move(results);
    }
    result_.rows.push_back(std::move(row));
  }

  /// The machine on the first images, whose results must be those that were evaluated.
  void add_cost(evaluation_row& row, const machine& on, const image_results& results) {
    const std::vector<const layer*> layers = select_layers(net_, std::vector<std::string>(), "--layers");
    functional_maps maps(net_, std::nullopt);
    const operand_provider operands(net_, options_.trace, on.config.numbers(), &maps);
    image_cost& cost = row.cost;
    cost.images = std::min(options_.simulated, count_);
    for (std::size_t i = 0; i < cost.images; ++i) {
      maps.use_image({network_input(net_, *data_.tested, i), "an image of the data"});
      const network_result run =
          run_layers(on.config, net_, layers, operands,
                     {.engine = options_.engine, .functional = &maps, .energy = energy_by(on.config, on.table)});
      totals sum;
      for (const layer_result& l : run.layers) {
        sum.add(l, on.config);
        cost.energy_mj += energy_of(on.config, on.table, l).total() * 1e-9 / static_cast<double>(cost.images);
        cost.values += l.checked.values;
      }
      row.model_bytes = sum.model_bytes;
      cost.cycles += static_cast<double>(sum.counters.cycles) / static_cast<double>(cost.images);
      cost.off_chip_bytes +=
          static_cast<double>(sum.traffic.read() + sum.traffic.outputs) / static_cast<double>(cost.images);
      result_.engine = run.engine;
      compare(row, maps.result(), results.of(i), i);
    }
  }

  static void compare(evaluation_row& row, const std::vector<float>& simulated, std::span<const float> evaluated,
                      std::size_t image) {
    if (const auto mismatch = first_bit_difference(simulated, evaluated)) {
      throw simulation_error(
          fmt::format("{}, image {}: number {} of the result is {} as it was simulated, and {} as it was evaluated",
                      row.numbers, image, mismatch->index, mismatch->simulated, mismatch->expected));
    }
    row.cost.compared += simulated.size();
  }

  [[nodiscard]] std::size_t calibration_images() const {
    constexpr std::size_t of_a_search = 100;
    return options_.calibration != 0 ? options_.calibration : options_.search_margin ? of_a_search : 0;
  }

  /// Of fp32 results on images that are not tested.
  void take_ranges() {
    const std::size_t count = calibration_images();
    if (count == 0) {
      return;
    }
    const bool has_others = data_.others != nullptr;
    const labelled_images& images = has_others ? *data_.others : *data_.tested;
    const std::size_t first = has_others ? 0 : count_;
    if (images.count() - first < count) {
      throw input_error("--calibrate", "", fmt::format("{}", count),
                        fmt::format("at most {}, as many images as are not tested", images.count() - first));
    }
    const auto calibration = inputs(first_.config, images, "calibration");
    result_.ranges = calibrate(calibration, first, count);
    result_.calibrated_on = fmt::format(
        "{} {}", count, has_others ? "images that the data has for training" : "images behind the tested ones");
  }

  [[nodiscard]] machine calibrated(machine on) const {
    if (result_.ranges) {
      given_numbers numbers = on.config.given.value_or(given_numbers());
      if (!numbers.ranges) {
        numbers.ranges = std::make_shared<const known_ranges>(*result_.ranges);
        on.config.given = std::move(numbers);
      }
    }
    return on;
  }

  // Ristretto's way: each kind by itself, the other in fp32, and then both, which may take more bits.
  void search() {
    const double wanted = top1(result_.rows.front()) - *options_.search_margin;
    result_.search_margin = options_.search_margin;
    // From below: a coarser format may be the better one by chance, but what is found has so many bits at least.
    const auto fewest = [&](std::optional<std::uint32_t> searched_bits::*kind) {
      std::uint32_t bits = least_bits;
      for (; bits < most_bits; ++bits) {
        searched_bits tried;
        tried.*kind = bits;
        if (top1(row_of(tried)) >= wanted) {
          break;
        }
      }
      return bits;
    };
    searched_bits both{.activations = fewest(&searched_bits::activations), .weights = fewest(&searched_bits::weights)};
    while (top1(row_of(both)) < wanted && (*both.activations < most_bits || *both.weights < most_bits)) {
      const auto more_of = [&](std::optional<std::uint32_t> searched_bits::*kind) {
        searched_bits more = both;
        more.*kind = std::min(*(more.*kind) + 1, most_bits);
        return more;
      };
      const searched_bits activations = more_of(&searched_bits::activations);
      const searched_bits weights = more_of(&searched_bits::weights);
      const bool activations_gain = *both.weights == most_bits || (*both.activations < most_bits &&
                                                                   top1(row_of(activations)) >= top1(row_of(weights)));
      both = activations_gain ? activations : weights;
    }
    const evaluation_row& last = row_of(both);
    if (top1(last) >= wanted) {
      result_.found = static_cast<std::size_t>(&last - result_.rows.data());
    }
  }

  static double top1(const evaluation_row& row) {
    return static_cast<double>(row.test.top1) / static_cast<double>(row.test.images);
  }

  /// Tried once.
  const evaluation_row& row_of(const searched_bits& bits) {
    const auto text = [](std::optional<std::uint32_t> of) { return of ? fmt::format("{}", *of) : "fp32"; };
    const std::string name = fmt::format("a {}, w {}", text(bits.activations), text(bits.weights));
    const auto found = std::find_if(result_.rows.begin(), result_.rows.end(),
                                    [&](const evaluation_row& row) { return row.is_searched && row.numbers == name; });
    if (found != result_.rows.end()) {
      return *found;
    }
    std::vector<std::string> settings = options_.settings;
    settings.push_back(setting_of(bits));
    add_row(name, calibrated(load_machine(options_.config, settings, "--config")), true);
    return result_.rows.back();
  }

  const evaluation_options& options_;
  network net_;
  machine first_;
  image_data data_;
  std::size_t count_ = 0;
  image_results fp32_;
  evaluation result_;
};

}  // namespace

evaluation evaluate(const std::string& workload, const std::string& data, const evaluation_options& options) {
  return evaluator(workload, data, options).run();
}

}  // namespace dlac
