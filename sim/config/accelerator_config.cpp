#include "sim/config/accelerator_config.h"

#include <fmt/core.h>

#include <cstdint>
#include <filesystem>
#include <memory>
#include <stdexcept>

#include <nlohmann/json.hpp>

#include "sim/config/accelerator_config_format.h"
#include "sim/numbers/operand_formats_json.h"

namespace dlac {
namespace {

/// What the keys owe to each other.
void check(const accelerator_config& config, const json_document& document) {
  if (const auto& block = config.mapping.block) {
    const std::uint64_t outputs = std::uint64_t{block->m} * block->n;
    if (outputs > config.pe.output_buffers) {
      throw document.error(
          "/mapping/block", fmt::format("[{}, {}], {} outputs per PE", block->m, block->n, outputs),
          fmt::format("at most {}, the output buffers of a PE (/pe/output_buffers)", config.pe.output_buffers));
    }
  }
  if (config.given) {
    if (const auto misfit = misfit_of(config.numbers(), trains(config.mode))) {
      throw document.error("/numbers", misfit->found, misfit->expected);
    }
  }
}

/// The file of "ranges" stands where the config says, from its own folder on.
void load_ranges(accelerator_config& config, const json_document& document) {
  if (config.given && config.given->ranges_file && *config.given->ranges_file != "tensor") {
    const auto folder = std::filesystem::path(document.file()).parent_path();
    config.given->ranges =
        std::make_shared<const known_ranges>(read_ranges((folder / *config.given->ranges_file).string()));
  }
}

}  // namespace

std::string_view to_string(compression kind) {
  switch (kind) {
    case compression::none:
      return "none";
    case compression::bitmap:
      return "bitmap";
  }
  throw std::logic_error("no such compression");
}

std::string_view to_string(mapping_objective objective) {
  switch (objective) {
    case mapping_objective::cycles:
      return "cycles";
    case mapping_objective::energy:
      return "energy";
    case mapping_objective::energy_delay:
      return "energy_delay";
  }
  throw std::logic_error("no such mapping_objective");
}

accelerator_config read_accelerator_config(const json_document& document) {
  accelerator_config config = accelerator_config_format().read(document.root());
  load_ranges(config, document);
  check(config, document);
  return config;
}

given_numbers read_numbers_file(const std::string& path) {
  const json_document document(path, json_document::load(path));
  given_numbers numbers = numbers_json().read(document.root());
  if (numbers.ranges_file && *numbers.ranges_file != "tensor") {
    const auto folder = std::filesystem::absolute(path).parent_path();
    numbers.ranges_file = (folder / *numbers.ranges_file).string();
  }
  return numbers;
}

nlohmann::ordered_json to_json(const given_numbers& numbers) {
  return numbers_json().write(numbers);
}

accelerator_config read_accelerator_config(const std::string& path, std::span<const std::string> overrides,
                                           const std::optional<std::string>& numbers) {
  json_document document(path, json_document::load(path));
  if (numbers) {
    document.set("numbers=" + to_json(read_numbers_file(*numbers)).dump(), *numbers);
  }
  for (const std::string& assignment : overrides) {
    document.set(assignment);
  }
  return read_accelerator_config(document);
}

nlohmann::ordered_json to_json(const accelerator_config& config) {
  return accelerator_config_format().write(config);
}

nlohmann::ordered_json accelerator_config_schema() {
  return document_schema("DLAC accelerator config", accelerator_config_format().schema());
}

}  // namespace dlac
