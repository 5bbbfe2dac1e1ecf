// Hostile and mistaken input, end to end: every case is one line on standard error that says where the mistake is, with
// nothing on standard output and exit code 2.

#include <doctest/doctest.h>
#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <functional>
#include <limits>

#include "tests/system/run_program.h"
#include "tests/unit/trace_file.h"

namespace dlac::test {
namespace {

using words = std::vector<std::string>;

constexpr std::string_view sound_workload = R"({ "name": "w", "batch": 1, "trace": "t.safetensors", "layers": [
  { "name": "c", "type": "conv2d", "in_channels": 2, "out_channels": 2, "input_size": [4, 4], "kernel": [3, 3],
    "stride": [1, 1], "padding": [1, 1], "groups": 1, "weight_format": "ternary",
    "epilogue": [ { "op": "mul-add" }, { "op": "select", "threshold": 0.01 } ] } ] })";

const std::string sound_activations = raw(std::vector<float>(32, 0.5F));
const std::string sound_weights = raw(std::vector<std::int8_t>(36, -1));
const std::string two_floats = raw(std::vector<float>{1, 2});

std::string trace_of(const std::string& activations, const std::string& weights,
                     const std::string& scale = two_floats) {
  return trace_builder()
      .add("c.activations", "F32", "1, 2, 4, 4", activations)
      .add("c.weights", "I8", "2, 2, 3, 3", weights)
      .add("c.scale", "F32", "2", scale)
      .add("c.bias", "F32", "2", two_floats)
      .bytes();
}

std::string sound_trace() {
  return trace_of(sound_activations, sound_weights);
}

/// `text` with the first `from` made `to`.
std::string replaced(std::string_view text, std::string_view from, std::string_view to) {
  const std::size_t at = text.find(from);
  if (at == std::string_view::npos) {
    throw std::logic_error("nothing to replace");
  }
  return std::string(text.substr(0, at)).append(to).append(text.substr(at + from.size()));
}

/// A sound config, workload and trace, and the arguments that run them.
class workplace {
 public:
  workplace() {
    write("c.json", contents_of(source_folder + "/configs/dlac-fp16-inference.json"));
    write("w.json", sound_workload);
    write("t.safetensors", sound_trace());
  }
  void write(const char* name, std::string_view contents) const { static_cast<void>(folder_.file(name, contents)); }
  void replace(const char* name, std::string_view from, std::string_view to) const {
    write(name, replaced(contents_of(path(name)), from, to));
  }
  [[nodiscard]] std::string path(const char* name) const { return folder_.path(name); }
  [[nodiscard]] words run(const words& more = {}) const {
    words result = {"run", path("w.json"), "--config", path("c.json")};
    result.insert(result.end(), more.begin(), more.end());
    return result;
  }

 private:
  temporary_folder folder_;
};

struct bad_case {
  const char* name;
  std::function<words(const workplace&)> prepare;  ///< makes the mistake; returns the arguments
  std::vector<std::string_view> pieces;            ///< of the message
};

void check_cases(const std::vector<bad_case>& cases) {
  for (const bad_case& c : cases) {
    INFO(std::string(c.name));
    const workplace here;
    const finished_program finished = run_program(c.prepare(here));
    CHECK(finished.exit_code == 2);
    CHECK(finished.out.empty());
    CHECK(finished.err.starts_with("dlac: error: "));
    CHECK(std::count(finished.err.begin(), finished.err.end(), '\n') == 1);
    CHECK(finished.err.ends_with("\n"));
    check_pieces(finished.err, c.pieces);
  }
}

/// The mistake is `to` in place of `from` in a file.
std::function<words(const workplace&)> edit(const char* file, std::string from, std::string to) {
  return [=](const workplace& here) {
    here.replace(file, from, to);
    return here.run();
  };
}

std::function<words(const workplace&)> file_of(const char* file, std::string contents, words options = {}) {
  return [=](const workplace& here) {
    here.write(file, contents);
    return here.run(options);
  };
}

std::function<words(const workplace&)> options(words more) {
  return [=](const workplace& here) { return here.run(more); };
}

/// The layer's trace has this header and these data.
std::function<words(const workplace&)> trace_file(const std::string& header, const std::string& data) {
  return file_of("t.safetensors", safetensors_bytes(header, data));
}

TEST_CASE("bad input: what the cases start from is sound") {
  const workplace here;
  const finished_program finished = run_program(here.run({"--values"}));
  CHECK(finished.err == "");
  CHECK(finished.exit_code == 0);
}

TEST_CASE("bad input: accelerator config") {
  check_cases({
      {"misspelt key",
       edit("c.json", "fma_units", "fma_unit"),
       {"c.json", "/pe/fma_unit", "did you mean \"fma_units\"?"}},
      {"missing key", edit("c.json", "\"clock_mhz\": 500,", ""), {"c.json: /clock_mhz: found no key"}},
      {"wrong type",
       edit("c.json", "\"rows\": 8", "\"rows\": \"8\""),
       {"/grid/rows: found \"8\", expected an integer"}},
      {"fraction for an integer", edit("c.json", "\"rows\": 8", "\"rows\": 8.5"), {"/grid/rows: found 8.5"}},
      {"negative size", edit("c.json", "\"rows\": 8", "\"rows\": -8"), {"/grid/rows: found -8, expected an integer"}},
      {"zero columns",
       edit("c.json", "\"cols\": 16", "\"cols\": 0"),
       {"/grid/cols: found 0, expected an integer from 1"}},
      {"integer above 64 bits",
       edit("c.json", "32768", "99999999999999999999999"),
       {"/weight_buffer_bytes: found 1e+23"}},
      {"unknown word", edit("c.json", "\"both\"", "\"bolh\""), {"/skip: found \"bolh\"", "did you mean \"both\"?"}},
      {"duplicate key", edit("c.json", "\"skip\"", "\"skip\": \"both\", \"skip\""), {"c.json: /skip: found a second"}},
      {"trailing comma", edit("c.json", "\"14nm\"", "\"14nm\","), {"c.json: line ", "column"}},
      {"text after the end",
       [](const workplace& here) {
         here.write("c.json", contents_of(here.path("c.json")) + "{}");
         return here.run();
       },
       {"c.json: line "}},
      {"deep nesting", file_of("c.json", std::string(100000, '[')), {"c.json: found more than 64 levels of nesting"}},
      {"an array for the whole", file_of("c.json", "[]"), {"c.json: found an array of 0 elements, expected an object"}},
      {"empty file", file_of("c.json", ""), {"c.json: found an empty file"}},
      {"no UTF-8", edit("c.json", "14nm", "\xff\xfe"), {"c.json: line "}},
      {"no bandwidth",
       options({"--set", R"(memory={"bytes_per_cycle": 0, "latency_cycles": 100, "compression": "none"})"}),
       {"/memory/bytes_per_cycle: found 0, expected a number from 0.001"}},
      {"negative latency",
       options({"--set", R"(memory={"bytes_per_cycle": 64, "latency_cycles": -100, "compression": "none"})"}),
       {"/memory/latency_cycles: found -100, expected an integer from 0"}},
      {"a weight buffer too small for one K-group",
       options({"--set", R"(memory={"bytes_per_cycle": 64, "latency_cycles": 100, "compression": "none"})", "--set",
                "weight_buffer_bytes=9"}),
       {"/weight_buffer_bytes: found 9, expected at least 10 bytes", "layer \"c\" (forward)", "block of 1 x 1"}},
      {"a feature-map buffer too small for one K-group",
       options({"--set", R"(memory={"bytes_per_cycle": 64, "latency_cycles": 100, "compression": "none"})", "--set",
                "feature_map_buffer_bytes=60", "--set", "mapping.block=[4, 8]"}),
       {"/feature_map_buffer_bytes: found 60, expected at least 64 bytes", "layer \"c\" (forward)", "block of 4 x 8"}},
      {"block above the output buffers",
       edit("c.json", "\"block\": \"auto\"", "\"block\": [8, 8]"),
       {"/mapping/block: found [8, 8], 64 outputs per PE, expected at most 32"}},

  });
}

TEST_CASE("bad input: files that are none") {
  const auto with_config = [](const std::string& path) {
    return [=](const workplace& here) { return words{"run", here.path("w.json"), "--config", path}; };
  };
  check_cases({
      {"missing config", with_config("/nonexistent/c.json"), {"/nonexistent/c.json: found no such file"}},
      {"a folder for a config", with_config("/tmp"), {"/tmp: found a folder"}},
      {"an unreadable file", with_config("/proc/self/mem"), {"/proc/self/mem: found "}},
      {"a device for a config", with_config("/dev/null"), {"/dev/null: found a device"}},
      {"a dangling symbolic link",
       [](const workplace& here) {
         std::filesystem::create_symlink("/nonexistent/w.json", here.path("link.json"));
         return words{"run", here.path("link.json")};
       },
       {"link.json: found no such file"}},
      {"an empty file name",
       [](const workplace&) {
         return words{"run", ""};
       },
       {"found"}},
      {"line breaks in a file name",
       [](const workplace&) {
         return words{"run", "a\nb\r\x1b[31m"};
       },
       {"a\\nb\\r\\x1b[31m"}},
      {"missing trace", options({"--trace", "/nonexistent/t"}), {"/nonexistent/t: found No such file"}},
      {"a folder for a trace", options({"--trace", "/tmp"}), {"/tmp: found a directory"}},
      {"a device for a trace", options({"--trace", "/dev/zero"}), {"/dev/zero: found not a regular file"}},
      {"empty trace", file_of("t.safetensors", ""), {"t.safetensors: found an empty file"}},
      {"trace info of nothing",
       [](const workplace&) {
         return words{"trace", "info", "/nonexistent/t"};
       },
       {"/nonexistent/t"}},
      {"--out that is a file",
       [](const workplace& here) {
         return here.run({"--out", here.path("c.json")});
       },
       {"c.json: found"}},
      {"--out below a file",
       [](const workplace& here) {
         return here.run({"--out", here.path("c.json/x")});
       },
       {"c.json/x: found"}},
      {"--out where no folder can be", options({"--out", "/proc/nowhere"}), {"/proc/nowhere: found"}},
  });
}

TEST_CASE("bad input: --set and other options") {
  check_cases({
      {"unknown key", options({"--set", "grid.row=4"}), {"--set grid.row=4: /grid/row", "did you mean \"rows\"?"}},
      {"removed unknown key", options({"--set", "gird=null"}), {"unknown key \"gird\""}},
      {"removed required key", options({"--set", "grid=null"}), {"/grid: found no key \"grid\""}},
      {"no equals sign", options({"--set", "grid.rows"}), {"--set grid.rows: found no \"=\", expected KEY=VALUE"}},
      {"no key", options({"--set", "=4"}), {"found an empty key"}},
      {"broken JSON", options({"--set", "mapping.block=[4,"}), {"--set mapping.block=[4,"}},
      {"value of a wrong type",
       options({"--set", "grid.rows=many"}),
       {"--set grid.rows=many: /grid/rows: found \"many\""}},
      {"into a number", options({"--set", "clock_mhz.x=1"}), {"clock_mhz"}},
      {"unknown engine", options({"--engine", "quick"}), {"--engine: found \"quick\", expected one of"}},
      {"glob without match", options({"--layers", "conv*"}), {"--layers: found \"conv*\"", "such as \"c\""}},
      {"a trace from standard input",
       options({"--trace", "-"}),
       {"-: found the standard input, which cannot be mapped"}},
      {"empty glob", options({"--layers", ""}), {"--layers: found \"\""}},
      {"values of a fast run", options({"--engine", "fast", "--values"}), {"--values"}},
  });
}

TEST_CASE("bad input: workload") {
  check_cases({
      {"misspelt key",
       edit("w.json", "in_channels", "in_chanels"),
       {"/layers/0/in_chanels", "did you mean \"in_channels\"?"}},
      {"unknown layer type",
       edit("w.json", "conv2d", "conv3d"),
       {"/layers/0/type: found \"conv3d\"", "did you mean \"conv2d\"?"}},
      {"no layers",
       edit("w.json", std::string(sound_workload.substr(sound_workload.find("[\n"))), "[] }"),
       {"/layers: found an array of 0 elements"}},
      {"kernel larger than the padded input",
       edit("w.json", "[3, 3]", "[7, 7]"),
       {"/layers/0/kernel: found [7, 7], expected at most [6, 6], the padded input"}},
      {"stride of zero", edit("w.json", "\"stride\": [1, 1]", "\"stride\": [0, 1]"), {"/layers/0/stride/0: found 0"}},
      {"three sizes", edit("w.json", "\"input_size\": [4, 4]", "\"input_size\": [4, 4, 4]"), {"/layers/0/input_size"}},
      {"groups that divide nothing", edit("w.json", "\"groups\": 1", "\"groups\": 3"), {"/layers/0/groups: found 3"}},
      {"unknown operation",
       edit("w.json", "mul-add", "mul-ad"),
       {"/layers/0/epilogue/0/op", "did you mean \"mul-add\"?"}},
      {"threshold beyond fp16", edit("w.json", "0.01", "1e300"), {"/layers/0/epilogue/1/threshold: found 1e+300"}},
      {"duplicate layer names",
       [](const workplace& here) {
         const std::string layer = R"({ "name": "c", "type": "linear", "in_features": 1, "out_features": 1 }, )";
         here.replace("w.json", "{ \"name\": \"c\"", layer + "{ \"name\": \"c\"");
         return here.run();
       },
       {"/layers/1/name: found \"c\", expected a name of its own: /layers/0 has this one"}},
      {"tensors too large",
       file_of("w.json", R"({"name": "w", "batch": 65536, "layers": [{"name": "c", "type": "conv2d",
         "in_channels": 65536, "out_channels": 65536, "input_size": [65536, 65536], "kernel": [1, 1]}]})"),
       {"/layers/0: found activations of 65536 x 65536 x 65536 x 65536 elements"}},
      {"traced operands without a trace",
       file_of("w.json", R"({"name": "w", "layers": [{"name": "c", "type": "linear",
         "in_features": 1, "out_features": 1, "operands": {"weights": {"source": "trace"}}}]})"),
       {"/layers/0 (c): found weights from a trace, and no trace"}},
  });
}

TEST_CASE("bad input: the container of a trace") {
  const auto one = [](const char* shape, const char* offsets, const char* dtype = "U8") {
    return fmt::format(R"({{"a":{{"dtype":"{}","shape":{},"data_offsets":{}}}}})", dtype, shape, offsets);
  };
  const std::string two = R"({{"a":{{"dtype":"U8","shape":[4],"data_offsets":[0,4]}},)"
                          R"("b":{{"dtype":"U8","shape":[4],"data_offsets":[{},{}]}}}})";
  check_cases({
      {"truncated data",
       [](const workplace& here) {
         const std::string bytes = sound_trace();
         here.write("t.safetensors", bytes.substr(0, bytes.size() - 1));
         return here.run();
       },
       {"t.safetensors: c.bias: found data_offsets"}},
      {"truncated header", file_of("t.safetensors", sound_trace().substr(0, 40)), {"found a header length of"}},
      {"seven bytes", file_of("t.safetensors", "1234567"), {"found 7 bytes"}},
      {"header length 2^63",
       file_of("t.safetensors", safetensors_bytes(std::uint64_t{1} << 63U, "{}", "")),
       {"found a header length of 9223372036854775808 bytes"}},
      {"header length 0", file_of("t.safetensors", safetensors_bytes("", "")), {"found a header length of 0"}},
      {"header that is no JSON", trace_file("hello", ""), {"t.safetensors: header: line 1"}},
      {"header that is an array", trace_file("[]", ""), {"header: found JSON of type array"}},
      {"deep nesting", trace_file(std::string(100000, '['), ""), {"more than 64 levels of nesting"}},
      {"duplicate tensor",
       trace_file(R"({"a":{"dtype":"U8","shape":[0],"data_offsets":[0,0]},)"
                  R"("a":{"dtype":"U8","shape":[0],"data_offsets":[0,0]}})",
                  ""),
       {"/a: found a second"}},
      {"overlapping offsets",
       trace_file(fmt::format(fmt::runtime(two), 3, 7), "1234567"),
       {"b: found data that overlaps tensor \"a\""}},
      {"hole between tensors",
       trace_file(fmt::format(fmt::runtime(two), 5, 9), "123456789"),
       {"b: found 1 bytes before it"}},
      {"trailing bytes", file_of("t.safetensors", sound_trace() + "x"), {"found 1 bytes after the last tensor"}},
      {"offsets backwards", trace_file(one("[4]", "[4,0]"), "1234"), {"a: found data_offsets [4, 0]"}},
      {"negative offset", trace_file(one("[4]", "[-4,0]"), "1234"), {"a: found data_offsets that are no pair"}},
      {"product of the shape overflows",
       trace_file(one("[4294967296,4294967296]", "[0,4]"), "1234"),
       {"a: found shape [4294967296, 4294967296]"}},
      {"bytes that do not fit the shape",
       trace_file(one("[3]", "[0,4]"), "1234"),
       {"a: found data_offsets of 4 bytes"}},
      {"unknown dtype", trace_file(one("[4]", "[0,4]", "F8"), "1234"), {"c.activations: found no tensor of this name"}},
  });
}

TEST_CASE("bad input: the tensors of a trace") {
  const auto changed = [](const std::string& good, std::size_t index, float value) {
    std::string bytes = good;
    std::memcpy(bytes.data() + index * sizeof(value), &value, sizeof(value));
    return bytes;
  };
  const float nan = std::nanf("");
  const float infinity = std::numeric_limits<float>::infinity();
  const auto tensors = [](const std::string& bytes, const words& more = {}) {
    return file_of("t.safetensors", bytes, more);
  };
  const auto weights = [](const char* dtype, const char* shape, std::size_t bytes) {
    return trace_builder()
        .add("c.activations", "F32", "1, 2, 4, 4", sound_activations)
        .add("c.weights", dtype, shape, std::string(bytes, '\0'))
        .bytes();
  };
  const auto packed = [](const std::string& codes) {
    return trace_builder()
        .add("c.activations", "F32", "1, 2, 4, 4", sound_activations)
        .add_packed("c.weights.t2", "2, 2, 3, 3", codes)
        .bytes();
  };
  check_cases({
      {"missing tensor",
       edit("t.safetensors", "c.weights", "c.weighs_"),
       {"t.safetensors: c.weights: found no tensor of this name", "c.weights.t2, packed U8"}},
      {"missing constants of a run with values",
       tensors(weights("I8", "2, 2, 3, 3", 36), {"--values"}),
       {"c.bias: found no tensor"}},
      {"wrong dtype of weights",
       tensors(weights("F32", "2, 2, 3, 3", 144)),
       {"c.weights: found format F32, expected I8"}},
      {"shape of another layer",
       tensors(weights("I8", "2, 2, 3, 2", 24)),
       {"c.weights: found shape [2, 2, 3, 2], expected [2, 2, 3, 3]"}},
      {"NaN", tensors(trace_of(changed(sound_activations, 31, nan), sound_weights)), {"c.activations[31]: found NaN"}},
      {"infinity",
       tensors(trace_of(changed(sound_activations, 0, -infinity), sound_weights)),
       {"c.activations[0]: found -infinity"}},
      {"infinite scale of a run with values",
       tensors(trace_of(sound_activations, sound_weights, changed(two_floats, 1, infinity)), {"--values"}),
       {"c.scale[1]: found infinity"}},
      {"weight of 2",
       tensors(trace_of(sound_activations, sound_weights.substr(1) + "\x02")),
       {"c.weights[35]: found 2"}},
      {"code 3 in packed weights",
       tensors(packed(std::string(8, '\x55') + "\xd5")),
       {"c.weights.t2[35]: found code 3"}},
      {"packed weights too short",
       tensors(packed(std::string(8, '\x55'))),
       {"c.weights.t2: found 8 bytes, expected 9"}},
      {"trace check finds a NaN",
       [&](const workplace& here) {
         here.write("t.safetensors", trace_of(changed(sound_activations, 7, nan), sound_weights));
         return words{"trace", "check", here.path("t.safetensors")};
       },
       {"c.activations[7]: found NaN"}},
  });
}

}  // namespace
}  // namespace dlac::test
