// CIFAR-10's binary version: records of a label and 3 x 32 x 32 bytes; test_batch.bin, and data_batch_1.bin to _5 for
// the others.

#include <fmt/format.h>

#include <filesystem>
#include <string_view>
#include <utility>

#include "sim/core/error.h"
#include "sim/core/file_io.h"
#include "sim/core/stop.h"
#include "sim/images/labelled_images.h"

namespace dlac {
namespace {

constexpr image_extents cifar_extents{3, 32, 32};
constexpr std::uint64_t record_bytes = 1 + 3 * 32 * 32;
constexpr std::uint64_t most_batch_bytes = std::uint64_t{1} << 33U;
constexpr std::uint8_t classes = 10;

void add_batch(const std::string& path, std::vector<std::uint8_t>& bytes, std::vector<std::uint8_t>& labels) {
  heed_stop();
  const std::string batch = read_file(path, "a file of CIFAR-10", most_batch_bytes);
  if (batch.empty() || batch.size() % record_bytes != 0) {
    throw input_error(path, "", fmt::format("{} bytes", batch.size()),
                      fmt::format("records of {} bytes, one at least", record_bytes));
  }
  for (std::size_t at = 0; at < batch.size(); at += record_bytes) {
    const auto label = static_cast<std::uint8_t>(batch[at]);
    if (label >= classes) {
      throw input_error(path, fmt::format("record {}", at / record_bytes), fmt::format("label {}", label),
                        "one from 0 to 9");
    }
    labels.push_back(label);
    bytes.insert(bytes.end(), batch.begin() + static_cast<std::ptrdiff_t>(at) + 1,
                 batch.begin() + static_cast<std::ptrdiff_t>(at + record_bytes));
  }
}

std::string in_folder(const std::string& folder, std::string_view name) {
  return (std::filesystem::path(folder) / name).string();
}

}  // namespace

bool is_cifar_folder(const std::string& path) {
  std::error_code error;
  return std::filesystem::exists(in_folder(path, "test_batch.bin"), error);
}

image_data open_cifar_images(const std::string& path, const image_extents& extents, image_sets wanted) {
  expect_extents(path, cifar_extents, extents);
  std::vector<std::uint8_t> bytes;
  std::vector<std::uint8_t> labels;
  add_batch(in_folder(path, "test_batch.bin"), bytes, labels);
  image_data result{.kind = "CIFAR-10",
                    .tested = std::make_unique<held_images>(std::move(bytes), std::move(labels)),
                    .others = nullptr};
  bytes.clear();
  labels.clear();
  for (int batch = 1; wanted == image_sets::both && batch <= 5; ++batch) {
    const std::string file = in_folder(path, fmt::format("data_batch_{}.bin", batch));
    std::error_code error;
    if (std::filesystem::exists(file, error)) {
      add_batch(file, bytes, labels);
    }
  }
  if (!labels.empty()) {
    result.others = std::make_unique<held_images>(std::move(bytes), std::move(labels));
  }
  return result;
}

}  // namespace dlac
