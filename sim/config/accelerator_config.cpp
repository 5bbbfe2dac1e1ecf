#include "sim/config/accelerator_config.h"

#include <fmt/core.h>

#include <cstdint>
#include <stdexcept>

#include "sim/config/accelerator_config_format.h"

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

accelerator_config read_accelerator_config(const json_document& document) {
  accelerator_config config = accelerator_config_format().read(document.root());
  check(config, document);
  return config;
}

accelerator_config read_accelerator_config(const std::string& path, std::span<const std::string> overrides) {
  json_document document(path, json_document::load(path));
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
