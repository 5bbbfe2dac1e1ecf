#include "sim/engine/checked_engine.h"

#include <fmt/format.h>

#include <string>

#include "sim/core/error.h"

namespace dlac {
namespace {

std::string differences(const layer_counters& fast, const layer_counters& clocked) {
  std::string text;
  const auto compare = [&](const char* name, std::uint64_t in_fast, std::uint64_t in_clocked) {
    if (in_fast != in_clocked) {
      text += fmt::format("{}{} {} (fast) and {} (systemc)", text.empty() ? "" : ", ", name, in_fast, in_clocked);
    }
  };
  compare("cycles", fast.cycles, clocked.cycles);
  compare("mm", fast.parts.mm, clocked.parts.mm);
  compare("pt", fast.parts.pt, clocked.parts.pt);
  compare("drain_stall", fast.parts.drain_stall, clocked.parts.drain_stall);
  compare("drain_tail", fast.parts.drain_tail, clocked.parts.drain_tail);
  compare("PE busy", fast.pe_parts.busy, clocked.pe_parts.busy);
  compare("PE memory", fast.pe_parts.memory, clocked.pe_parts.memory);
  compare("PE neighbour", fast.pe_parts.neighbour, clocked.pe_parts.neighbour);
  compare("PE barrier", fast.pe_parts.barrier, clocked.pe_parts.barrier);
  compare("PE pt", fast.pe_parts.pt, clocked.pe_parts.pt);
  compare("PE drain", fast.pe_parts.drain, clocked.pe_parts.drain);
  compare("PE inactive", fast.pe_parts.inactive, clocked.pe_parts.inactive);
  compare("tiles", fast.tiles, clocked.tiles);
  compare("PE steps", fast.pe_steps, clocked.pe_steps);
  compare("issued products", fast.issued_products, clocked.issued_products);
  return text;
}

}  // namespace

layer_counters checked_engine::run(const mm_op_program& program) {
  const auto fast = fast_->run(program);
  const auto clocked = clocked_->run(program);
  if (!(fast == clocked)) {
    throw simulation_error(fmt::format("the engines disagree: {}", differences(fast, clocked)));
  }
  return fast;
}

}  // namespace dlac
