#include "sim/hw/memory_channel.h"

#include <algorithm>

namespace dlac::hw {

memory_channel::memory_channel(sc_core::sc_module_name name, clock_domain& clock)
    : sc_module(name), socket("socket"), clock_(clock) {
  socket.register_nb_transport_bw(this, &memory_channel::nb_transport_bw);
  SC_METHOD(on_free);
  sensitive << free_event_;
  dont_initialize();
  SC_METHOD(on_response);
  sensitive << response_event_;
  dont_initialize();
}

void memory_channel::free(tlm::tlm_generic_payload* payload) {
  unused_.push_back(static_cast<request*>(payload));
}

void memory_channel::transfer(tlm::tlm_command command, std::uint64_t address, std::uint64_t bytes, std::uint64_t tag) {
  if (unused_.empty()) {
    requests_.push_back(std::make_unique<request>(this));
    unused_.push_back(requests_.back().get());
  }
  auto& r = *unused_.back();
  unused_.pop_back();
  data_.resize(std::max<std::size_t>(data_.size(), bytes));
  r.acquire();
  r.tag = tag;
  r.taken = false;
  r.set_command(command);
  r.set_address(address);
  r.set_data_ptr(data_.data());
  r.set_data_length(static_cast<unsigned>(bytes));
  r.set_streaming_width(static_cast<unsigned>(bytes));
  r.set_byte_enable_ptr(nullptr);
  r.set_dmi_allowed(false);
  r.set_response_status(tlm::TLM_INCOMPLETE_RESPONSE);
  busy_ = true;
  tlm::tlm_phase tlm_phase = tlm::BEGIN_REQ;
  auto delay = sc_core::SC_ZERO_TIME;
  switch (socket->nb_transport_fw(r, tlm_phase, delay)) {
    case tlm::TLM_ACCEPTED:
      return;
    case tlm::TLM_UPDATED:
      nb_transport_bw(r, tlm_phase, delay);
      return;
    case tlm::TLM_COMPLETED:
      answered(r, delay);
      return;
  }
}

tlm::tlm_sync_enum memory_channel::nb_transport_bw(tlm::tlm_generic_payload& payload, tlm::tlm_phase& tlm_phase,
                                                   sc_core::sc_time& delay) {
  auto& r = static_cast<request&>(payload);
  if (tlm_phase == tlm::END_REQ) {
    taken(r, delay);
    return tlm::TLM_ACCEPTED;
  }
  if (tlm_phase == tlm::BEGIN_RESP) {
    answered(r, delay);
    return tlm::TLM_COMPLETED;
  }
  return tlm::TLM_ACCEPTED;
}

// Nothing takes less than a cycle: this one's compute phase may be over.
cycle memory_channel::cycle_after(const sc_core::sc_time& delay) const {
  const auto period = clock_.period().value();
  return std::max<cycle>(clock_.now() + 1, ((sc_core::sc_time_stamp() + delay).value() + period - 1) / period);
}

void memory_channel::taken(request& r, const sc_core::sc_time& delay) {
  if (!r.taken) {
    r.taken = true;
    clock_.wake(phase::compute, cycle_after(delay), free_event_);
  }
}

// An answer implies that the request was taken.
void memory_channel::answered(request& r, const sc_core::sc_time& delay) {
  taken(r, delay);
  expect_response(cycle_after(delay), r.tag);
  r.release();
}

void memory_channel::expect_response(cycle at, std::uint64_t tag) {
  responses_.push({at, tag});
  clock_.wake(phase::compute, responses_.top().at, response_event_);
}

void memory_channel::skip_transfer(std::uint64_t latency, std::uint64_t tag) {
  if (latency == 0) {
    client_->responded(tag);
  } else {
    expect_response(clock_.now() + latency, tag);
  }
}

void memory_channel::on_free() {
  busy_ = false;
  clock_.progress();
  client_->channel_free();
}

void memory_channel::on_response() {
  while (!responses_.empty() && responses_.top().at <= clock_.now()) {
    const auto tag = responses_.top().tag;
    responses_.pop();
    clock_.progress();
    client_->responded(tag);
  }
  if (!responses_.empty()) {
    clock_.wake(phase::compute, responses_.top().at, response_event_);
  }
}

}  // namespace dlac::hw
