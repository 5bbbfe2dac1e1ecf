#include "sim/validation/figure_file.h"

#include <fmt/format.h>

#include <set>
#include <stdexcept>
#include <utility>

#include "sim/core/text.h"
#include "sim/json/json_format.h"
#include "sim/validation/measurements.h"

namespace dlac {
namespace {

constexpr double most = 1e15;

json_format<figure_bounds> bounds_format() {
  return object_format<figure_bounds>("Bounds of the measurement, both ends included.")
      .omittable("lowest", &figure_bounds::lowest, decimal_format(-most, most), "The lowest value that holds.")
      .omittable("highest", &figure_bounds::highest, decimal_format(-most, most), "The highest value that holds.")
      .required("reason", &figure_bounds::reason, text_format(), "Why these.")
      .format();
}

json_format<figure> figure_format() {
  using enum figure_role;
  return object_format<figure>("A published figure.")
      .required("number", &figure::number, text_format(), "Its number in reports.")
      .required("text", &figure::text, text_format(), "What it says.")
      .required("source", &figure::source, text_format(), "Where it is printed.")
      .required("measure", &figure::measure, text_format(), "The measurement it is held against.")
      .required("unit", &figure::unit, text_format(), "Unit of the measurement.")
      .required("published", &figure::published, text_format(), "As it is printed.")
      .omittable("value", &figure::value, decimal_format(-most, most), "The number that the deviation is taken from.")
      .required("role", &figure::role, enum_format<figure_role>({calibrated, predicted, bounded, stated, shown}),
                "What it can show.")
      .omittable("bounds", &figure::bounds, bounds_format(), "Where the measurement has to stay.")
      .omittable("misses", &figure::misses, text_format(), "Why it is known to be out of bounds.")
      .format();
}

json_format<peer> peer_format() {
  return object_format<peer>("Another accelerator.")
      .required("node", &peer::node, text_format(), "Technology table of its process.")
      .required("area_mm2", &peer::area_mm2, decimal_format(1e-6, most), "Area, mm2.")
      .required("tops", &peer::tops, decimal_format(1e-6, most), "Peak, 10^12 operations per second.")
      .required("source", &peer::source, text_format(), "Where the numbers are from.")
      .format();
}

json_format<figure_book> book_format() {
  const auto peers =
      object_format<published_peers>("Other accelerators.")
          .required("dadiannao", &published_peers::dadiannao, peer_format(), "One node, 16 bits.")
          .required("dadiannao_32_bit", &published_peers::dadiannao_32_bit, peer_format(), "The node, 32 bits.")
          .required("eie", &published_peers::eie, peer_format(), "EIE.")
          .format();
  const auto group =
      object_format<figure_group>("Figures that belong together.")
          .required("title", &figure_group::title, text_format(), "Their title.")
          .required("figures", &figure_group::figures, list_format(figure_format(), 1, 1000), "The figures.")
          .format();
  return object_format<figure_book>("Published figures.")
      .required("peers", &figure_book::peers, peers, "Other accelerators, as published.")
      .required("groups", &figure_book::groups, list_format(group, 1, 1000), "The figures, in groups.")
      .format();
}

/// What the keys of a figure owe to each other; `place` is the figure's pointer.
void check(const figure& f, const json_document& document, const std::string& place) {
  const measurement* const measured = find_measurement(f.measure);
  if (measured == nullptr) {
    const std::vector<std::string_view> names = measurement_names();
    throw document.error(place + "/measure", in_quotes(f.measure),
                         "the name of a measurement" + did_you_mean(f.measure, names));
  }
  if (f.unit != measured->unit) {
    throw document.error(place + "/unit", in_quotes(f.unit),
                         fmt::format("{}, the unit of {}", in_quotes(measured->unit), f.measure));
  }
  if ((f.role == figure_role::shown) == f.bounds.has_value()) {
    throw document.error(place + "/bounds", f.bounds ? "bounds" : "nothing",
                         f.bounds ? "nothing for a figure that is only shown" : "bounds, or the role \"shown\"");
  }
  if (!f.bounds) {
    if (f.misses) {
      throw document.error(place + "/misses", "a text", "nothing for a figure without bounds");
    }
    return;
  }
  if (!f.bounds->lowest && !f.bounds->highest) {
    throw document.error(place + "/bounds", "neither bound", R"("lowest", "highest" or both)");
  }
  if (f.bounds->lowest && f.bounds->highest && *f.bounds->lowest > *f.bounds->highest) {
    throw document.error(place + "/bounds", fmt::format("{} to {}", *f.bounds->lowest, *f.bounds->highest),
                         "a lowest value that is not above the highest");
  }
}

}  // namespace

std::string_view to_string(figure_role role) {
  switch (role) {
    case figure_role::calibrated:
      return "calibrated";
    case figure_role::predicted:
      return "predicted";
    case figure_role::bounded:
      return "bounded";
    case figure_role::stated:
      return "stated";
    case figure_role::shown:
      return "shown";
  }
  throw std::logic_error("no such role");
}

figure_book read_figures(const std::string& path) {
  const json_document document(path, json_document::load(path));
  figure_book book = book_format().read(document.root());
  std::set<std::string> numbers;
  for (std::size_t g = 0; g < book.groups.size(); ++g) {
    for (std::size_t i = 0; i < book.groups[g].figures.size(); ++i) {
      const figure& f = book.groups[g].figures[i];
      const std::string place = fmt::format("/groups/{}/figures/{}", g, i);
      check(f, document, place);
      if (!numbers.insert(f.number).second) {
        throw document.error(place + "/number", in_quotes(f.number), "a number that no other figure has");
      }
    }
  }
  return book;
}

}  // namespace dlac
