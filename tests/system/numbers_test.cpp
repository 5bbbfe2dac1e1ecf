// `dlac numbers`: files of tensors in a number format, and the values of formats.

#include <doctest/doctest.h>
#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <filesystem>
#include <string>
#include <vector>

#include "sim/trace/safetensors.h"
#include "sim/trace/tensor_data.h"
#include "tests/system/run_program.h"
#include "tests/unit/bad_input.h"
#include "tests/unit/trace_file.h"

namespace dlac::test {
namespace {

using floats = std::vector<float>;

std::string sample() {
  return trace_builder()
      .add("c.weights", "F32", "2, 2, 1, 1", raw<float>({1, -0.3F, 2, 0}))
      .add("c.activations", "F16", "1, 2, 1, 1", raw<std::uint16_t>({0x3C00, 0x4500}))  // 1, 5
      .add("c.codes", "I8", "3", raw<std::int8_t>({-1, 0, 1}))
      .bytes();
}

floats values_in(const std::string& path, const std::string& tensor) {
  const safetensors_file file(path);
  const tensor_view* const found = file.find(tensor);
  REQUIRE(found != nullptr);
  return float_values(*found);
}

void check_refused(const finished_program& finished, const std::string& piece) {
  CHECK(finished.exit_code == 2);
  CHECK(finished.out.empty());
  CHECK_MESSAGE(finished.err.find(piece) != std::string::npos, finished.err);
  CHECK(std::count(finished.err.begin(), finished.err.end(), '\n') == 1);
}

}  // namespace

TEST_CASE("numbers: convert writes what is held, copies the others, and tells what became of them") {
  const temporary_folder folder;
  const auto in = folder.file("in.safetensors", sample());
  const auto out = folder.path("out.safetensors");
  const auto done = run_program(
      {"numbers", "convert", in, out, "--format", R"({"fixed": {"bits": 4, "fraction_bits": 1}})", "--codes"});
  CHECK(done.exit_code == 0);
  CHECK(done.err.empty());
  CHECK(done.out.find("4 bits an element") != std::string::npos);
  CHECK(values_in(out, "c.weights") == floats{1, -0.5F, 2, 0});
  CHECK(values_in(out, "c.activations") == floats{1, 3.5F});
  CHECK(values_in(out, "c.codes") == floats{-1, 0, 1});
  const safetensors_file file(out);
  CHECK(file.find("c.weights")->dtype == tensor_dtype::f32);
  CHECK(file.find("c.activations")->dtype == tensor_dtype::f32);
  CHECK(file.find("c.weights.codes")->dtype_name == "I32");
  CHECK(values_in(out, "c.weights.scales") == floats{0.5F});
  // tensor, role, elements, zeros, zeros made, saturated, SQNR: 1 + 0.09 + 4 against 0.04.
  CHECK(done.out.find(fmt::format("c.weights      weights             4      1           0          0     {:.1f}\n",
                                  10 * std::log10(5.09 / 0.04))) != std::string::npos);
  CHECK(done.out.find("c.activations  activations         2      0           0          1") != std::string::npos);
}

TEST_CASE("numbers: convert by glob and role, onto the file itself") {
  const temporary_folder folder;
  const auto in = folder.file("in.safetensors", sample());
  CHECK(run_program(
            {"numbers", "convert", in, in, "--format", R"({"ternary": {"scale": "one"}})", "--tensor", "*.weights"})
            .exit_code == 0);
  CHECK(values_in(in, "c.weights") == floats{1, 0, 1, 0});
  CHECK(values_in(in, "c.activations") == floats{1, 5});
  CHECK(safetensors_file(in).find("c.activations")->dtype == tensor_dtype::f16);
  // As activations the largest saturate.
  const auto out = folder.path("out.safetensors");
  CHECK(run_program({"numbers", "convert", in, out, "--format", R"({"fixed": {"bits": 8}})", "--role", "weights"})
            .exit_code == 0);
  CHECK(values_in(out, "c.activations") == floats{1, 5});
  CHECK(run_program({"numbers", "convert", in, out, "--format", R"({"fixed": {"bits": 8}})"}).exit_code == 0);
  CHECK(values_in(out, "c.activations") == floats{1, 3.96875F});
}

TEST_CASE("numbers: mistakes are one line, and leave nothing behind") {
  const temporary_folder folder;
  const auto in = folder.file("in.safetensors", sample());
  const auto out = folder.path("out.safetensors");
  const auto convert = [&](const std::string& format, const std::vector<std::string>& more = {}) {
    std::vector<std::string> words = {"numbers", "convert", in, out, "--format", format};
    words.insert(words.end(), more.begin(), more.end());
    return run_program(words);
  };
  check_refused(convert("fp9"), R"(--format: found "fp9", expected one of "fp32")");
  check_refused(convert(R"({"fixed": {"bits": 33}})"),
                "--format: /fixed/bits: found 33, expected an integer from 2 to 16");
  check_refused(convert("ternary"), "in.safetensors: c.weights[1]: found -0.3, expected -1, 0 or 1");
  check_refused(convert("fp16", {"--tensor", "d.*"}),
                R"(no tensor of F32 or F16 to convert, expected one whose name matches "d.*")");
  check_refused(convert("fp16", {"--role", "weight"}),
                R"(--role: found "weight", expected one of "weights", "activations" or "gradients")");
  check_refused(run_program({"numbers", "convert", in, out}), "found no --format");
  check_refused(run_program({"numbers", "convert", in, out + "/x", "--format", "fp16"}), out);
  check_refused(run_program({"numbers", "convert", out, in, "--format", "fp16"}), "No such file or directory");
  check_refused(run_program({"numbers", "make"}), R"(found "make", expected one of "convert" or "table")");
  check_refused(run_program({"numbers", "table", "fp32"}), "32 bits, expected at most 16");
  check_refused(run_program({"numbers"}), "found no convert|table");
  CHECK(!std::filesystem::exists(out));
  const auto taken = folder.file(
      "taken.safetensors",
      trace_builder().add("c", "F32", "1", raw<float>({1})).add("c.codes", "F32", "1", raw<float>({1})).bytes());
  check_refused(run_program({"numbers", "convert", taken, out, "--format", R"({"fixed": {"bits": 4}})", "--codes"}),
                "c.codes: found a tensor of this name, expected none, because --codes writes it");
  CHECK(!std::filesystem::exists(out));
}

TEST_CASE("numbers: table") {
  const auto table = run_program({"numbers", "table", R"({"fixed": {"bits": 2, "fraction_bits": 1}})"});
  CHECK(table.exit_code == 0);
  CHECK(table.out.ends_with("\n\ncode  value\n-2       -1\n-1     -0.5\n0         0\n1       0.5\n"));
  CHECK(run_program({"numbers", "table", "--help"}).out.starts_with("Usage: dlac numbers table FORMAT"));
  CHECK(run_program({"numbers", "--help"}).exit_code == 0);
}

}  // namespace dlac::test
