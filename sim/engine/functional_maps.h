#pragma once
// The feature maps of a functional run: only the image and the parameters are read, and every layer runs on what those
// before it gave. Layers that the run does not simulate, but that others need, are computed by the reference; nodes
// between the layers by sim/nodes. A map is kept until nobody reads it any more.

#include <cstddef>
#include <cstdint>
#include <functional>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "sim/nodes/node_values.h"
#include "sim/stats/layer_result.h"
#include "sim/workload/network.h"
#include "sim/workload/operands.h"

namespace dlac {

class functional_maps : public computed_maps {
 public:
  /// What comes out of a layer, [n, c, h, w], whose operands are there.
  using layer_function = std::function<std::vector<float>(const layer&)>;

  /// `net` is a functional one (make_functional()) and must outlive this. `image` is a file with the tensor of this
  /// name, in place of the trace's.
  functional_maps(const network& net, std::optional<std::string> image) : net_(net), image_file_(std::move(image)) {}

  /// Every run from now on begins with this image.
  void use_image(network_image image) { image_ = std::move(image); }
  /// What the reference would compute, `compute` does.
  void compute_by(layer_function compute) { compute_ = std::move(compute); }

  /// Begins a run that simulates `layers`, in the order of the graph, with these operands. Throws input_error.
  void begin(const std::vector<const layer*>& layers, const operand_provider& operands);
  /// Computes all that a layer reads. Throws input_error.
  void advance_to(const layer& l);
  /// What came out of a layer, [n, c, h, w].
  void take(const layer& l, const std::vector<float>& output);
  /// Computes what stands behind the last layer, and tells what came out.
  [[nodiscard]] functional_figures end();
  /// After end(): what came out.
  [[nodiscard]] const std::vector<float>& result() const { return values_of(plan_.last); }

  /// Of a run that simulates `layers`: these, and those that they read.
  [[nodiscard]] std::vector<const layer*> needed_layers(const std::vector<const layer*>& layers) const;
  /// Bytes of the maps that a run over `layers` keeps at a time, at most.
  [[nodiscard]] std::uint64_t most_bytes(const std::vector<const layer*>& layers) const;

  [[nodiscard]] std::vector<float> operand(const layer& l, tensor_role operand) const override;
  [[nodiscard]] std::vector<float> epilogue_operand(const layer& l, const pt_wise_op& op) const override;

 private:
  /// Which nodes a run needs, and how often each is read.
  struct plan {
    std::vector<bool> is_needed;
    std::vector<std::size_t> readers;
    std::size_t last = 0;  ///< whose output is the result
  };
  [[nodiscard]] plan plan_for(const std::vector<const layer*>& layers) const;
  [[nodiscard]] std::size_t node_of(const layer& l) const;
  [[nodiscard]] const std::vector<float>& values_of(std::size_t node) const;
  [[nodiscard]] std::vector<node_input> inputs_of(const graph_node& node) const;
  void compute(std::size_t node);
  void keep(std::size_t node, std::vector<float> values);
  void compute_until(std::size_t node);

  const network& net_;
  std::optional<std::string> image_file_;
  std::optional<network_image> image_;
  const operand_provider* operands_ = nullptr;
  layer_function compute_;  ///< none: the reference
  plan plan_;
  std::size_t next_ = 1;
  std::vector<std::optional<std::vector<float>>> maps_;
  functional_figures figures_;
};

}  // namespace dlac
