#pragma once
// A channel to off-chip memory: a TLM-2.0 initiator of the approximately-timed base protocol. What the memory answers
// is seen in the compute phase of the first cycle that begins at or after the answer.

#include <tlm_utils/simple_initiator_socket.h>
#include <cstdint>
#include <memory>
#include <queue>
#include <systemc>
#include <tlm>
#include <vector>

#include "sim/hw/clock_domain.h"

namespace dlac::hw {

/// Whoever transfers over a channel.
class memory_client_if {
 public:
  virtual ~memory_client_if() = default;
  /// The memory has taken the request (END_REQ): the channel is free for the next one.
  virtual void channel_free() = 0;
  /// The memory has answered request `tag` (BEGIN_RESP): its data are there.
  virtual void responded(std::uint64_t tag) = 0;
};

class memory_channel : public sc_core::sc_module, public tlm::tlm_mm_interface {
 public:
  SC_HAS_PROCESS(memory_channel);
  tlm_utils::simple_initiator_socket_optional<memory_channel> socket;  ///< ideal memory needs none

  memory_channel(sc_core::sc_module_name name, clock_domain& clock);
  void serve(memory_client_if& client) { client_ = &client; }

  [[nodiscard]] bool busy() const { return busy_; }
  /// Begins a transfer of `bytes` > 0 in this cycle; the channel must be free.
  void transfer(tlm::tlm_command command, std::uint64_t address, std::uint64_t bytes, std::uint64_t tag);
  /// An empty chunk: nothing is transferred, and it is there `latency` cycles later.
  void skip_transfer(std::uint64_t latency, std::uint64_t tag);

 private:
  /// A request that knows whose it is.
  struct request : tlm::tlm_generic_payload {
    explicit request(tlm::tlm_mm_interface* owner) : tlm_generic_payload(owner) {}
    std::uint64_t tag = 0;
    bool taken = false;  ///< END_REQ has been seen, or was implied
  };
  struct response {
    cycle at;
    std::uint64_t tag;
    bool operator<(const response& other) const { return at != other.at ? at > other.at : tag > other.tag; }
  };

  tlm::tlm_sync_enum nb_transport_bw(tlm::tlm_generic_payload& payload, tlm::tlm_phase& tlm_phase,
                                     sc_core::sc_time& delay);
  void free(tlm::tlm_generic_payload* payload) override;
  void taken(request& r, const sc_core::sc_time& delay);
  void answered(request& r, const sc_core::sc_time& delay);
  void expect_response(cycle at, std::uint64_t tag);
  [[nodiscard]] cycle cycle_after(const sc_core::sc_time& delay) const;
  void on_free();
  void on_response();

  clock_domain& clock_;
  memory_client_if* client_ = nullptr;
  bool busy_ = false;
  sc_core::sc_event free_event_;
  sc_core::sc_event response_event_;
  std::priority_queue<response> responses_;
  std::vector<std::unique_ptr<request>> requests_;
  std::vector<request*> unused_;
  std::vector<unsigned char> data_;  ///< timing only: all requests share it
};

}  // namespace dlac::hw
