#pragma once
// A channel to off-chip memory: a TLM-2.0 initiator of the approximately-timed base protocol. A transfer is cut into
// aligned requests, as long as the memory takes them; it holds the channel until the last of them is taken and is there
// when the last is answered. What the memory says is seen in the compute phase of the first cycle that begins at or
// after it.

#include <tlm_utils/simple_initiator_socket.h>
#include <cstdint>
#include <memory>
#include <queue>
#include <string>
#include <systemc>
#include <tlm>
#include <unordered_map>
#include <vector>

#include "sim/contract/step_cost.h"
#include "sim/hw/clock_domain.h"
#include "sim/hw/memory_binding.h"

namespace dlac::hw {

/// Whoever transfers over a channel.
class memory_client_if {
 public:
  virtual ~memory_client_if() = default;
  /// The memory has taken all requests of the transfer (END_REQ): the channel is free for the next one.
  virtual void channel_free() = 0;
  /// The memory has answered all requests of transfer `tag` (BEGIN_RESP): its data are there.
  virtual void responded(std::uint64_t tag) = 0;
};

class memory_channel : public sc_core::sc_module, public tlm::tlm_mm_interface {
 public:
  SC_HAS_PROCESS(memory_channel);
  tlm_utils::simple_initiator_socket_optional<memory_channel> socket;  ///< ideal memory needs none

  memory_channel(sc_core::sc_module_name name, clock_domain& clock);
  void serve(memory_client_if& client) { client_ = &client; }
  /// What the memory takes; between programs.
  void limit_requests(const memory_limits& limits) { limits_ = limits; }
  /// Where a transfer may begin: the first such offset at or after `offset`.
  [[nodiscard]] std::uint64_t aligned(std::uint64_t offset) const {
    return ceil_div(offset, limits_.alignment_bytes) * limits_.alignment_bytes;
  }

  [[nodiscard]] bool busy() const { return busy_; }
  /// Begins a transfer of `bytes` > 0 in this cycle, from an aligned offset on; the channel must be free. No other
  /// transfer that is under way has this tag.
  void transfer(tlm::tlm_command command, const memory_region& region, std::uint64_t offset, std::uint64_t bytes,
                std::uint64_t tag);
  /// An empty chunk: nothing is transferred, and it is there `latency` cycles later.
  void skip_transfer(std::uint64_t latency, std::uint64_t tag);

  /// What the memory refused; empty when nothing. The clock stops then.
  [[nodiscard]] const std::string& failure() const { return failure_; }

 private:
  /// A request that knows whose it is, with data of its own. Timing only: nobody looks at them.
  struct request : tlm::tlm_generic_payload {
    explicit request(tlm::tlm_mm_interface* owner) : tlm_generic_payload(owner) { set_extension(&start); }
    ~request() override { clear_extension(&start); }
    std::uint64_t tag = 0;
    bool taken = false;     ///< END_REQ has been seen, or was implied
    bool answered = false;  ///< BEGIN_RESP, or was implied
    chunk_start start;
    std::vector<unsigned char> data;
  };
  /// A transfer that is not answered yet.
  struct pending {
    std::uint64_t unanswered = 0;  ///< requests, those not sent yet included
    cycle ready = 0;               ///< once the last is answered
  };
  /// What is left to request of the transfer that holds the channel.
  struct cursor {
    tlm::tlm_command command = tlm::TLM_IGNORE_COMMAND;
    memory_region region;
    std::uint64_t offset = 0;
    std::uint64_t bytes = 0;
    std::uint64_t tag = 0;
    bool begins_chunk = false;
  };
  struct response {
    cycle at;
    std::uint64_t tag;
    bool operator<(const response& other) const { return at != other.at ? at > other.at : tag > other.tag; }
  };
  struct acknowledgement {
    request* of;
    sc_core::sc_time due;
  };

  tlm::tlm_sync_enum nb_transport_bw(tlm::tlm_generic_payload& payload, tlm::tlm_phase& tlm_phase,
                                     sc_core::sc_time& delay);
  void free(tlm::tlm_generic_payload* payload) override;
  request& next_request();
  void send_request();
  void taken(request& r, const sc_core::sc_time& delay);
  void answered(request& r, const sc_core::sc_time& delay);
  void fail(const request& r, const std::string& how);
  void expect_response(cycle at, std::uint64_t tag);
  [[nodiscard]] cycle cycle_at(const sc_core::sc_time& delay) const;
  void on_free();
  void on_response();
  void acknowledge();

  clock_domain& clock_;
  memory_client_if* client_ = nullptr;
  memory_limits limits_;
  bool busy_ = false;
  cursor rest_;
  bool follows_at_once_ = false;  ///< in the compute phase, behind another request of the same transfer
  bool taken_at_once_ = false;
  sc_core::sc_event free_event_;
  sc_core::sc_event response_event_;
  sc_core::sc_event acknowledge_event_;
  std::unordered_map<std::uint64_t, pending> transfers_;  ///< by tag
  std::priority_queue<response> responses_;
  std::vector<acknowledgement> acknowledgements_;
  std::vector<std::unique_ptr<request>> requests_;
  std::vector<request*> unused_;
  std::string failure_;
};

}  // namespace dlac::hw
