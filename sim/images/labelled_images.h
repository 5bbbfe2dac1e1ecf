#pragma once
// Images with labels, in the files that data sets come in: IDX (MNIST, Fashion-MNIST), CIFAR-10's binary files, a
// safetensors file, a folder of pictures for each class. Nothing in them is trusted.

#include <cstddef>
#include <cstdint>
#include <memory>
#include <span>
#include <string>
#include <vector>

namespace dlac {

/// Of an image, which a file has as [channels, height, width] or is rearranged to.
struct image_extents {
  std::uint64_t channels = 0;
  std::uint64_t height = 0;
  std::uint64_t width = 0;

  [[nodiscard]] std::uint64_t elements() const { return channels * height * width; }
  friend bool operator==(const image_extents&, const image_extents&) = default;
};
/// "[3, 32, 32]".
std::string to_string(const image_extents& extents);

class labelled_images {
 public:
  labelled_images() = default;
  labelled_images(const labelled_images&) = delete;
  labelled_images& operator=(const labelled_images&) = delete;
  virtual ~labelled_images() = default;

  [[nodiscard]] virtual std::size_t count() const = 0;
  [[nodiscard]] virtual std::uint32_t label(std::size_t index) const = 0;
  /// Bytes as byte / 255, floats as they are. Several threads may read at a time. Throws input_error.
  virtual void read(std::size_t index, std::span<float> values) const = 0;
  /// Whether they are pictures, with pixels from 0 to 1; else what a network takes already.
  [[nodiscard]] virtual bool are_pictures() const { return true; }
};

/// What a data set offers.
struct image_data {
  std::string kind;                         ///< "IDX", "CIFAR-10", "safetensors", "folder of pictures"
  std::unique_ptr<labelled_images> tested;  ///< the set's own test images, where it says which; else all
  std::unique_ptr<labelled_images>
      others;  ///< those to train with; none where the set does not say which, or nobody asked
};

enum class image_sets { tested, both };

/// `path` is a file or a folder, `extents` what its images must be like: colours are never made grey, and nothing is
/// resized. Throws input_error.
image_data open_images(const std::string& path, const image_extents& extents, image_sets wanted = image_sets::both);

// The kinds, each for paths that look like it.
bool is_idx_folder(const std::string& path);
image_data open_idx_images(const std::string& path, const image_extents& extents, image_sets wanted);
bool is_cifar_folder(const std::string& path);
image_data open_cifar_images(const std::string& path, const image_extents& extents, image_sets wanted);
image_data open_safetensors_images(const std::string& path, const image_extents& extents, image_sets wanted);
image_data open_picture_folder(const std::string& path, const image_extents& extents, image_sets wanted);

/// Images whose bytes are in memory, one after the other.
class held_images : public labelled_images {
 public:
  held_images(std::vector<std::uint8_t> bytes, std::vector<std::uint8_t> labels);

  [[nodiscard]] std::size_t count() const override { return labels_.size(); }
  [[nodiscard]] std::uint32_t label(std::size_t index) const override { return labels_[index]; }
  void read(std::size_t index, std::span<float> values) const override;

 private:
  std::vector<std::uint8_t> bytes_;
  std::vector<std::uint8_t> labels_;
};

/// Throws where the file's images are others than the network takes.
void expect_extents(const std::string& file, const image_extents& found, const image_extents& expected);

}  // namespace dlac
