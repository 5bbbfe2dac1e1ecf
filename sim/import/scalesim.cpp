#include "sim/import/scalesim.h"

#include <fmt/format.h>

#include <algorithm>
#include <cctype>
#include <filesystem>
#include <optional>
#include <utility>
#include <variant>

#include "sim/core/error.h"
#include "sim/core/file_io.h"
#include "sim/core/text.h"
#include "sim/import/scalesim_columns.h"
#include "sim/text/csv_reader.h"

namespace dlac {
namespace {

/// Rows of which something must be told.
struct notable_rows {
  std::vector<std::string> overhanging;  ///< whose last window reaches over the edge
  std::vector<std::string> one_filter;   ///< with one filter over all channels, as many tables write depthwise layers
  std::vector<std::string> covering;     ///< padded, with a filter as large as the feature map
};

class topology_reader {
 public:
  topology_reader(const std::string& path, const import_options& options)
      : file_(shown_path(path)), rows_(read_csv(path)), options_(options) {
    if (rows_.empty()) {
      throw input_error(file_, "", "no rows", "a header and a layer a row");
    }
    columns_.emplace(rows_.front(), file_);
    result_.file.name = network_name(path);
    result_.source = "SCALE-Sim topology, " + std::filesystem::path(path).filename().string();
  }

  imported_network read() {
    for (std::size_t i = 1; i < rows_.size(); ++i) {
      if (rows_[i].field(0).starts_with("#")) {
        continue;
      }
      if (result_.file.layers.size() == most_imported_layers) {
        throw input_error(file_, rows_[i].place(), "one more layer", fmt::format("at most {}", most_imported_layers));
      }
      const row_values row(*columns_, rows_[i], file_);
      layer_entry entry = columns_->is_products() ? product(row) : convolution(row);
      check_layer(entry, 1, file_, row.place());
      result_.file.layers.push_back(std::move(entry));
    }
    if (result_.file.layers.empty()) {
      throw input_error(file_, "", "a header alone", "a layer a row");
    }
    tell();
    return std::move(result_);
  }

 private:
  layer_entry entry_of(const row_values& row, layer_type type) {
    layer_entry entry;
    entry.name = names_.unique(row.name());
    entry.type = type;
    entry.weights = options_.ternary ? weight_format::ternary : weight_format::full;
    return entry;
  }

  /// The N:M of a row as the zeros of its weights.
  static std::optional<operand_source> sparse_weights(const row_values& row) {
    const auto rule = row.sparsity();
    if (!rule || rule->nonzeros == rule->of) {
      return std::nullopt;
    }
    return synthetic_source{.density = rule->density(), .structure = *rule};
  }

  layer_entry product(const row_values& row) {
    const std::uint32_t products = row.batch();
    layer_entry entry = entry_of(row, products == 1 ? layer_type::linear : layer_type::matmul);
    entry.products = products;
    entry.input_size = {1, row.number(column::m)};
    entry.in_channels = row.number(column::k);
    entry.out_channels = row.number(column::n);
    if (auto weights = sparse_weights(row)) {
      entry.given_operands.emplace();
      (products == 1 ? entry.given_operands->weights : entry.given_operands->columns) = std::move(weights);
    }
    if (products != 1) {
      entry.weights = weight_format::feature_map;
    }
    return entry;
  }

  layer_entry convolution(const row_values& row) {
    layer_entry entry = entry_of(row, layer_type::conv2d);
    entry.input_size = {row.number(column::input_height), row.number(column::input_width)};
    entry.kernel = {row.number(column::filter_height), row.number(column::filter_width)};
    entry.stride = row.strides();
    const std::uint32_t channels = row.number(column::channels);
    const std::uint32_t filters = row.number(column::filters);
    entry.in_channels = channels;
    entry.out_channels = filters;
    if (row.name().find("DP") != std::string::npos) {
      entry.groups = channels;
      if (std::uint64_t{channels} * filters > largest_size) {
        throw input_error(file_, row.place(), fmt::format("{} filters for each of {} channels", filters, channels),
                          fmt::format("at most {} output channels", largest_size));
      }
      entry.out_channels = channels * filters;
    } else if (filters == 1 && channels > 1 && !(entry.kernel == size_2d{1, 1})) {
      notable_.one_filter.push_back(row.line());
    }
    entry.padding = options_.same_padding ? padding_that_keeps(entry, row) : overhang(entry, row);
    if (auto weights = sparse_weights(row)) {
      entry.given_operands =
          given_operand_sources{.activations = {}, .weights = std::move(weights), .gradients = {}, .columns = {}};
    }
    return entry;
  }

  padding_2d padding_that_keeps(const layer& l, const row_values& row) {
    const side_padding vertical = same_padding(l.input_size.h, l.kernel.h, l.stride.h);
    const side_padding horizontal = same_padding(l.input_size.w, l.kernel.w, l.stride.w);
    if (l.kernel == l.input_size && !(l.kernel == size_2d{1, 1})) {
      notable_.covering.push_back(row.line());
    }
    return {vertical.before, horizontal.before, vertical.behind, horizontal.behind};
  }

  /// Zeros under the part of the last windows that is behind the edge.
  padding_2d overhang(const layer& l, const row_values& row) {
    const auto along = [](std::uint32_t side, std::uint32_t kernel, std::uint32_t stride) {
      const std::uint32_t rest = side > kernel ? (side - kernel) % stride : 0;
      return rest == 0 ? 0 : stride - rest;
    };
    const padding_2d zeros{0, 0, along(l.input_size.h, l.kernel.h, l.stride.h),
                           along(l.input_size.w, l.kernel.w, l.stride.w)};
    if (zeros.bottom + zeros.right > 0) {
      notable_.overhanging.push_back(row.line());
    }
    return zeros;
  }

  void tell() {
    auto& warnings = result_.warnings;
    const auto tell_of = [&](const std::vector<std::string>& lines, std::string_view what) {
      if (!lines.empty()) {
        warnings.push_back(fmt::format("Row{} {}: {}", lines.size() == 1 ? "" : "s", some_of(lines), what));
      }
    };
    if (columns_->is_products()) {
      if (options_.same_padding) {
        warnings.emplace_back("Matrix products have no padding: --padding same changes nothing");
      }
    } else {
      warnings.emplace_back(
          options_.same_padding
              ? "A SCALE-Sim topology has no padding: added what keeps ceil(size / stride) outputs a side"
              : "A SCALE-Sim topology has no padding (--padding same adds what keeps ceil(size / "
                "stride) outputs a side)");
    }
    tell_of(notable_.overhanging,
            "as SCALE-Sim counts, the last window reaches over the edge, where zeros were added at the bottom and the "
            "right");
    tell_of(notable_.one_filter,
            "one filter over all channels, as SCALE-Sim counts; a depthwise layer has DP in its name");
    tell_of(notable_.covering, "a filter of the size of the feature map was padded, too");
    if (!names_.repeated().empty()) {
      warnings.push_back(
          fmt::format("Names that stand there again got a number behind them: {}", some_of(names_.repeated())));
    }
  }

  std::string file_;
  std::vector<csv_row> rows_;
  import_options options_;
  std::optional<topology_columns> columns_;
  imported_network result_;
  layer_names names_;
  notable_rows notable_;
};

}  // namespace

imported_network read_scalesim_topology(const std::string& path, const import_options& options) {
  return topology_reader(path, options).read();
}

}  // namespace dlac
