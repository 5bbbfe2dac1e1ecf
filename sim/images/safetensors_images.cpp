// A safetensors file with the tensors `images` [n, channels, height, width] (floats as the network takes them, or
// bytes) and `labels` [n]; `calibration_images`, where there are such, are those to calibrate with.

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <cstring>
#include <utility>

#include "sim/core/error.h"
#include "sim/core/text.h"
#include "sim/images/labelled_images.h"
#include "sim/trace/safetensors.h"
#include "sim/trace/tensor_data.h"

namespace dlac {
namespace {

constexpr std::uint64_t most_labels = std::uint64_t{1} << 32U;

const tensor_view& expect_tensor(const safetensors_file& file, const std::string& name, const std::string& expected) {
  const tensor_view* const tensor = file.find(name);
  if (tensor == nullptr) {
    throw input_error(file.path(), name, "no tensor of this name", expected);
  }
  return *tensor;
}

/// Of n images.
const tensor_view& expect_images(const safetensors_file& file, const std::string& name, const image_extents& extents) {
  const tensor_view& tensor = expect_tensor(file, name, "images [n, channels, height, width]");
  const bool has_numbers =
      tensor.dtype == tensor_dtype::f32 || tensor.dtype == tensor_dtype::f16 || tensor.dtype == tensor_dtype::u8;
  if (!has_numbers || packing_of(tensor) != packing::none) {
    throw input_error(file.path(), name, fmt::format("a tensor of {}", tensor.dtype_name), "F32, F16 or U8");
  }
  const std::vector<std::uint64_t>& shape = tensor.shape;
  if (shape.size() != 4 || image_extents{shape[1], shape[2], shape[3]} != extents || shape[0] == 0) {
    throw input_error(
        file.path(), name, "shape " + shape_text(shape),
        fmt::format("[n, {}, {}, {}], which the network takes", extents.channels, extents.height, extents.width));
  }
  return tensor;
}

/// Labels are integers, of 8 bits or as PyTorch has them.
std::vector<std::uint32_t> read_labels(const safetensors_file& file, std::uint64_t images) {
  const tensor_view& tensor = expect_tensor(file, "labels", "labels [n]");
  const std::size_t bytes = tensor.dtype_name == "I64"   ? 8
                            : tensor.dtype_name == "I32" ? 4
                            : tensor.dtype_name == "U8"  ? 1
                                                         : 0;
  if (bytes == 0) {
    throw input_error(file.path(), "labels", fmt::format("a tensor of {}", tensor.dtype_name), "U8, I32 or I64");
  }
  if (tensor.shape != std::vector<std::uint64_t>{images}) {
    throw input_error(file.path(), "labels", "shape " + shape_text(tensor.shape),
                      fmt::format("[{}], as many as there are images", images));
  }
  return file.reading([&] {
    std::vector<std::uint32_t> labels;
    labels.reserve(images);
    for (std::uint64_t i = 0; i < images; ++i) {
      std::int64_t wide = 0;
      std::int32_t narrow = 0;
      std::uint8_t byte = 0;
      const std::byte* const from = tensor.data.data() + i * bytes;
      switch (bytes) {
        case 8:
          std::memcpy(&wide, from, bytes);
          break;
        case 4:
          std::memcpy(&narrow, from, bytes);
          wide = narrow;
          break;
        default:
          std::memcpy(&byte, from, bytes);
          wide = byte;
      }
      if (wide < 0 || wide >= static_cast<std::int64_t>(most_labels)) {
        throw input_error(file.path(), fmt::format("labels[{}]", i), fmt::format("{}", wide), "0 or more");
      }
      labels.push_back(static_cast<std::uint32_t>(wide));
    }
    return labels;
  });
}

class tensor_images : public labelled_images {
 public:
  tensor_images(std::shared_ptr<const safetensors_file> file, const tensor_view& images,
                std::vector<std::uint32_t> labels)
      : file_(std::move(file)), images_(images), labels_(std::move(labels)) {}

  [[nodiscard]] std::size_t count() const override { return images_.shape.front(); }
  [[nodiscard]] std::uint32_t label(std::size_t index) const override { return labels_.empty() ? 0 : labels_[index]; }
  [[nodiscard]] bool are_pictures() const override { return images_.dtype == tensor_dtype::u8; }
  void read(std::size_t index, std::span<float> values) const override {
    tensor_view image = images_;
    image.shape = {values.size()};
    const std::size_t bytes = values.size() * bytes_per_element(images_.dtype);
    image.data = images_.data.subspan(index * bytes, bytes);
    const std::vector<float> read = file_->reading([&] { return float_values(image); });
    const float unit = images_.dtype == tensor_dtype::u8 ? 255.0F : 1.0F;
    for (std::size_t i = 0; i < values.size(); ++i) {
      values[i] = read[i] / unit;
      if (!std::isfinite(values[i])) {
        throw input_error(file_->path(), fmt::format("{}[{}], element {}", images_.name, index, i),
                          std::isnan(values[i]) ? "NaN" : "infinity", "a finite number");
      }
    }
  }

 private:
  std::shared_ptr<const safetensors_file> file_;
  const tensor_view& images_;
  std::vector<std::uint32_t> labels_;
};

}  // namespace

image_data open_safetensors_images(const std::string& path, const image_extents& extents, image_sets wanted) {
  const auto file = std::make_shared<const safetensors_file>(path);
  const tensor_view& images = expect_images(*file, "images", extents);
  image_data result{.kind = "safetensors",
                    .tested = std::make_unique<tensor_images>(file, images, read_labels(*file, images.shape.front())),
                    .others = nullptr};
  if (wanted == image_sets::both && file->find("calibration_images") != nullptr) {
    result.others = std::make_unique<tensor_images>(file, expect_images(*file, "calibration_images", extents),
                                                    std::vector<std::uint32_t>());
  }
  return result;
}

}  // namespace dlac
