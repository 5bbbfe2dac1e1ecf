#include "sim/evaluation/image_test.h"

#include <fmt/format.h>

#include <algorithm>
#include <chrono>
#include <cmath>
#include <memory>
#include <span>
#include <utility>

#include "sim/core/error.h"
#include "sim/core/ordered_tasks.h"
#include "sim/core/stop.h"
#include "sim/core/text.h"
#include "sim/evaluation/network_evaluator.h"
#include "sim/numbers/tensor_conversion.h"

namespace dlac {
namespace {

constexpr std::size_t images_of_a_task = 8;
constexpr std::size_t several = 5;

/// The first of the largest.
std::size_t largest_of(std::span<const float> values) {
  return static_cast<std::size_t>(std::max_element(values.begin(), values.end()) - values.begin());
}

/// Classes before the label's, by value and then by number.
std::size_t rank_of(std::span<const float> values, std::size_t label) {
  std::size_t before = 0;
  for (std::size_t i = 0; i < values.size(); ++i) {
    before += values[i] > values[label] || (values[i] == values[label] && i < label) ? 1 : 0;
  }
  return before;
}

class image_task {
 public:
  explicit image_task(const test_inputs& inputs) : inputs_(inputs), evaluators_(inputs.threads) {}

  /// Results of the images of a task.
  std::vector<float> operator()(unsigned thread, std::size_t task) {
    auto& evaluator = evaluators_[thread];
    if (!evaluator) {
      evaluator = std::make_unique<network_evaluator>(inputs_.config, inputs_.net, inputs_.trace);
    }
    std::vector<float> results;
    const auto first = task * images_of_a_task;
    for (std::size_t i = first; i < std::min(first + images_of_a_task, inputs_.count); ++i) {
      heed_stop();
      const std::vector<float>& result = evaluator->result_of(network_input(inputs_.net, inputs_.images, i));
      results.insert(results.end(), result.begin(), result.end());
    }
    return results;
  }

  void add_counts(test_outcome& outcome) const {
    for (const auto& evaluator : evaluators_) {
      if (evaluator) {
        outcome.weights = evaluator->weights();
        outcome.activations.add(evaluator->activations());
        outcome.saturated_sums += evaluator->saturated_sums();
      }
    }
  }

 private:
  const test_inputs& inputs_;
  std::vector<std::unique_ptr<network_evaluator>> evaluators_;  ///< one a thread
};

void judge(std::span<const float> result, std::size_t label, const std::optional<std::span<const float>>& fp32,
           test_outcome& outcome) {
  const bool is_finite = std::all_of(result.begin(), result.end(), [](float value) { return std::isfinite(value); });
  if (!is_finite) {
    ++outcome.not_finite;
    return;
  }
  const auto rank = rank_of(result, label);
  outcome.top1 += rank == 0 ? 1 : 0;
  outcome.top5 += rank < several ? 1 : 0;
  if (fp32) {
    outcome.agreeing += largest_of(result) == largest_of(*fp32) ? 1 : 0;
    outcome.sqnr_db.add(signal_to_noise_db(*fp32, result));
  }
}

}  // namespace

std::vector<float> network_input(const network& net, const labelled_images& images, std::size_t index) {
  std::vector<float> values(net.graph->nodes.front().shape.elements());
  images.read(index, values);
  if (net.image_pixels && images.are_pictures()) {
    const std::size_t plane = values.size() / net.image_pixels->mean.size();
    for (std::size_t i = 0; i < values.size(); ++i) {
      const double scaled = (values[i] - net.image_pixels->mean[i / plane]) / net.image_pixels->deviation[i / plane];
      values[i] = static_cast<float>(scaled);
    }
  }
  return values;
}

test_outcome test_images(const test_inputs& inputs, const image_results* fp32, image_results* results) {
  const auto begin = std::chrono::steady_clock::now();
  const auto tasks = (inputs.count + images_of_a_task - 1) / images_of_a_task;
  test_outcome outcome;
  image_task task(inputs);
  ordered_tasks<std::vector<float>> running(tasks, inputs.threads, std::ref(task));
  for (std::size_t i = 0; i < tasks; ++i) {
    if (inputs.progress) {
      inputs.progress(i * images_of_a_task);
    }
    const std::vector<float> values = running.result(i);
    const auto count = std::min(images_of_a_task, inputs.count - i * images_of_a_task);
    outcome.classes = values.size() / count;
    for (std::size_t image = 0; image < count; ++image) {
      const std::size_t number = i * images_of_a_task + image;
      const std::uint32_t label = inputs.images.label(number);
      if (label >= outcome.classes) {
        throw input_error("--data", fmt::format("image {}", number), fmt::format("label {}", label),
                          fmt::format("one of the {} classes of {}", outcome.classes, in_quotes(inputs.net.name)));
      }
      judge(std::span(values).subspan(image * outcome.classes, outcome.classes), label,
            fp32 != nullptr ? std::optional(fp32->of(number)) : std::nullopt, outcome);
      ++outcome.images;
    }
    if (results != nullptr) {
      results->classes = outcome.classes;
      results->values.insert(results->values.end(), values.begin(), values.end());
    }
  }
  task.add_counts(outcome);
  outcome.seconds = std::chrono::duration<double>(std::chrono::steady_clock::now() - begin).count();
  return outcome;
}

known_ranges calibrate(const test_inputs& inputs, std::size_t first, std::size_t count) {
  known_ranges ranges;
  network_evaluator evaluator(inputs.config, inputs.net, inputs.trace);
  evaluator.note_ranges(ranges);
  for (std::size_t i = first; i < first + count; ++i) {
    heed_stop();
    if (inputs.progress) {
      inputs.progress(i - first);
    }
    static_cast<void>(evaluator.result_of(network_input(inputs.net, inputs.images, i)));
  }
  return ranges;
}

}  // namespace dlac
