#include "sim/hw/memory_channel.h"

#include <fmt/format.h>

#include <algorithm>
#include <utility>

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
  SC_METHOD(acknowledge);
  sensitive << acknowledge_event_;
  dont_initialize();
}

// The chunk_start stays: it is no automatic extension.
void memory_channel::free(tlm::tlm_generic_payload* payload) {
  payload->reset();
  unused_.push_back(static_cast<request*>(payload));
}

memory_channel::request& memory_channel::next_request() {
  if (unused_.empty()) {
    requests_.push_back(std::make_unique<request>(this));
    unused_.push_back(requests_.back().get());
  }
  auto& r = *unused_.back();
  unused_.pop_back();
  const auto bytes = std::min(rest_.bytes, limits_.request_bytes - rest_.offset % limits_.request_bytes);
  r.tag = rest_.tag;
  r.taken = false;
  r.answered = false;
  r.start.begins_chunk = std::exchange(rest_.begins_chunk, false);
  r.data.resize(std::max<std::size_t>(r.data.size(), bytes));
  r.set_command(rest_.command);
  r.set_address(rest_.region.address(rest_.offset));
  r.set_data_ptr(r.data.data());
  r.set_data_length(static_cast<unsigned>(bytes));
  r.set_streaming_width(static_cast<unsigned>(bytes));
  r.set_byte_enable_ptr(nullptr);
  r.set_dmi_allowed(false);
  r.set_response_status(tlm::TLM_INCOMPLETE_RESPONSE);
  rest_.offset += bytes;
  rest_.bytes -= bytes;
  return r;
}

void memory_channel::transfer(tlm::tlm_command command, const memory_region& region, std::uint64_t offset,
                              std::uint64_t bytes, std::uint64_t tag) {
  clock_.hold();
  busy_ = true;
  rest_ = {command, region, offset, bytes, tag, true};
  transfers_[tag] = {ceil_div(offset % limits_.request_bytes + bytes, limits_.request_bytes), 0};
  send_request();
}

void memory_channel::send_request() {
  auto& r = next_request();
  r.acquire();
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
      r.release();
      return;
  }
}

tlm::tlm_sync_enum memory_channel::nb_transport_bw(tlm::tlm_generic_payload& payload, tlm::tlm_phase& tlm_phase,
                                                   sc_core::sc_time& delay) {
  auto& r = static_cast<request&>(payload);
  if (tlm_phase == tlm::END_REQ) {
    taken(r, delay);
  } else if (tlm_phase == tlm::BEGIN_RESP) {
    answered(r, delay);
    acknowledgements_.push_back({&r, sc_core::sc_time_stamp() + delay});
    acknowledge_event_.notify(sc_core::SC_ZERO_TIME);
  }
  return tlm::TLM_ACCEPTED;
}

// A process of its own, so that no call on one path is made from within one on the other. Not every target looks at
// what its call of BEGIN_RESP returns: the answer is always a call.
void memory_channel::acknowledge() {
  for (const auto& [of, due] : std::exchange(acknowledgements_, {})) {
    tlm::tlm_phase tlm_phase = tlm::END_RESP;
    auto delay = due > sc_core::sc_time_stamp() ? due - sc_core::sc_time_stamp() : sc_core::SC_ZERO_TIME;
    socket->nb_transport_fw(*of, tlm_phase, delay);
    of->release();
  }
}

/// The first cycle that begins at or after `delay` from now.
cycle memory_channel::cycle_at(const sc_core::sc_time& delay) const {
  return ceil_div((sc_core::sc_time_stamp() + delay).value(), clock_.period().value());
}

// A transfer takes a cycle at least: this one's compute phase may be over. Within a transfer requests follow each other
// as fast as the memory takes them, several in a cycle if it does.
void memory_channel::taken(request& r, const sc_core::sc_time& delay) {
  if (r.taken) {
    return;
  }
  r.taken = true;
  if (follows_at_once_ && cycle_at(delay) <= clock_.now()) {
    taken_at_once_ = true;
  } else {
    clock_.wake(phase::compute, std::max(cycle_at(delay), clock_.now() + 1), free_event_);
  }
}

// An answer implies that the request was taken.
void memory_channel::answered(request& r, const sc_core::sc_time& delay) {
  taken(r, delay);
  if (std::exchange(r.answered, true)) {
    fail(r, "twice");
    return;
  }
  if (r.get_response_status() != tlm::TLM_OK_RESPONSE) {
    fail(r, fmt::format("with {}", r.get_response_string()));
  }
  const auto transfer = transfers_.find(r.tag);
  auto& [unanswered, ready] = transfer->second;
  ready = std::max({ready, cycle_at(delay), clock_.now() + (follows_at_once_ ? 0 : 1)});
  if (--unanswered == 0) {
    expect_response(ready, r.tag);
    transfers_.erase(transfer);
  }
}

void memory_channel::fail(const request& r, const std::string& how) {
  if (failure_.empty()) {
    failure_ = fmt::format("the memory answered a request of {} bytes at address {:#x} {}", r.get_data_length(),
                           r.get_address(), how);
  }
  clock_.stop();
}

// One that is due in this cycle follows at once: see on_free().
void memory_channel::expect_response(cycle at, std::uint64_t tag) {
  responses_.push({at, tag});
  if (at > clock_.now()) {
    clock_.wake(phase::compute, at, response_event_);
  }
}

void memory_channel::skip_transfer(std::uint64_t latency, std::uint64_t tag) {
  if (latency == 0) {
    client_->responded(tag);
  } else {
    clock_.hold();
    expect_response(clock_.now() + latency, tag);
  }
}

void memory_channel::on_free() {
  clock_.progress();
  follows_at_once_ = true;
  do {
    taken_at_once_ = false;
    if (rest_.bytes == 0) {
      busy_ = false;
    } else {
      send_request();
    }
  } while (taken_at_once_);
  follows_at_once_ = false;
  if (!busy_) {
    client_->channel_free();
  }
  on_response();
}

void memory_channel::on_response() {
  while (!responses_.empty() && responses_.top().at <= clock_.now()) {
    const auto tag = responses_.top().tag;
    responses_.pop();
    clock_.progress();
    client_->responded(tag);
    clock_.release();
  }
}

}  // namespace dlac::hw
