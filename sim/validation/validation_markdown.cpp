// The judged figures as a page: docs/validation.md.

#include <fmt/format.h>

#include <string>
#include <string_view>

#include "sim/validation/validation_report.h"

namespace dlac {
namespace {

constexpr std::string_view introduction =
    R"(# Validation: published figures beside simulated ones

Written by `dlac validate --out DIR`, this page and its picture; a test fails when they are not what the program gives now. The figures, their
sources and bounds are in [models/validation/figures.json](../models/validation/figures.json), the measurements in `sim/validation/measurements.cpp`.

- **Machines**: `configs/paper-fp32-training.json` (figures 1 to 8, 10, 13, 15, 16) and `paper-fp16-inference.json` (5d, 9, 11, 14): ideal memory, as the paper's figures have
  no memory system; one organisation of the PE, automatic blocks, nothing tuned for a layer. The paper does not say on which of its two machines it measured speed; its 0.6
  TFLOP/s/mm2 is 1.34 TFLOP/s on the 2.2 mm2 of single precision.
- **simulated**: `workloads/paper-resnet34.json`, batch 1, fast engine. Its **densities are an input that the paper does not print**: one straight line over depth
  ([workloads](../workloads/README.md#densities)), chosen so that 1 and 2 come out and with 4 to 7 in view. So 4 to 7, 10 and 13 show that one plain profile and one organisation give all of them
  together; not that the paper's network had these densities.
- **trained**: the same of the trained ternary network in `traces`, another network of the same layers on other images: no profile, nothing calibrated, no verdict. It is
  much less sparse than the profile in its second convolutions, and its sparsity does not grow with depth.
- **Average** (5): all MACs by all cycles, which is what TFLOP/s and TFLOP/s/mm2 are made of; over the ternary convolutions, as the range of figure 7 cannot hold the first
  one: on full-precision weights and a dense image there is nothing to skip. The other three readings are 5a to 5c.

| role | |
|---|---|
| predicted | the source prints a number that nothing was fitted to, but for the profile as said above |
| bounded | the source gives a limit, an order or an unclear reading: the measurement has to be on the right side |
| calibrated | an input was fitted to it: agreement is no evidence and is not counted |
| stated | an input of the model, repeated |
| shown | another reading, no verdict |

The command exits with 1 when a figure that held is out of its bounds.

)";

constexpr std::string_view picture =
    R"(## FLOP/cycle of each convolution

![Dense-equivalent FLOP/cycle of each convolution: paper's profile and trained network](validation.svg)

Dense-equivalent: 2 x MACs, zeros included, by cycles. The paper shows this as its figure 5, a picture without numbers but for its best layer and its average.

)";

std::string cell(const std::string& text) {
  return text.empty() ? " |" : " " + text + " |";
}

std::string row(const std::vector<std::string>& cells) {
  std::string line = "|";
  for (const std::string& text : cells) {
    line += cell(text);
  }
  return line + "\n";
}

std::string group_table(const judged_group& group) {
  std::string text = "## " + group.title +
                     "\n\n| | figure | published | simulated | | deviation | verdict | role | trained |\n"
                     "|---|---|--:|--:|---|--:|---|---|--:|\n";
  for (const judged_figure& f : group.figures) {
    const auto off = deviation(f.published, f.measured);
    const std::string outcome(to_string(f.outcome));
    text += row({f.published.number, f.published.text, f.published.published, four_digits(f.measured), f.published.unit,
                 off ? signed_percent(*off) : "", f.outcome == verdict::misses ? "**" + outcome + "**" : outcome,
                 std::string(to_string(f.published.role)), f.trained ? four_digits(*f.trained) : ""});
  }
  return text + "\n";
}

std::string misses_list(const validation& v) {
  std::string text;
  for (const judged_group& group : v.groups) {
    for (const judged_figure& f : group.figures) {
      if (f.outcome == verdict::misses || f.outcome == verdict::off) {
        text += fmt::format("- **{}**, {}: {}, not {}; {}.\n", f.published.number, f.published.text,
                            four_digits(f.measured), bounds_text(*f.published.bounds),
                            f.published.misses.value_or("it should be"));
      }
    }
  }
  return text.empty() ? "" : "## What misses, and why\n\n" + text + "\n";
}

std::string profiles_table(const validation& v) {
  std::string text =
      "## What hangs on the profile\n\nThe densities are an input, so here is what the figures would be with others, "
      "the rest as it "
      "stands.\n\n| profile | 1: non-zero | 4: best layer | 5: average | 7a: slowest | 7b: fastest |\n"
      "|---|--:|--:|--:|--:|--:|\n";
  for (const profile_row& profile : v.profiles) {
    text += row({profile.name, four_digits(profile.nonzero_operations) + " %", four_digits(profile.best_layer),
                 four_digits(profile.average), four_digits(profile.lowest_speed_up),
                 four_digits(profile.highest_speed_up)});
  }
  return text + "\n";
}

std::string peers_table(const validation& v) {
  std::string text =
      "\n## Other accelerators, as published\n\n| | node | mm2 | TOPS | source |\n|---|---|--:|--:|---|\n";
  const auto add = [&](const char* name, const peer& p) {
    text += row({name, p.node, four_digits(p.area_mm2), four_digits(p.tops), p.source});
  };
  add("DaDianNao", v.peers.dadiannao);
  add("DaDianNao, 32 bits", v.peers.dadiannao_32_bit);
  add("EIE", v.peers.eie);
  return text;
}

std::string bounds_table(const validation& v) {
  std::string text = "## Bounds and sources\n\n| | bounds | why these | source |\n|---|--:|---|---|\n";
  for (const judged_group& group : v.groups) {
    for (const judged_figure& f : group.figures) {
      const auto& bounds = f.published.bounds;
      text += row(
          {f.published.number, bounds ? bounds_text(*bounds) : "", bounds ? bounds->reason : "", f.published.source});
    }
  }
  return text;
}

}  // namespace

std::string validation_markdown(const validation& v) {
  std::string text(introduction);
  for (const std::string& line : role_lines(v)) {
    text += "- " + line + "\n";
  }
  text += "\n";
  for (const judged_group& group : v.groups) {
    text += group_table(group);
  }
  return text + misses_list(v) + std::string(picture) + profiles_table(v) + bounds_table(v) + peers_table(v);
}

}  // namespace dlac
