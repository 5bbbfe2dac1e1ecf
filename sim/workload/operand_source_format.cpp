#include "sim/workload/operand_source_format.h"

#include <fmt/format.h>

#include <limits>
#include <string>

#include "sim/core/text.h"

namespace dlac {
namespace {

constexpr std::uint64_t largest_run = 65536;  // elements of a run, or of a block's side

json_format<operand_source> trace_source_format() {
  return object_format<operand_source>("Taken from the trace.", trace_source{})
      .constant("source", "trace")
      .omittable(
          "tensor", [](auto& source) -> auto& { return std::get<trace_source>(source).tensor; }, text_format(),
          "Name of the tensor; without it LAYER.activations, LAYER.weights or LAYER.gradients.")
      .format();
}

json_format<operand_source> dense_source_format() {
  return object_format<operand_source>("Without zeros.", dense_source{}).constant("source", "dense").format();
}

json_format<n_of_m> n_of_m_format() {
  auto format = pair_format(&n_of_m::nonzeros, &n_of_m::of, 1, largest_run);
  format.read = [read = format.read](const json_value& value) {
    const n_of_m rule = read(value);
    if (rule.nonzeros > rule.of) {
      value.fail(fmt::format("[{}, {}]", rule.nonzeros, rule.of), "[N, M], N at most M");
    }
    return rule;
  };
  return format;
}

json_format<zero_channels> channels_format() {
  return {.expected = "true",
          .schema =
              [] {
                return nlohmann::ordered_json{{"const", true}};
              },
          .read = [](const json_value& value) -> zero_channels {
            if (!value.boolean()) {
              value.fail("true");
            }
            return {};
          },
          .write = [](const zero_channels& /*channels*/) { return nlohmann::ordered_json(true); }};
}

/// A structure as it stands: one of them.
struct structure_entry {
  std::optional<n_of_m> runs;
  std::optional<zero_blocks> block;
  std::optional<zero_channels> channels;
};

/// Weights may be zero in blocks, too.
json_format<zero_structure> structure_format(bool has_blocks) {
  object_format<structure_entry> table("What zeros have in common: one of the keys.");
  table.omittable("n_of_m", &structure_entry::runs, n_of_m_format(),
                  has_blocks ? "[N, M]: N of every M neighbours along k are not zero."
                             : "[N, M]: N of every M channels of a pixel are not zero.");
  if (has_blocks) {
    table.omittable("block", &structure_entry::block,
                    pair_format(&zero_blocks::channels, &zero_blocks::steps, 1, largest_run),
                    "[output channels, k]: blocks are zero as a whole.");
  }
  table.omittable("channels", &structure_entry::channels, channels_format(),
                  has_blocks ? "true: output channels are zero as a whole." : "true: channels are zero as a whole.");
  const json_format<structure_entry> entry = table.format();
  const std::vector<std::string> keys = has_blocks ? std::vector<std::string>{"n_of_m", "block", "channels"}
                                                   : std::vector<std::string>{"n_of_m", "channels"};
  return {.expected = entry.expected,
          .schema =
              [entry, keys] {
                nlohmann::ordered_json schema = entry.schema();
                for (const std::string& key : keys) {
                  schema["oneOf"].push_back({{"required", {key}}});
                }
                return schema;
              },
          .read = [entry, keys](const json_value& value) -> zero_structure {
            const structure_entry read = entry.read(value);
            const int given = (read.runs ? 1 : 0) + (read.block ? 1 : 0) + (read.channels ? 1 : 0);
            if (given != 1) {
              value.fail(given == 0 ? "no structure" : fmt::format("{} structures", given),
                         "one of the keys " + quoted_list({keys.begin(), keys.end()}));
            }
            if (read.runs) {
              return *read.runs;
            }
            return read.block ? zero_structure(*read.block) : zero_structure(*read.channels);
          },
          .write =
              [entry](const zero_structure& structure) {
                structure_entry written;
                if (const auto* const runs = std::get_if<n_of_m>(&structure)) {
                  written.runs = *runs;
                } else if (const auto* const block = std::get_if<zero_blocks>(&structure)) {
                  written.block = *block;
                } else {
                  written.channels = zero_channels{};
                }
                return entry.write(written);
              }};
}

json_format<density_profile> profile_format() {
  return object_format<density_profile>("Densities by depth, in equal steps over the layers that have this source.")
      .required("from", &density_profile::from, decimal_format(0, 1), "Of the first of them.")
      .required("to", &density_profile::to, decimal_format(0, 1), "Of the last one.")
      .format();
}

/// A synthetic source as it stands: where the density comes from is yet to be seen.
struct synthetic_entry {
  std::optional<double> density;
  synthetic_source source;
};

/// What the keys owe to each other.
void check_density(const synthetic_entry& entry, const json_value& value) {
  const bool is_fixed = entry.source.has_fixed_density();
  if (entry.source.profile) {
    if (entry.density) {
      value.member("profile", "").fail(R"("profile" beside "density")", "one of them");
    }
    if (is_fixed) {
      value.member("profile", "").fail(R"("profile" beside "n_of_m")", "one of them: N of M is a density");
    }
  } else if (!entry.density && !is_fixed) {
    static_cast<void>(value.member("density", number_expectation(0, 1)));
  }
  if (is_fixed && entry.density) {
    const auto& rule = std::get<n_of_m>(*entry.source.structure);
    if (*entry.density != rule.density()) {
      value.member("density", "")
          .fail(fmt::format("{}, which {} of {} are, or no density", rule.density(), rule.nonzeros, rule.of));
    }
  }
}

/// Blocks and channels are full or zero, and runs have as many non-zeros each.
void check_structure(const synthetic_source& source, const json_value& value) {
  if (!source.structure) {
    return;
  }
  if (source.channel_spread != 0) {
    value.member("channel_spread", "").fail("0, or no structure: it leaves channels no densities of their own");
  }
  if (source.cluster != 0 && !source.has_fixed_density()) {
    value.member("cluster", "").fail("0, or no structure of blocks or channels: they say which zeros lie together");
  }
}

json_format<operand_source> synthetic_source_format(bool has_blocks, bool has_profile) {
  const auto member = [](auto synthetic_source::*pointer) {
    return [pointer](auto& entry) -> auto& {
      return entry.source.*pointer;
    };
  };
  object_format<synthetic_entry> table("Zeros drawn at random, the same on every machine.");
  table.constant("source", "synthetic")
      .omittable("density", &synthetic_entry::density, decimal_format(0, 1),
                 has_profile ? "Fraction of non-zeros; n_of_m or a profile stand for one."
                             : "Fraction of non-zeros; n_of_m stands for one.")
      .defaulted("channel_spread", member(&synthetic_source::channel_spread), decimal_format(0, 10),
                 "How much the densities of channels differ: the sigma of a log-normal factor.")
      .defaulted("cluster", member(&synthetic_source::cluster), decimal_format(0, 1),
                 "How strongly neighbouring pixels share their zeros: 0 independent, 1 strongly.")
      .defaulted("seed", member(&synthetic_source::seed),
                 integer_format<std::uint64_t>(0, std::numeric_limits<std::uint64_t>::max()), "Seed of the draw.")
      .omittable("structure", member(&synthetic_source::structure), structure_format(has_blocks),
                 "What zeros have in common; without it nothing but spread and cluster.");
  if (has_profile) {
    table.omittable("profile", member(&synthetic_source::profile), profile_format(),
                    "Densities by depth, in place of one.");
  }
  const json_format<synthetic_entry> entry = table.format();
  return {.expected = entry.expected,
          .schema =
              [entry, has_profile] {
                nlohmann::ordered_json schema = entry.schema();
                schema["anyOf"] = {{{"required", {"density"}}}, {{"required", {"structure"}}}};
                if (has_profile) {
                  schema["anyOf"].push_back({{"required", {"profile"}}});
                }
                return schema;
              },
          .read = [entry](const json_value& value) -> operand_source {
            const synthetic_entry read = entry.read(value);
            check_density(read, value);
            check_structure(read.source, value);
            synthetic_source source = read.source;
            source.density = read.source.has_fixed_density() ? std::get<n_of_m>(*source.structure).density()
                                                             : read.density.value_or(source.density);
            return source;
          },
          .write =
              [entry](const operand_source& written) {
                const auto& source = std::get<synthetic_source>(written);
                return entry.write({source.profile ? std::nullopt : std::optional(source.density), source});
              }};
}

json_format<operand_source> source_format(bool has_blocks, bool has_profile) {
  return tagged_format<operand_source>("source",
                                       {{"trace", trace_source_format()},
                                        {"dense", dense_source_format()},
                                        {"synthetic", synthetic_source_format(has_blocks, has_profile)}},
                                       [](const operand_source& value) { return value.index(); });
}

}  // namespace

json_format<given_operand_sources> operands_format(sources_of whose) {
  const bool has_profile = whose == sources_of::file;
  const json_format<operand_source> map = source_format(false, has_profile);
  object_format<given_operand_sources> table("Where the operands come from.");
  table.omittable("activations", &given_operand_sources::activations, map, "The input of a layer.");
  if (whose != sources_of::matmul) {
    table.omittable("weights", &given_operand_sources::weights, source_format(true, has_profile),
                    "The weights of a layer.");
  }
  table.omittable("gradients", &given_operand_sources::gradients, map,
                  "The gradient of the loss with respect to the output of a layer.");
  if (whose != sources_of::weight_layer) {
    table.omittable("columns", &given_operand_sources::columns, map,
                    "The second operand of a matmul; without it as activations.");
  }
  return table.format();
}

}  // namespace dlac
