#include "sim/mapping/memory_plan.h"

#include <algorithm>
#include <map>
#include <tuple>
#include <utility>

#include "sim/core/memory_pool.h"
#include "sim/core/stop.h"
#include "sim/mapping/chunk_sizes.h"
#include "sim/mapping/step_order.h"

namespace dlac {
namespace {

constexpr std::uint32_t slots = 2;

/// A chunk of a tile's K range before it has a place.
struct chunk {
  std::uint64_t first_group = 0;
  std::uint64_t groups = 0;
  std::uint64_t row_bytes = 0;
  std::uint64_t column_bytes = 0;
};

class chunk_cutter {
 public:
  chunk_cutter(const accelerator_config& config, const mm_op_shape& shape, const tiling& tiles, chunk_meter& meter,
               const pass_formats& formats)
      : tiles_(tiles),
        meter_(meter),
        groups_(k_group_of(shape)),
        sizes_(config, formats, shape),
        row_slot_bytes_(config.feature_map_buffer_bytes / slots),
        column_slot_bytes_(config.weight_buffer_bytes / slots) {}

  /// The chunks of tile `position`, or nothing when a K-group does not fit. They depend on the columns only by their
  /// number and that of their scales, so that most tiles of a row of tiles share them.
  const std::vector<chunk>* cut(tile position, buffer_shortage& shortage) {
    const column_range columns{tiles_.cols.first(position.nt), tiles_.cols.valid(position.nt)};
    auto [entry, is_new] = cuts_.try_emplace({position.mt, columns.count, sizes_.scales_of({0, 1}, columns)});
    if (is_new && !cut_tile(position.mt, columns, entry->second, shortage)) {
      return nullptr;
    }
    return &entry->second;
  }

 private:
  bool cut_tile(std::uint64_t mt, column_range columns, std::vector<chunk>& chunks, buffer_shortage& shortage) {
    meter_.open_tile(mt);
    for (std::uint64_t group = 0; group < groups_.count; ++group) {
      if (chunks.empty() || !extend(chunks.back(), columns, group)) {
        meter_.begin_chunk();
        chunks.push_back({group, 0, 0, 0});
        if (!extend(chunks.back(), columns, group)) {
          shortage = shortage_of(group, columns);
          return false;
        }
      }
    }
    return true;
  }

  bool extend(chunk& c, column_range columns, std::uint64_t group) {
    const auto row_bytes = sizes_.rows(meter_.with(group));
    const auto column_bytes = sizes_.columns({c.first_group, c.groups + 1}, columns);
    if (row_bytes > row_slot_bytes_ || column_bytes > column_slot_bytes_) {
      return false;
    }
    meter_.add(group);
    c = {c.first_group, c.groups + 1, row_bytes, column_bytes};
    return true;
  }

  buffer_shortage shortage_of(std::uint64_t group, column_range columns) {
    const auto column_bytes = sizes_.columns({group, 1}, columns);
    const bool column = column_bytes > column_slot_bytes_;
    return {column, slots * (column ? column_bytes : sizes_.rows(meter_.with(group)))};
  }

  const tiling& tiles_;
  chunk_meter& meter_;
  k_group groups_;
  chunk_sizes sizes_;
  std::uint64_t row_slot_bytes_;
  std::uint64_t column_slot_bytes_;
  /// By tile row, columns, and scales of the columns in a K-group.
  std::map<std::tuple<std::uint64_t, std::uint64_t, std::uint64_t>, std::vector<chunk>> cuts_;
};

/// The two slots of a buffer, by what they hold and when they were used last.
class slot_pair {
 public:
  using key = std::tuple<std::uint64_t, std::uint64_t, std::uint64_t>;  ///< tile, first group, groups

  /// Use number `use` wants a chunk of `bytes`.
  chunk_operand take(const key& wanted, std::uint64_t bytes, std::uint64_t use) {
    for (auto& s : slots_) {
      if (s.held == wanted) {
        s.used = use + 1;
        return {s.fetch, false, bytes, 0};
      }
    }
    auto& oldest = slots_[0].used <= slots_[1].used ? slots_[0] : slots_[1];
    const chunk_operand operand{fetches_, true, bytes, oldest.used};
    oldest = {wanted, fetches_, use + 1};
    ++fetches_;
    return operand;
  }
  [[nodiscard]] std::uint64_t fetches() const { return fetches_; }

 private:
  struct slot {
    std::optional<key> held;
    std::uint64_t fetch = 0;
    std::uint64_t used = 0;  ///< uses until and with the last of this slot
  };
  std::array<slot, slots> slots_;
  std::uint64_t fetches_ = 0;
};

void reserve(memory_plan& plan, std::uint64_t tiles, std::uint64_t uses) {
  plan.first_use.reserve(tiles + 1);
  plan.output_bytes.reserve(tiles);
  plan.uses.reserve(uses);
}

}  // namespace

std::uint64_t memory_plan::bytes_for(const tiling& tiles, std::uint64_t uses) {
  // Vectors of chunks grow; those of a narrower last tile are kept beside the others.
  const auto chunks = uses / tiles.cols.tiles() * std::min<std::uint64_t>(tiles.cols.tiles(), 2);
  return uses * sizeof(chunk_use) + tiles.tiles() * 2 * sizeof(std::uint64_t) + chunks * 3 / 2 * sizeof(chunk);
}

std::optional<memory_plan> plan_memory(const accelerator_config& config, const mm_op_shape& shape, const tiling& tiles,
                                       chunk_meter& meter, const pass_formats& formats, buffer_shortage& shortage) {
  memory_plan plan;
  plan.bytes_per_cycle = config.memory->bytes_per_cycle;
  plan.latency = config.memory->latency_cycles;
  chunk_cutter cutter(config, shape, tiles, meter, formats);
  const std::uint64_t output_bits = formats.drained_bits();
  const std::uint64_t steps = k_group_of(shape).steps * parts_of(formats).steps();
  slot_pair row_slots;
  slot_pair column_slots;
  for (std::uint64_t i = 0; i < tiles.tiles(); ++i) {
    heed_stop();
    const auto position = tiles.at(i);
    plan.first_use.push_back(plan.uses.size());
    const auto* chunks = cutter.cut(position, shortage);
    if (chunks == nullptr) {
      return std::nullopt;
    }
    if (i == 0) {  // the tiles are much alike
      require_memory(memory_plan::bytes_for(tiles, tiles.tiles() * chunks->size()));
      reserve(plan, tiles.tiles(), tiles.tiles() * chunks->size());
    }
    for (const auto& c : *chunks) {
      const auto number = plan.uses.size();
      const chunk_use use{c.first_group * steps, c.groups * steps,
                          row_slots.take({position.mt, c.first_group, c.groups}, c.row_bytes, number),
                          column_slots.take({position.nt, c.first_group, c.groups}, c.column_bytes, number)};
      plan.traffic.rows += use.row.begins_fetch ? use.row.bytes : 0;
      plan.traffic.columns += use.column.begins_fetch ? use.column.bytes : 0;
      plan.uses.push_back(use);
    }
    plan.output_bytes.push_back(bytes_for(tiles.rows.valid(position.mt) * tiles.cols.valid(position.nt) * output_bits));
    plan.traffic.outputs += plan.output_bytes.back();
  }
  plan.first_use.push_back(plan.uses.size());
  plan.row_fetches = row_slots.fetches();
  plan.column_fetches = column_slots.fetches();
  return plan;
}

}  // namespace dlac
