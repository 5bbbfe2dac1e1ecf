#pragma once
// A memory to bind in place of the product's that is as unlike it as the protocol allows: it has events of its own for
// ever, takes short aligned requests into a small address space, answers when an answer is due and in any order, the
// next one only after END_RESP, and holds its initiator to the rules.

#include <doctest/doctest.h>
#include <tlm_utils/peq_with_cb_and_phase.h>
#include <tlm_utils/simple_target_socket.h>
#include <algorithm>
#include <cstdint>
#include <deque>
#include <functional>
#include <map>
#include <set>
#include <systemc>
#include <tlm>
#include <utility>
#include <vector>

#include "sim/hw/memory_binding.h"

namespace dlac::test {

class restless_memory : public sc_core::sc_module {
 public:
  SC_HAS_PROCESS(restless_memory);
  tlm_utils::simple_target_socket<restless_memory> socket;

  struct behaviour {
    hw::memory_limits limits = {.request_bytes = 4, .alignment_bytes = 4, .size_bytes = 48};
    std::uint64_t taken_cycles = 1;                                                          ///< of a request
    std::function<std::uint64_t(std::uint64_t)> latency = [](std::uint64_t) { return 10; };  ///< of the n-th request
    std::uint64_t refresh_cycles = 7;                                                        ///< 0: none
    bool answers = true;
    bool ahead = false;  ///< says all at once, with the time when it is due
    tlm::tlm_response_status status = tlm::TLM_OK_RESPONSE;
  };

  restless_memory(sc_core::sc_module_name name, const sc_core::sc_time& clock_period, behaviour b)
      : sc_module(name),
        socket("socket"),
        period_(clock_period),
        behaviour_(std::move(b)),
        due_(this, &restless_memory::on_due) {
    socket.register_nb_transport_fw(this, &restless_memory::nb_transport_fw);
    SC_METHOD(refresh);
    sensitive << refresh_event_;
    dont_initialize();
    if (behaviour_.refresh_cycles > 0) {
      refresh_event_.notify(cycles(behaviour_.refresh_cycles));
    }
  }
  void end_of_simulation() override { stopped = true; }

  using request = std::pair<std::uint64_t, unsigned>;  ///< address, bytes
  std::vector<request> requests;                       ///< in the order in which they came
  std::uint64_t acknowledged = 0;                      ///< END_RESPs
  std::size_t most_in_flight = 0;
  bool stopped = false;

 private:
  /// Whatever a target hangs on a request has to be gone when the request is used again.
  struct mark : tlm::tlm_extension<mark> {
    [[nodiscard]] tlm::tlm_extension_base* clone() const override { return new mark; }
    void copy_from(const tlm::tlm_extension_base& /*other*/) override {}
  };

  [[nodiscard]] sc_core::sc_time cycles(std::uint64_t count) const { return period_ * static_cast<double>(count); }
  void refresh() { refresh_event_.notify(cycles(behaviour_.refresh_cycles)); }

  tlm::tlm_sync_enum nb_transport_fw(tlm::tlm_generic_payload& payload, tlm::tlm_phase& phase,
                                     sc_core::sc_time& delay) {
    if (phase == tlm::END_RESP) {
      CHECK(responding_ == &payload);
      ++acknowledged;
      buffers_.erase(payload.get_data_ptr());
      responding_ = nullptr;
      due_.notify(payload, tlm::END_RESP, sc_core::SC_ZERO_TIME);
      return tlm::TLM_COMPLETED;
    }
    REQUIRE(phase == tlm::BEGIN_REQ);
    CHECK(delay == sc_core::SC_ZERO_TIME);
    check(payload);
    payload.acquire();
    payload.set_auto_extension(new mark);
    payload.set_response_status(behaviour_.status);
    due_at_[&payload] =
        sc_core::sc_time_stamp() + cycles(behaviour_.taken_cycles + behaviour_.latency(requests.size()));
    requests.emplace_back(payload.get_address(), payload.get_data_length());
    if (behaviour_.ahead) {
      due_.notify(payload, tlm::BEGIN_RESP, sc_core::SC_ZERO_TIME);
      taking_ = false;
      phase = tlm::END_REQ;
      delay = cycles(behaviour_.taken_cycles);
      return tlm::TLM_UPDATED;
    }
    due_.notify(payload, tlm::END_REQ, cycles(behaviour_.taken_cycles));
    if (behaviour_.answers) {
      due_.notify(payload, tlm::BEGIN_RESP, due_at_[&payload] - sc_core::sc_time_stamp());
    }
    return tlm::TLM_ACCEPTED;
  }

  void check(const tlm::tlm_generic_payload& payload) {
    const auto& limits = behaviour_.limits;
    CHECK_FALSE(taking_);
    taking_ = true;
    const auto first = payload.get_address();
    const auto last = first + payload.get_data_length() - 1;
    CHECK(first % limits.alignment_bytes == 0);
    CHECK(first / limits.request_bytes == last / limits.request_bytes);
    CHECK(last < limits.size_bytes);
    CHECK(payload.get_extension<mark>() == nullptr);
    CHECK(buffers_.insert(payload.get_data_ptr()).second);
    most_in_flight = std::max(most_in_flight, buffers_.size());
  }

  void on_due(tlm::tlm_generic_payload& payload, const tlm::tlm_phase& phase) {
    if (phase == tlm::END_REQ) {
      taking_ = false;
      auto answer_phase = phase;
      auto no_delay = sc_core::SC_ZERO_TIME;
      socket->nb_transport_bw(payload, answer_phase, no_delay);
      return;
    }
    if (phase == tlm::BEGIN_RESP) {
      answers_.push_back(&payload);
    } else {
      payload.release();
    }
    if (responding_ == nullptr && !answers_.empty()) {
      responding_ = answers_.front();
      answers_.pop_front();
      tlm::tlm_phase answer_phase = tlm::BEGIN_RESP;
      auto left = due_at_[responding_] - std::min(due_at_[responding_], sc_core::sc_time_stamp());
      // What is returned is not looked at: the answer is END_RESP.
      socket->nb_transport_bw(*responding_, answer_phase, left);
    }
  }

  sc_core::sc_time period_;
  behaviour behaviour_;
  bool taking_ = false;
  tlm::tlm_generic_payload* responding_ = nullptr;
  std::deque<tlm::tlm_generic_payload*> answers_;
  std::map<const tlm::tlm_generic_payload*, sc_core::sc_time> due_at_;
  std::set<const unsigned char*> buffers_;  ///< of the requests in flight
  sc_core::sc_event refresh_event_;
  tlm_utils::peq_with_cb_and_phase<restless_memory> due_;
};

}  // namespace dlac::test
