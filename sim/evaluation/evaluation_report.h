#pragma once
// What an evaluation found, as table, JSON, CSV and picture.

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include <nlohmann/json_fwd.hpp>

#include "sim/evaluation/image_test.h"
#include "sim/numbers/operand_formats.h"
#include "sim/text/text_table.h"

namespace dlac {

/// What the machine takes for an image: means over those that were simulated.
struct image_cost {
  std::size_t images = 0;
  double cycles = 0;
  double energy_mj = 0;        ///< off-chip memory included
  double off_chip_bytes = 0;   ///< read and written
  std::uint64_t compared = 0;  ///< numbers of their results that were held against the evaluated ones, bit by bit
  std::uint64_t values = 0;    ///< outputs of PEs that were held against the reference, where the PEs computed
};

/// A set of number formats.
struct evaluation_row {
  std::string numbers;      ///< name or path, or what the search tried
  std::string activations;  ///< the formats
  std::string weights;      ///< of layers in full precision
  std::string accumulator;
  bool is_calibrated = false;  ///< ranges of activations are known, from other images
  bool is_searched = false;
  test_outcome test;
  image_cost cost;
  std::uint64_t model_bytes = 0;
};

struct evaluation {
  std::string network;
  std::string config;
  std::string engine;  ///< that simulated
  std::string data;    ///< path, as given
  std::string data_kind;
  std::size_t images_of_data = 0;    ///< that it has to test with
  std::string calibrated_on;         ///< in words; empty: no ranges were wanted
  std::vector<evaluation_row> rows;  ///< fp32 first
  std::optional<known_ranges> ranges;
  std::optional<std::size_t> found;     ///< by a search: the row
  std::optional<double> search_margin;  ///< of a search
};

std::string evaluation_table(const evaluation& e, const text_width& width);
/// {"schema": "dlac-evaluation/1", ...}: docs/evaluation.md.
nlohmann::ordered_json evaluation_json(const evaluation& e, const std::string& command);
/// The JSON Schema of it.
nlohmann::ordered_json evaluation_schema();
std::string evaluation_csv(const evaluation& e);
/// Top-1 against energy, model size and cycles: a point a format, three panels.
std::string evaluation_svg(const evaluation& e);
/// A file for "ranges" of a config's numbers.
nlohmann::ordered_json ranges_json(const known_ranges& ranges);

}  // namespace dlac
