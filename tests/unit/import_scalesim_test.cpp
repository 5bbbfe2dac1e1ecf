// Topologies of SCALE-Sim: their conventions, and what is wrong in one told with its row.

#include <doctest/doctest.h>
#include <fmt/format.h>

#include <string>
#include <variant>
#include <vector>

#include "sim/import/scalesim.h"
#include "sim/text/csv_reader.h"
#include "tests/unit/bad_input.h"

namespace dlac::test {
namespace {

const std::string convolutions =
    "Layer name, IFMAP Height, IFMAP Width, Filter Height, Filter Width, Channels, Num Filter, Strides,\n";

class topology {
 public:
  explicit topology(const std::string& text, const import_options& options = {})
      : path_(folder_.file("net.csv", text)), options_(options) {}

  [[nodiscard]] imported_network read() const { return read_scalesim_topology(path_, options_); }
  /// Of the network as it is read again once it is written.
  [[nodiscard]] std::vector<layer> layers() const {
    return write_workload(read(), folder_.path("net.json")).net.layers;
  }
  [[nodiscard]] layer only() const {
    const std::vector<layer> all = layers();
    REQUIRE(all.size() == 1);
    return all.front();
  }
  /// Of the error, without the folder in front.
  [[nodiscard]] std::string message() const {
    return message_in(folder_, [&] { static_cast<void>(read()); });
  }

 private:
  temporary_folder folder_;
  std::string path_;
  import_options options_;
};

std::uint64_t macs_of(const std::vector<layer>& layers) {
  std::uint64_t macs = 0;
  for (const layer& l : layers) {
    macs += l.dense_macs(1);
  }
  return macs;
}

TEST_CASE("import: a CSV table is read with quotes, any ends of lines and a byte-order mark") {
  const auto rows = parse_csv("\xEF\xBB\xBF a ,\"b, \"\"c\"\"\"\r\n\r\n , ,\n\"two\nlines\",\rlast", "t.csv");
  REQUIRE(rows.size() == 3);
  CHECK(rows[0].fields == std::vector<std::string>{"a", "b, \"c\""});
  CHECK(rows[1].line == 4);
  CHECK(rows[1].fields == std::vector<std::string>{"two\nlines", ""});
  CHECK(rows[2].line == 6);
  CHECK(rows[2].field(7).empty());
  const auto message = [](const std::string& text) {
    return message_of([&] { static_cast<void>(parse_csv(text, "t.csv")); });
  };
  CHECK(message("a\nb\"c") ==
        "t.csv: row 2: found a quote inside a field, expected quotes around all of it, those inside doubled");
  CHECK(message("\"a\nb").starts_with("t.csv: row 2: found the end of the file inside quotes"));
  CHECK(message("\"a\" b").starts_with("t.csv: row 1: found text behind a closing quote"));
  CHECK(message(std::string("a\0b", 3)).starts_with("t.csv: row 1: found a zero byte"));
  CHECK(message(std::string(2000, ',')).starts_with("t.csv: row 1: found more than 1024 fields"));
}

TEST_CASE("import: a row of a topology is a convolution, without padding") {
  const layer l = topology(convolutions + "c, 9, 11, 3, 5, 4, 8, 2,\n").only();
  CHECK(l.name == "c");
  CHECK(l.type == layer_type::conv2d);
  CHECK(l.input_size == size_2d{9, 11});
  CHECK(l.kernel == size_2d{3, 5});
  CHECK(l.in_channels == 4);
  CHECK(l.out_channels == 8);
  CHECK(l.stride == size_2d{2, 2});
  CHECK(l.padding == padding_2d{});
  CHECK(l.groups == 1);
  CHECK(l.weights == weight_format::full);
  CHECK(std::holds_alternative<dense_source>(l.operands.weights));
  CHECK(topology(convolutions + "c,9,11,3,5,4,8,2\n", {.ternary = true}).only().weights == weight_format::ternary);
}

TEST_CASE("import: titles of any case, order, blanks and units, with strides of both directions") {
  const layer l = topology(
                      "STRIDE WIDTH,stride_height,NUM FILTER,Channels (count),filter width [px],FilterHeight,\"ifmap "
                      "width\",IFMAP  height (px),LAYER\n2,3,8,4,5,3,11,9,c\n")
                      .only();
  CHECK(l.input_size == size_2d{9, 11});
  CHECK(l.kernel == size_2d{3, 5});
  CHECK(l.stride == size_2d{3, 2});
  CHECK(l.out_channels == 8);
  CHECK(topology("Layer,IFMAP Height,IFMAP Width,Filter Height,Filter Width,Channels,Num Filter\nc,9,9,3,3,1,1")
            .only()
            .stride == size_2d{1, 1});
}

TEST_CASE("import: a row has what its header forgot, and remarks") {
  CHECK(topology(convolutions + "c,9,9,3,3,1,1,2,1\n").only().stride == size_2d{2, 1});
  CHECK(topology(convolutions + "# a remark\nc,9,9,3,3,1,1,2,#dw, 5\n").only().stride == size_2d{2, 2});
  const layer sparse = topology(convolutions + "c,9,9,3,3,4,4,2,2:4,\n").only();
  REQUIRE(std::holds_alternative<synthetic_source>(sparse.operands.weights));
  CHECK(topology("Layer,M,N,K,\ng,2,3,4,5,\n").only().products == 5);
}

TEST_CASE("import: the last window reaches over the edge, as SCALE-Sim counts") {
  // ceil((size - filter + stride) / stride) outputs a side.
  for (const auto& [size, filter, stride] : std::vector<std::array<unsigned, 3>>{
           {224, 3, 2}, {224, 7, 2}, {56, 1, 2}, {55, 5, 3}, {9, 9, 4}, {10, 3, 1}, {11, 2, 4}}) {
    CAPTURE(size);
    CAPTURE(filter);
    CAPTURE(stride);
    const layer l = topology(convolutions + fmt::format("c,{0},{0},{1},{1},1,2,{2}\n", size, filter, stride)).only();
    const unsigned outputs = (size - filter + stride + stride - 1) / stride;
    CHECK(l.output_size() == size_2d{outputs, outputs});
    CHECK(l.padding.top == 0);
    CHECK(l.padding.left == 0);
    CHECK(l.padding.bottom < stride);
  }
  const imported_network told = topology(convolutions + "a,9,9,3,3,1,2,2\nb,224,224,3,3,1,2,2\n").read();
  REQUIRE(told.warnings.size() == 2);
  CHECK(told.warnings[1].starts_with("Row 3: as SCALE-Sim counts, the last window reaches over the edge"));
}

TEST_CASE("import: --padding same keeps ceil(size / stride), the larger part behind") {
  for (const auto& [size, filter, stride] : std::vector<std::array<unsigned, 3>>{
           {224, 3, 2}, {224, 7, 2}, {56, 1, 2}, {55, 5, 3}, {8, 2, 1}, {3, 5, 1}, {8, 1, 3}}) {
    CAPTURE(size);
    CAPTURE(filter);
    CAPTURE(stride);
    const layer l = topology(convolutions + fmt::format("c,{0},{0},{1},{1},1,2,{2}\n", size, filter, stride),
                             {.same_padding = true})
                        .only();
    CHECK(l.output_size() == size_2d{(size + stride - 1) / stride, (size + stride - 1) / stride});
    CHECK(l.padding.bottom - l.padding.top <= 1);
  }
  const imported_network told =
      topology(convolutions + "fc,6,6,6,6,1,2,1\none,1,1,1,1,1,2,1\n", {.same_padding = true}).read();
  REQUIRE(told.warnings.size() == 2);
  CHECK(told.warnings[0].find("added what keeps") != std::string::npos);
  CHECK(told.warnings[1] == "Row 2: a filter of the size of the feature map was padded, too");
}

TEST_CASE("import: DP in a name is a depthwise convolution, another row with one filter is none") {
  const layer depthwise = topology(convolutions + "a_DP,9,9,3,3,32,2,1\n").only();
  CHECK(depthwise.groups == 32);
  CHECK(depthwise.in_channels == 32);
  CHECK(depthwise.out_channels == 64);
  CHECK(depthwise.dense_macs(1) == 7U * 7 * 9 * 64);
  const topology other(convolutions + "b_dw,9,9,3,3,32,1,1\n");
  CHECK(other.only().groups == 1);
  CHECK(other.only().out_channels == 1);
  CHECK(other.read().warnings.back().starts_with("Row 2: one filter over all channels"));
}

TEST_CASE("import: matrix products, their sparsity and their batch") {
  const topology table(
      "Layer Name, M, N, K, Sparsity,\r\ng, 3, 5, 16, 3:4,\r\ng, 1, 5, 16, 1 : 4,\r\ng, 1, 5, 16, 1:1,\r\n");
  const std::vector<layer> layers = table.layers();
  REQUIRE(layers.size() == 3);
  CHECK(layers[0].type == layer_type::linear);
  CHECK(layers[0].input_size == size_2d{1, 3});
  CHECK(layers[0].in_channels == 16);
  CHECK(layers[0].out_channels == 5);
  CHECK(layers[1].name == "g.2");
  CHECK(layers[2].name == "g.3");
  CHECK(macs_of(layers) == 3 * 5 * 16 + 2 * 5 * 16);
  const auto& weights = std::get<synthetic_source>(layers[0].operands.weights);
  CHECK(std::get<n_of_m>(*weights.structure) == n_of_m{3, 4});
  CHECK(weights.density == 0.75);
  CHECK(std::holds_alternative<dense_source>(layers[2].operands.weights));
  CHECK(table.read().warnings ==
        std::vector<std::string>{"Names that stand there again got a number behind them: g, g"});

  const layer heads = topology("Layer,M,N,K,Sparsity,Batch\nh,7,8,16,2:4,12\n").only();
  CHECK(heads.type == layer_type::matmul);
  CHECK(heads.products == 12);
  CHECK(heads.dense_macs(1) == 12U * 7 * 8 * 16);
  CHECK(std::holds_alternative<synthetic_source>(heads.operands.weights));
}

TEST_CASE("import: names that are there already are passed over") {
  const auto layers = topology("Layer,M,N,K\ng,1,1,1\ng.2,1,1,1\ng,1,1,1\n").layers();
  REQUIRE(layers.size() == 3);
  CHECK(layers[2].name == "g.3");
}

TEST_CASE("import: every wrong row of a topology is told with its place") {
  const auto message = [](const std::string& text) { return topology(text).message(); };
  const auto row = [&](const std::string& text) { return message(convolutions + "a,9,9,3,3,1,1,1\n" + text); };
  CHECK(message("") == "net.csv: found no rows, expected a header and a layer a row");
  CHECK(message(convolutions) == "net.csv: found a header alone, expected a layer a row");
  CHECK(message("c,9,9,3,3,1,1,1\n") ==
        "net.csv: row 1: found \"c\", expected a header of titles: Layer name, IFMAP Height, ...; or Layer, M, N, K");
  CHECK(message("Layer,M,N,K,Sparseness\n")
            .starts_with("net.csv: row 1: found \"Sparseness\", expected the title of a column"));
  CHECK(message("Layer,M,N\n").starts_with("net.csv: row 1: found no column \"K\""));
  CHECK(message("Layer,IFMAP Height\n").starts_with("net.csv: row 1: found no column \"IFMAP Width\""));
  CHECK(message("M,N,K\n").starts_with("net.csv: row 1: found no column \"Layer name\""));
  CHECK(message("Layer,M,N,K,m\n").starts_with("net.csv: row 1: found a second column \"m\""));
  CHECK(message("Layer,M,N,K,Channels\n").starts_with("net.csv: row 1: found a column \"Channels\" beside"));
  CHECK(message("Layer,IFMAP Height,IFMAP Width,Filter Height,Filter Width,Channels,Num Filter,Stride Height\n")
            .starts_with("net.csv: row 1: found other titles of strides"));
  CHECK(row("b,9,9,3,3,1,1,x\n") == "net.csv: row 3, Strides: found \"x\", expected a whole number from 1 to 65536");
  CHECK(row("b,9,9,3,3,1,1,0\n").starts_with("net.csv: row 3, Strides: found \"0\""));
  CHECK(row("b,9,9,3,3,1,1\n").starts_with("net.csv: row 3, Strides: found nothing"));
  CHECK(row("b,9,9.0,3,3,1,1,1\n").starts_with("net.csv: row 3, IFMAP Width: found \"9.0\""));
  CHECK(row("b,9,-9,3,3,1,1,1\n").starts_with("net.csv: row 3, IFMAP Width: found \"-9\""));
  CHECK(row("b,9,2147483648,3,3,1,1,1\n") ==
        "net.csv: row 3, IFMAP Width: found \"2147483648\", expected a whole number from 1 to 2147483647");
  CHECK(row(",9,9,3,3,1,1,1\n").starts_with("net.csv: row 3, Layer name: found nothing"));
  CHECK(row("b,9,9,3,3,1,1,1,1,7\n").starts_with("net.csv: row 3, field 10: found \"7\", expected at most 8 fields"));
  CHECK(row("b,9,9,3,3,1,1,1,3:2\n") == "net.csv: row 3, field 9: found \"3:2\", expected N:M, N at most M");
  CHECK(row("b,2,9,3,3,1,1,1\n") ==
        "net.csv: row 3: found a filter of height 3, expected at most the 2 of the feature map");
  CHECK(row("b,2147483647,2147483647,1,1,1,1,1\n").starts_with("net.csv: row 3: found activations of 1 x 1 x"));
  CHECK(row("bDP,1,1,1,1,2147483647,2,1\n").starts_with("net.csv: row 3: found 2 filters for each of 2147483647"));
  CHECK(
      message("Layer,M,N,K,Sparsity\ng,1,1,4,2\n").starts_with("net.csv: row 2, Sparsity: found \"2\", expected N:M"));
  CHECK(message("Layer,M,N,K,Sparsity\ng,1,1,4,0:4\n").starts_with("net.csv: row 2, Sparsity: found \"0\""));
}

}  // namespace
}  // namespace dlac::test
