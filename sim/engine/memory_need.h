#pragma once
// How much memory a layer's pass takes, told from its shapes before anything is allocated (docs/performance.md). It
// counts what grows with the layer: masks, the operands of the largest mmOp, step counts, memory plan, values. A plain
// run reaches between three quarters of `least` and `most`, 16 MiB apart for what does not grow;
// tests/unit/memory_need_test.cpp holds runs against it.

#include <cstdint>

#include "sim/config/accelerator_config.h"
#include "sim/workload/network.h"

namespace dlac {

/// Bytes. Where the block is chosen when the zeros are known, the blocks that may be chosen need different amounts.
struct memory_need {
  std::uint64_t least = 0;
  std::uint64_t most = 0;
};

/// Of one pass, run on the fast engine, or with values on the clocked one. The tensors of a trace are not in it: they
/// are mapped, not allocated.
memory_need memory_need_of(const accelerator_config& config, const layer& l, pass_kind pass, std::uint32_t batch,
                           bool values);

/// What the modules of the clocked core take, in bytes, before any program: about 3 kB a PE, and its output buffers.
std::uint64_t clocked_core_need(const accelerator_config& config);

}  // namespace dlac
