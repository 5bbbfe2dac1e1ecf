#include "sim/images/labelled_images.h"

#include <fmt/format.h>

#include <filesystem>
#include <system_error>
#include <utility>

#include "sim/core/error.h"

namespace dlac {

std::string to_string(const image_extents& extents) {
  return fmt::format("[{}, {}, {}]", extents.channels, extents.height, extents.width);
}

image_data open_images(const std::string& path, const image_extents& extents, image_sets wanted) {
  std::error_code error;
  const auto status = std::filesystem::status(path, error);
  if (std::filesystem::is_directory(status)) {
    return is_idx_folder(path)     ? open_idx_images(path, extents, wanted)
           : is_cifar_folder(path) ? open_cifar_images(path, extents, wanted)
                                   : open_picture_folder(path, extents, wanted);
  }
  if (!std::filesystem::exists(status)) {
    throw input_error(path, "", "nothing of this name",
                      "a folder of IDX or CIFAR-10 files or of pictures, or a safetensors file");
  }
  return open_safetensors_images(path, extents, wanted);
}

held_images::held_images(std::vector<std::uint8_t> bytes, std::vector<std::uint8_t> labels)
    : bytes_(std::move(bytes)), labels_(std::move(labels)) {}

void held_images::read(std::size_t index, std::span<float> values) const {
  const std::uint8_t* const image = bytes_.data() + index * values.size();
  for (std::size_t i = 0; i < values.size(); ++i) {
    values[i] = static_cast<float>(image[i]) / 255.0F;
  }
}

void expect_extents(const std::string& file, const image_extents& found, const image_extents& expected) {
  if (found != expected) {
    throw input_error(file, "", fmt::format("images of {} (channels, height, width)", to_string(found)),
                      fmt::format("{}, which the network takes", to_string(expected)));
  }
}

}  // namespace dlac
