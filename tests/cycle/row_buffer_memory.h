#pragma once
// A second memory to bind in place of the product's: two banks with an open row each. What hits the open row is there
// sooner than what does not. It answers when it is done, not ahead of time.

#include <tlm_utils/peq_with_cb_and_phase.h>
#include <tlm_utils/simple_target_socket.h>
#include <array>
#include <cstdint>
#include <optional>
#include <systemc>
#include <tlm>

namespace dlac::test {

class row_buffer_memory : public sc_core::sc_module {
 public:
  tlm_utils::simple_target_socket<row_buffer_memory> socket;

  struct timing {
    std::uint64_t bytes_per_cycle;
    std::uint64_t hit_cycles;
    std::uint64_t miss_cycles;
    std::uint64_t row_bytes;
  };

  row_buffer_memory(sc_core::sc_module_name name, const sc_core::sc_time& clock_period, const timing& t)
      : sc_module(name),
        socket("socket"),
        period_(clock_period),
        timing_(t),
        events_(this, &row_buffer_memory::answer) {
    socket.register_nb_transport_fw(this, &row_buffer_memory::nb_transport_fw);
  }

 private:
  tlm::tlm_sync_enum nb_transport_fw(tlm::tlm_generic_payload& payload, tlm::tlm_phase& phase,
                                     sc_core::sc_time& /*delay*/) {
    if (phase != tlm::BEGIN_REQ) {
      return tlm::TLM_ACCEPTED;
    }
    const auto bank = (payload.get_address() >> 32U) % open_rows_.size();
    const auto row = payload.get_address() / timing_.row_bytes;
    const auto latency = open_rows_[bank] == row ? timing_.hit_cycles : timing_.miss_cycles;
    open_rows_[bank] = row;
    const auto transfer = (payload.get_data_length() + timing_.bytes_per_cycle - 1) / timing_.bytes_per_cycle;
    payload.set_response_status(tlm::TLM_OK_RESPONSE);
    events_.notify(payload, tlm::END_REQ, period_ * static_cast<double>(transfer));
    events_.notify(payload, tlm::BEGIN_RESP, period_ * static_cast<double>(transfer + latency));
    return tlm::TLM_ACCEPTED;
  }

  void answer(tlm::tlm_generic_payload& payload, const tlm::tlm_phase& phase) {
    auto answer_phase = phase;
    auto no_delay = sc_core::SC_ZERO_TIME;
    socket->nb_transport_bw(payload, answer_phase, no_delay);
  }

  sc_core::sc_time period_;
  timing timing_;
  std::array<std::optional<std::uint64_t>, 2> open_rows_;
  tlm_utils::peq_with_cb_and_phase<row_buffer_memory> events_;
};

}  // namespace dlac::test
