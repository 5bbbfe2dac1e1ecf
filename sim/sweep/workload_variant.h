#pragma once
// A network with the densities that a point gives its operands, and where its masks come from: read or drawn once, and
// shared by all points that have them in common.

#include <array>
#include <cstddef>
#include <cstdint>
#include <list>
#include <map>
#include <memory>
#include <mutex>
#include <optional>
#include <string>
#include <unordered_map>
#include <vector>

#include "sim/core/bits.h"
#include "sim/sweep/axes.h"
#include "sim/workload/network.h"
#include "sim/workload/operands.h"

namespace dlac {

/// One value of a density axis, for a network.
struct density_setting {
  tensor_role operand = tensor_role::weights;
  density_mode mode = density_mode::set;
  double value = 1;
  std::vector<bool> layers;  ///< whether it is about them, in the network's order
};

/// Share of the non-zeros that is kept, of each operand of a layer (in the order of tensor_role).
using kept_shares = std::array<double, 3>;

struct workload_variant {
  network net;                                 ///< with the sources of its operands as set
  std::map<std::string, kept_shares> thinned;  ///< layers whose traced operands lose non-zeros
  std::vector<const layer*> layers;            ///< of net, that are run
  std::string hash;                            ///< of all that its masks and shapes depend on

  workload_variant(network original, const std::vector<density_setting>& settings,
                   const std::optional<std::string>& glob, const std::string& trace_hash);
  workload_variant(const workload_variant&) = delete;
  workload_variant& operator=(const workload_variant&) = delete;
};

/// Masks by what they are made from, up to a number of bytes; the least recently used go first. For several threads.
class mask_cache {
 public:
  using mask = held_mask;

  explicit mask_cache(std::uint64_t most_bytes) : most_bytes_(most_bytes) {}

  /// The mask of this name, by `make` where it is not there.
  template <class Make>
  std::shared_ptr<const mask> get(const std::string& name, const Make& make) {
    if (auto found = find(name)) {
      return found;
    }
    return add(name, std::make_shared<const mask>(make()));
  }

 private:
  struct entry {
    std::string name;
    std::shared_ptr<const mask> held;
    std::uint64_t bytes;
  };

  std::shared_ptr<const mask> find(const std::string& name);
  std::shared_ptr<const mask> add(const std::string& name, std::shared_ptr<const mask> made);

  std::uint64_t most_bytes_;
  std::mutex mutex_;
  std::list<entry> entries_;  ///< the most recently used first
  std::unordered_map<std::string, std::list<entry>::iterator> places_;
  std::uint64_t bytes_ = 0;
};

/// The operands of a variant on machines with the same numbers, through a cache.
class variant_operands final : public operand_provider {
 public:
  variant_operands(std::shared_ptr<const workload_variant> variant, const operand_formats& numbers, mask_cache& cache)
      : operand_provider(variant->net, std::nullopt, numbers), variant_(std::move(variant)), cache_(cache) {}

  [[nodiscard]] held_mask operand_mask(const layer& l, tensor_role operand, pass_kind pass) const override;

 private:
  std::shared_ptr<const workload_variant> variant_;
  mask_cache& cache_;
};

}  // namespace dlac
