#include "sim/import/scalesim_columns.h"

#include <fmt/format.h>

#include <algorithm>
#include <cctype>
#include <utility>

#include "sim/core/error.h"
#include "sim/core/text.h"
#include "sim/import/imported_network.h"
#include "sim/json/json_reader.h"

namespace dlac {
namespace {

/// A title by its letters and digits alone, without what stands in brackets: "IFMAP Height (px)" is "ifmapheight".
std::string plain_title(std::string_view title) {
  std::string plain;
  int depth = 0;
  for (const char c : title) {
    depth += c == '(' || c == '[' ? 1 : 0;
    if (depth == 0 && std::isalnum(static_cast<unsigned char>(c)) != 0) {
      plain += static_cast<char>(std::tolower(static_cast<unsigned char>(c)));
    }
    depth -= depth > 0 && (c == ')' || c == ']') ? 1 : 0;
  }
  return plain;
}

struct known_title {
  std::string_view plain;
  column which;
};

constexpr std::array known_titles = {
    known_title{"layername", column::name},
    known_title{"layer", column::name},
    known_title{"layers", column::name},
    known_title{"name", column::name},
    known_title{"ifmapheight", column::input_height},
    known_title{"ifmaph", column::input_height},
    known_title{"inputheight", column::input_height},
    known_title{"ifmapwidth", column::input_width},
    known_title{"ifmapw", column::input_width},
    known_title{"inputwidth", column::input_width},
    known_title{"filterheight", column::filter_height},
    known_title{"filterh", column::filter_height},
    known_title{"kernelheight", column::filter_height},
    known_title{"filterwidth", column::filter_width},
    known_title{"filterw", column::filter_width},
    known_title{"kernelwidth", column::filter_width},
    known_title{"channels", column::channels},
    known_title{"channel", column::channels},
    known_title{"numchannels", column::channels},
    known_title{"numchannel", column::channels},
    known_title{"inputchannels", column::channels},
    known_title{"numfilter", column::filters},
    known_title{"numfilters", column::filters},
    known_title{"filters", column::filters},
    known_title{"strides", column::strides},
    known_title{"stride", column::strides},
    known_title{"strideheight", column::stride_height},
    known_title{"strideh", column::stride_height},
    known_title{"stridewidth", column::stride_width},
    known_title{"stridew", column::stride_width},
    known_title{"m", column::m},
    known_title{"n", column::n},
    known_title{"k", column::k},
    known_title{"batch", column::batch},
    known_title{"sparsity", column::sparsity},
    known_title{"sparsitynm", column::sparsity},
    known_title{"sparsityratio", column::sparsity},
};

std::string_view usual_title(column which) {
  constexpr std::array titles = {"Layer name",
                                 "IFMAP Height",
                                 "IFMAP Width",
                                 "Filter Height",
                                 "Filter Width",
                                 "Channels",
                                 "Num Filter",
                                 "Strides",
                                 "Stride height",
                                 "Stride width",
                                 "M",
                                 "N",
                                 "K",
                                 "Batch",
                                 "Sparsity"};
  return titles[static_cast<std::size_t>(which)];
}

bool is_remark_field(std::string_view text) {
  return text.starts_with("#");
}

}  // namespace

topology_columns::topology_columns(const csv_row& header, const std::string& file) {
  std::size_t titled = header.fields.size();
  while (titled > 0 && (header.field(titled - 1).empty() || is_remark_field(header.field(titled - 1)))) {
    --titled;
  }
  titles_.assign(header.fields.begin(), header.fields.begin() + static_cast<std::ptrdiff_t>(titled));
  for (std::size_t i = 0; i < titled; ++i) {
    const std::string plain = plain_title(titles_[i]);
    const auto* const found = std::find_if(known_titles.begin(), known_titles.end(),
                                           [&](const known_title& known) { return known.plain == plain; });
    if (found == known_titles.end()) {
      throw input_error(file, header.place(), in_quotes(titles_[i]),
                        i == 0 ? "a header of titles: Layer name, IFMAP Height, ...; or Layer, M, N, K"
                               : "the title of a column: IFMAP Height, Num Filter, Strides, Sparsity, ...");
    }
    auto& place = places_[static_cast<std::size_t>(found->which)];
    if (place) {
      throw input_error(file, header.place(), "a second column " + in_quotes(titles_[i]), "each once");
    }
    place = i;
  }
  const std::string place = header.place();
  require(column::name, file, place);
  const std::vector<column> products = {column::m, column::n, column::k};
  const std::vector<column> convolutions = {column::input_height, column::input_width, column::filter_height,
                                            column::filter_width, column::channels,    column::filters};
  for (const column which : is_products() ? products : convolutions) {
    require(which, file, place);
  }
  for (const column which : is_products() ? convolutions : products) {
    if (place_of(which)) {
      throw input_error(file, place, "a column " + in_quotes(title(which)) + " beside those of another kind of table",
                        "convolutions or matrix products");
    }
  }
  if (place_of(column::stride_height).has_value() != place_of(column::stride_width).has_value() ||
      (place_of(column::strides) && place_of(column::stride_height))) {
    throw input_error(file, place, "other titles of strides", "Strides, or Stride height and Stride width");
  }
}

void topology_columns::require(column which, const std::string& file, const std::string& place) const {
  if (!place_of(which)) {
    throw input_error(file, place, fmt::format(R"(no column "{}")", usual_title(which)),
                      "a header with Layer name, IFMAP Height, IFMAP Width, Filter Height, Filter Width, Channels, Num "
                      "Filter, Strides; or Layer, M, N, K");
  }
}

row_values::row_values(const topology_columns& columns, const csv_row& row, const std::string& file)
    : columns_(columns), row_(row), file_(file) {
  const column last = columns.is_products() ? column::k : column::strides;  // that a forgotten title would follow
  for (std::size_t i = columns.titled(); i < row.fields.size(); ++i) {
    const std::string_view text = row.field(i);
    if (is_remark_field(text)) {
      break;
    }
    const std::string place = fmt::format("{}, field {}", row.place(), i + 1);
    if (text.find(':') != std::string_view::npos && !untitled_rule_ && !columns.place_of(column::sparsity)) {
      untitled_rule_ = rule_in(text, place);
    } else if (!text.empty() && i == columns.titled() && i == 1 + columns.place_of(last).value_or(i)) {
      untitled_number_ = whole_number(text, 1, columns.is_products() ? largest_size : largest_window, file, place);
    } else if (!text.empty()) {
      throw input_error(file, place, in_quotes(text),
                        fmt::format("at most {} fields, as the header has", columns.titled()));
    }
  }
}

std::string row_values::place_of(column which) const {
  return fmt::format("{}, {}", row_.place(), columns_.title(which));
}

std::optional<std::string_view> row_values::field(column which) const {
  const auto place = columns_.place_of(which);
  return place ? std::optional(row_.field(*place)) : std::nullopt;
}

std::string row_values::name() const {
  std::string name(*field(column::name));
  if (name.empty() || !is_printable(name) || name.size() > longest_text) {
    throw input_error(file_, place_of(column::name), name.empty() ? "nothing" : in_quotes(name),
                      "the name of the layer, in printable characters");
  }
  return name;
}

std::uint32_t row_values::number(column which) const {
  const bool is_window = which == column::filter_height || which == column::filter_width || which == column::strides ||
                         which == column::stride_height || which == column::stride_width;
  return whole_number(*field(which), 1, is_window ? largest_window : largest_size, file_, place_of(which));
}

size_2d row_values::strides() const {
  if (columns_.place_of(column::stride_height)) {
    return {number(column::stride_height), number(column::stride_width)};
  }
  const std::uint32_t vertical = columns_.place_of(column::strides) ? number(column::strides) : 1;
  return {vertical, untitled_number_.value_or(vertical)};
}

std::uint32_t row_values::batch() const {
  const auto text = field(column::batch);
  return text && !text->empty() ? number(column::batch) : untitled_number_.value_or(1);
}

std::optional<n_of_m> row_values::sparsity() const {
  const auto text = field(column::sparsity);
  return text && !text->empty() ? std::optional(rule_in(*text, place_of(column::sparsity))) : untitled_rule_;
}

n_of_m row_values::rule_in(std::string_view text, const std::string& place) const {
  const std::size_t colon = text.find(':');
  if (colon == std::string_view::npos) {
    throw input_error(file_, place, in_quotes(text), "N:M, of M weights N are not zero");
  }
  const auto part = [&](std::string_view digits) {
    while (!digits.empty() && digits.front() == ' ') {
      digits.remove_prefix(1);
    }
    while (!digits.empty() && digits.back() == ' ') {
      digits.remove_suffix(1);
    }
    return whole_number(digits, 1, largest_window, file_, place);
  };
  const n_of_m rule{part(text.substr(0, colon)), part(text.substr(colon + 1))};
  if (rule.nonzeros > rule.of) {
    throw input_error(file_, place, in_quotes(text), "N:M, N at most M");
  }
  return rule;
}

}  // namespace dlac
