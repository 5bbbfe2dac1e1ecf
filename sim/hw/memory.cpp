#include "sim/hw/memory.h"

#include "sim/contract/step_cost.h"

namespace dlac::hw {
namespace {

enum channel_index : int { read_channel, write_channel };

}  // namespace

fixed_latency_memory::fixed_latency_memory(sc_core::sc_module_name name, const sc_core::sc_time& clock_period)
    : sc_module(name), read("read"), write("write"), clock_period_(clock_period) {
  read.register_nb_transport_fw(this, &fixed_latency_memory::nb_transport_fw, read_channel);
  write.register_nb_transport_fw(this, &fixed_latency_memory::nb_transport_fw, write_channel);
  SC_METHOD(respond);
  sensitive << respond_event_;
  dont_initialize();
}

void fixed_latency_memory::configure(bandwidth bytes_per_cycle, std::uint64_t latency_cycles) {
  bytes_per_cycle_ = bytes_per_cycle;
  latency_cycles_ = latency_cycles;
}

sc_core::sc_time fixed_latency_memory::transfer(channel& on, const tlm::tlm_generic_payload& payload,
                                                const sc_core::sc_time& at) {
  const auto* start = payload.get_extension<chunk_start>();
  if (start == nullptr || start->begins_chunk || at != on.end) {
    on.begin = at;
    on.bytes = 0;
  }
  on.bytes += payload.get_data_length();
  on.end = on.begin + time_of(transfer_cycles(on.bytes, bytes_per_cycle_.thousandths));
  return on.end;
}

// END_REQ is sent at once, and the answer as soon as the one before it has been acknowledged, each with the time when
// it is due: nothing in between could change it.
tlm::tlm_sync_enum fixed_latency_memory::nb_transport_fw(int index, tlm::tlm_generic_payload& payload,
                                                         tlm::tlm_phase& tlm_phase, sc_core::sc_time& delay) {
  auto& on = channels_[static_cast<std::size_t>(index)];
  if (tlm_phase == tlm::END_RESP) {
    on.answers.front().to->release();
    on.answers.pop_front();
    on.responding = false;
    respond_event_.notify(sc_core::SC_ZERO_TIME);
    return tlm::TLM_COMPLETED;
  }
  if (tlm_phase != tlm::BEGIN_REQ) {
    return tlm::TLM_ACCEPTED;
  }
  const auto& now = sc_core::sc_time_stamp();
  const auto taken = transfer(on, payload, now + delay);
  delay = taken - now;
  payload.set_response_status(tlm::TLM_OK_RESPONSE);
  if (latency_cycles_ == 0) {
    return tlm::TLM_COMPLETED;
  }
  payload.acquire();
  on.answers.push_back({&payload, taken + time_of(latency_cycles_)});
  respond_event_.notify(sc_core::SC_ZERO_TIME);
  tlm_phase = tlm::END_REQ;
  return tlm::TLM_UPDATED;
}

void fixed_latency_memory::respond() {
  for (const auto index : {read_channel, write_channel}) {
    auto& on = channels_[static_cast<std::size_t>(index)];
    if (on.responding || on.answers.empty()) {
      continue;
    }
    on.responding = true;
    tlm::tlm_phase tlm_phase = tlm::BEGIN_RESP;
    auto delay = on.answers.front().due - sc_core::sc_time_stamp();
    auto& socket = index == read_channel ? read : write;
    socket->nb_transport_bw(*on.answers.front().to, tlm_phase, delay);
  }
}

}  // namespace dlac::hw
