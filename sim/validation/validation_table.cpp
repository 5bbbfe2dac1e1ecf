// The judged figures as a table for a terminal.

#include <fmt/format.h>

#include <algorithm>
#include <string>
#include <vector>

#include "sim/text/text_bar.h"
#include "sim/text/text_table.h"
#include "sim/validation/validation_report.h"

namespace dlac {
namespace {

constexpr std::size_t widest_bar = 40;
constexpr std::size_t number_width = 5;  ///< of a figure, and the blank after it

constexpr std::string_view legend =
    "simulated: workloads/paper-resnet34.json; trained: the shipped trained network, no profile and no verdict\n"
    "predicted: nothing was fitted to it, but 4 to 7 and 10 hang on the profile of densities, an input that the paper "
    "does\n"
    "not print and that was chosen with them in view; bounded: a limit or an unclear reading; calibrated: fitted to "
    "it\n"
    "holds, misses: in or out of its bounds (models/validation/figures.json); off: out of them and should not be\n";

/// A short unit stands behind each value, a long one behind the text.
bool has_short_unit(const figure& f) {
  return f.unit.size() <= 2;
}

std::string title_of(const figure& f) {
  return fmt::format("{:>4} {}{}{}", f.number, f.text, has_short_unit(f) ? "" : ", ", has_short_unit(f) ? "" : f.unit);
}

std::string value_of(const figure& f, double value) {
  return has_short_unit(f) ? four_digits(value) + " " + f.unit : four_digits(value);
}

std::string figures_table(const validation& v, const text_width& width) {
  text_table table({{"figure", ""},
                    {"published", ""},
                    {"simulated", ""},
                    {"deviation", ""},
                    {"verdict", ""},
                    {"role", ""},
                    {"trained", ""}});
  for (const judged_group& group : v.groups) {
    if (&group != &v.groups.front()) {
      table.add_gap();
    }
    table.add_row({group.title, "", "", "", "", "", ""});
    for (const judged_figure& f : group.figures) {
      const auto off = deviation(f.published, f.measured);
      table.add_row({title_of(f.published), f.published.published, value_of(f.published, f.measured),
                     off ? signed_percent(*off) : "", std::string(to_string(f.outcome)),
                     std::string(to_string(f.published.role)), f.trained ? value_of(f.published, *f.trained) : ""});
    }
  }
  return table.text(width);
}

std::string misses(const validation& v, const text_width& width) {
  std::string result;
  for (const judged_group& group : v.groups) {
    for (const judged_figure& f : group.figures) {
      if (f.outcome == verdict::misses || f.outcome == verdict::off) {
        result += wrapped(fmt::format("{:>4} {}, not {}: {}", f.published.number, four_digits(f.measured),
                                      bounds_text(*f.published.bounds), f.published.misses.value_or("it should be")),
                          width.columns, number_width);
      }
    }
  }
  return result.empty() ? "" : "What misses, and why\n" + result + "\n";
}

std::string bars(const validation& v, const text_width& width) {
  constexpr std::size_t beside_bars = 32;
  const std::size_t bar_width =
      std::clamp<std::size_t>((std::max(width.columns, beside_bars) - beside_bars) / 2, 15, widest_bar);
  double highest = 1;
  for (const layer_bar& bar : v.layers) {
    highest = std::max({highest, bar.paper_profile, bar.trained});
  }
  std::string result =
      fmt::format("{:<20} {:<{}}      {}\n", "FLOP/cycle", "paper's profile", bar_width, "trained network");
  for (const layer_bar& bar : v.layers) {
    std::string line = fmt::format("{:<20} {} {:>4.0f} {} {:>4.0f}", shortened(bar.name, 20),
                                   text_bar(bar.paper_profile / highest, bar_width), bar.paper_profile,
                                   text_bar(bar.trained / highest, bar_width), bar.trained);
    result += line + '\n';
  }
  return result + fmt::format("dense peak: {:.0f} FLOP/cycle\n", v.dense_peak);
}

}  // namespace

std::string validation_table(const validation& v, const text_width& width) {
  std::string text = figures_table(v, width) + "\n" + misses(v, width) + bars(v, width) + "\n" +
                     wrapped(legend, width.columns, 0) + "\n";
  for (const std::string& line : role_lines(v)) {
    text += wrapped(line, width.columns, 0);
  }
  return text;
}

}  // namespace dlac
