#include "sim/sweep/workload_variant.h"

#include <fmt/format.h>

#include <bit>
#include <utility>
#include <variant>

#include <nlohmann/json.hpp>

#include "sim/trace/content_hash.h"
#include "sim/workload/counter_rng.h"
#include "sim/workload/layer_selection.h"

namespace dlac {
namespace {

operand_source& source_of(layer& l, tensor_role operand) {
  return operand == tensor_role::activations ? l.operands.activations
         : operand == tensor_role::weights   ? l.operands.weights
                                             : l.operands.gradients;
}

void apply(const density_setting& setting, layer& l, std::map<std::string, kept_shares>& thinned) {
  operand_source& source = source_of(l, setting.operand);
  auto* const synthetic = std::get_if<synthetic_source>(&source);
  if (setting.mode == density_mode::scale && std::holds_alternative<trace_source>(source)) {
    thinned.try_emplace(l.name, kept_shares{1, 1, 1}).first->second[static_cast<std::size_t>(setting.operand)] *=
        setting.value;
    return;
  }
  auto changed = synthetic != nullptr ? *synthetic : synthetic_source{};
  changed.density = setting.mode == density_mode::set ? setting.value : changed.density * setting.value;
  source = changed;
}

/// Names do not change what comes out, nor does training's arithmetic without values; the trace is told by its content.
std::string hash_of(const workload_variant& variant, const std::string& trace_hash) {
  auto net = to_json(variant.net);
  net.erase("name");
  net.erase("trace");
  net.erase("training");
  nlohmann::ordered_json selected = nlohmann::ordered_json::array();
  for (const auto* const l : variant.layers) {
    selected.push_back(l->name);
  }
  const nlohmann::ordered_json all = {
      {"workload", net}, {"trace", trace_hash}, {"thinned", variant.thinned}, {"layers", selected}};
  return content_hash(all.dump());
}

std::string structure_text(const synthetic_source& source) {
  if (!source.structure) {
    return "";
  }
  if (const auto* const runs = std::get_if<n_of_m>(&*source.structure)) {
    return fmt::format("{} of {}", runs->nonzeros, runs->of);
  }
  const auto* const block = std::get_if<zero_blocks>(&*source.structure);
  return block == nullptr ? "channels" : fmt::format("{} x {}", block->channels, block->steps);
}

std::string source_text(const operand_source& source) {
  if (const auto* const synthetic = std::get_if<synthetic_source>(&source)) {
    return fmt::format("{} {} {} {} {}", synthetic->density, synthetic->channel_spread, synthetic->cluster,
                       synthetic->seed, structure_text(*synthetic));
  }
  const auto* const traced = std::get_if<trace_source>(&source);
  return traced == nullptr ? "dense" : "trace " + traced->tensor.value_or("");
}

/// Keeps each non-zero with this chance; what a smaller share keeps, a larger one keeps, too.
void thin(bit_matrix& bits, double share, const std::string& name) {
  const counter_rng random(0, name + ".thinned");
  const auto limit = static_cast<std::uint64_t>(share * 0x1p53);
  for (std::uint64_t r = 0; r < bits.rows(); ++r) {
    for (auto& word : bits.row(r)) {
      const auto first = r * bits.cols() + static_cast<std::uint64_t>(&word - bits.row(r).data()) * bits_per_word;
      for (auto left = word; left != 0; left &= left - 1) {
        const auto bit = static_cast<std::uint64_t>(std::countr_zero(left));
        if (random(first + bit) >> 11U >= limit) {
          word &= ~(std::uint64_t{1} << bit);
        }
      }
    }
  }
}

}  // namespace

workload_variant::workload_variant(network original, const std::vector<density_setting>& settings,
                                   const std::optional<std::string>& glob, const std::string& trace_hash)
    : net(std::move(original)) {
  for (const auto& setting : settings) {
    for (std::size_t i = 0; i < net.layers.size(); ++i) {
      if (setting.layers[i]) {
        apply(setting, net.layers[i], thinned);
      }
    }
  }
  layers = select_layers(net, glob, net.file);
  hash = hash_of(*this, trace_hash);
}

std::shared_ptr<const mask_cache::mask> mask_cache::find(const std::string& name) {
  const std::scoped_lock lock(mutex_);
  const auto found = places_.find(name);
  if (found == places_.end()) {
    return nullptr;
  }
  entries_.splice(entries_.begin(), entries_, found->second);
  return found->second->held;
}

std::shared_ptr<const mask_cache::mask> mask_cache::add(const std::string& name, std::shared_ptr<const mask> made) {
  const auto bytes = made->mask.bits.rows() * words_for_bits(made->mask.bits.cols()) * sizeof(std::uint64_t);
  const std::scoped_lock lock(mutex_);
  if (bytes > most_bytes_ || places_.contains(name)) {  // another thread may have made it, too
    return made;
  }
  entries_.push_front({name, made, bytes});
  places_[name] = entries_.begin();
  bytes_ += bytes;
  while (bytes_ > most_bytes_) {
    bytes_ -= entries_.back().bytes;
    places_.erase(entries_.back().name);
    entries_.pop_back();
  }
  return made;
}

held_mask variant_operands::operand_mask(const layer& l, tensor_role operand, pass_kind pass) const {
  const auto thinned = variant_->thinned.find(l.name);
  const auto share = thinned == variant_->thinned.end() ? 1 : thinned->second[static_cast<std::size_t>(operand)];
  const auto tensor = fmt::format("{}.{}", l.name, to_string(operand));
  // A mask says that its tensor is within the range of the format that holds it. What becomes zero may hang on the
  // pass, and in backward-data on the scales of the weights.
  const number_format format = format_of(l, operand);
  const std::string converted =
      changes_zeros(format) ? fmt::format("{} {}", to_string(pass), name_of(weights_of(numbers_of(l), l.weights))) : "";
  const auto name = fmt::format("{}\n{}\n{}\n{}\n{}\n{}\n{}", variant_->net.file, variant_->net.batch, tensor,
                                source_text(source_in(l, operand)), share, name_of(format), converted);
  return *cache_.get(name, [&] {
    held_mask read = operand_provider::operand_mask(l, operand, pass);
    if (share < 1) {
      thin(read.mask.bits, share, tensor);
    }
    return read;
  });
}

}  // namespace dlac
