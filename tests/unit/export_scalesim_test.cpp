// The topology of a network for SCALE-Sim: as many outputs and operations in each row as the layer has.

#include <doctest/doctest.h>

#include <cstdint>
#include <string>
#include <vector>

#include "sim/import/scalesim.h"
#include "sim/report/export_scalesim.h"
#include "sim/workload/layer_selection.h"
#include "tests/unit/bad_input.h"

namespace dlac::test {
namespace {

const std::string window = R"("in_channels": 6, "out_channels": 12, "input_size": [9, 12], "kernel": [3, 2])";

struct exported {
  network net;
  scalesim_topology topology;
};

exported topology_of(const std::string& layers, const std::string& more = "", run_kind kind = run_kind::forward) {
  const temporary_folder folder;
  exported result{read_network(folder.file("n.json", R"({"name": "n")" + more + R"(, "layers": [)" + layers + "]}")),
                  {}};
  result.topology = scalesim_topology_of(result.net, select_layers(result.net, std::vector<std::string>(), ""), kind);
  return result;
}

std::string layer_text(const std::string& name, const std::string& keys) {
  return R"({"name": ")" + name + R"(", )" + keys + "}";
}

/// Multiply-accumulates and outputs of all rows of the table, as the importer counts them.
void check_counts(const exported& e) {
  const temporary_folder folder;
  const auto rows =
      write_workload(read_scalesim_topology(folder.file("n.csv", e.topology.csv), {}), "n.json").net.layers;
  std::uint64_t macs = 0;
  std::uint64_t outputs = 0;
  for (const layer& l : rows) {
    macs += l.dense_macs(1);
    outputs += l.output_shape(1).elements();
  }
  for (const layer& l : e.net.layers) {
    macs -= l.dense_macs(1);
    outputs -= l.output_shape(1).elements();
  }
  CHECK(macs == 0);
  CHECK(outputs == 0);
}

TEST_CASE("export scalesim: padding, strides, dilation, groups and lines keep outputs and operations") {
  for (const char* const keys :
       {R"("padding": [1, 2])", R"("stride": [2, 2])", R"("stride": [2, 3])", R"("dilation": [2, 3])", R"("groups": 6)",
        R"("groups": 3)", R"("padding": [1, 0, 2, 3], "stride": [2, 1], "groups": 2)"}) {
    CAPTURE(keys);
    check_counts(topology_of(layer_text("a", R"("type": "conv2d", )" + window + ", " + keys)));
  }
  check_counts(topology_of(
      R"({"name": "a", "type": "conv1d", "in_channels": 4, "out_channels": 5, "input_size": 9, "kernel": 3, "stride": 2})"));
  check_counts(topology_of(R"({"name": "a", "type": "linear", "in_features": 7, "out_features": 5, "tokens": 3})"));
  check_counts(topology_of(R"({"name": "a", "type": "matmul", "batch": 3, "m": 4, "k": 5, "n": 6})"));
}

TEST_CASE("export scalesim: a row of each layer, names without commas, DP for depthwise layers alone") {
  const std::string plain = R"("type": "conv2d", )" + window;
  const exported e = topology_of(layer_text("a, b", plain) + "," + layer_text("DPN", plain) + "," +
                                 layer_text("dw", plain + R"(, "groups": 6)"));
  CHECK(e.topology.csv ==
        "Layer name, IFMAP Height, IFMAP Width, Filter Height, Filter Width, Channels, Num Filter, Strides,\n"
        "a__b, 9, 12, 3, 2, 6, 12, 1,\n"
        "DpN, 9, 12, 3, 2, 6, 12, 1,\n"
        "dw_DP, 9, 12, 3, 2, 6, 2, 1,\n");
  CHECK(e.topology.remarks.empty());
}

TEST_CASE("export scalesim: N:M of weights is a column") {
  const exported e = topology_of(
      R"({"name": "a", "type": "linear", "in_features": 8, "out_features": 4, "operands": {"weights": {"source": "synthetic", "structure": {"n_of_m": [2, 4]}}}},
         {"name": "b", "type": "linear", "in_features": 8, "out_features": 4})");
  CHECK(e.topology.csv.find(" Strides, Sparsity,\na, 1, 1, 1, 1, 8, 4, 1, 2:4,\nb, 1, 1, 1, 1, 8, 4, 1, 1:1,\n") !=
        std::string::npos);
  CHECK(e.topology.remarks.empty());
}

TEST_CASE("export scalesim: what the format cannot say is told") {
  const auto remarks = [](const std::string& layers, const std::string& more = "", run_kind kind = run_kind::forward) {
    return topology_of(layers, more, kind).topology.remarks;
  };
  const auto conv = [](const std::string& keys) { return layer_text("a", R"("type": "conv2d", )" + window + keys); };
  using words = std::vector<std::string>;
  CHECK(remarks(conv(R"(, "padding": [1, 1])")) ==
        words{"A SCALE-Sim topology has no padding, feature maps are as large as their windows reach: a"});
  CHECK(remarks(conv(R"(, "dilation": [2, 1])")) ==
        words{"A SCALE-Sim topology has no dilation, feature maps are as large as filters without it reach: a"});
  CHECK(remarks(conv(R"(, "groups": 2)")) ==
        words{"A SCALE-Sim topology has no groups and no batches of products, each is a row: a"});
  CHECK(remarks(conv(R"(, "stride": [2, 1])")).size() == 1);
  CHECK(remarks(conv(R"(, "epilogue": [{"op": "select", "threshold": 0}])")) ==
        words{"A SCALE-Sim topology has no pointwise operations and no nodes"});
  CHECK(remarks(conv(R"(, "operands": {"activations": {"source": "synthetic", "density": 0.5}})")) ==
        words{"A SCALE-Sim topology has no zeros but N:M of weights"});
  CHECK(remarks(conv(""), R"(, "batch": 4)") == words{"A SCALE-Sim topology has no batch: it is one image of 4"});
  CHECK(remarks(conv(""), "", run_kind::training) ==
        words{"A SCALE-Sim topology has no passes: it is the forward one"});
  const std::string transposed = layer_text("t", R"("type": "transposed_conv2d", )" + window);
  CHECK(remarks(conv("") + "," + transposed) ==
        words{"A SCALE-Sim topology has no transposed convolutions, which were left out: t"});
  CHECK(message_of([&] {
          static_cast<void>(topology_of(transposed));
        }).find("no layer that a SCALE-Sim topology can say") != std::string::npos);
}

}  // namespace
}  // namespace dlac::test
