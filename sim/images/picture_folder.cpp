// A folder of pictures, PNG or JPEG: a folder for each class, numbered in the order of their names; or such folders
// within `test` or `val`, with those of `train` for the others.

#include <fmt/format.h>
#include <png.h>
#include <turbojpeg.h>

#include <algorithm>
#include <array>
#include <filesystem>
#include <memory>
#include <utility>

#include "sim/core/error.h"
#include "sim/core/file_io.h"
#include "sim/core/stop.h"
#include "sim/images/labelled_images.h"

namespace dlac {
namespace {

namespace fs = std::filesystem;

constexpr std::uint64_t most_picture_bytes = std::uint64_t{1} << 30U;
constexpr std::uint64_t most_pictures = 10'000'000;

/// A picture's pixels, channel after channel, as bytes / 255.
void take_pixels(const std::vector<std::uint8_t>& pixels, std::uint64_t channels, std::span<float> values) {
  const std::size_t plane = values.size() / channels;
  for (std::size_t i = 0; i < values.size(); ++i) {
    values[i] = static_cast<float>(pixels[i % plane * channels + i / plane]) / 255.0F;
  }
}

/// Grey pictures become colours where the network takes three channels.
void expect_picture(const std::string& file, const image_extents& found, const image_extents& expected) {
  image_extents as_taken = found;
  as_taken.channels = std::max(found.channels, std::min<std::uint64_t>(expected.channels, 3));
  expect_extents(file, as_taken, expected);
}

class png_picture {
 public:
  png_picture(const std::string& file, const std::string& bytes) : file_(file) {
    image_.version = PNG_IMAGE_VERSION;
    check(png_image_begin_read_from_memory(&image_, bytes.data(), bytes.size()));
  }
  ~png_picture() { png_image_free(&image_); }
  png_picture(const png_picture&) = delete;
  png_picture& operator=(const png_picture&) = delete;

  void read(const image_extents& extents, std::span<float> values) {
    if ((image_.format & PNG_FORMAT_FLAG_ALPHA) != 0) {
      throw input_error(file_, "", "a picture that is transparent", "one without an alpha channel");
    }
    const bool has_colours = (image_.format & PNG_FORMAT_FLAG_COLOR) != 0;
    expect_picture(file_, {has_colours ? 3U : 1U, image_.height, image_.width}, extents);
    image_.format = extents.channels == 3 ? PNG_FORMAT_RGB : PNG_FORMAT_GRAY;
    std::vector<std::uint8_t> pixels(PNG_IMAGE_SIZE(image_));
    check(png_image_finish_read(&image_, nullptr, pixels.data(), 0, nullptr));
    take_pixels(pixels, extents.channels, values);
  }

 private:
  void check(int is_done) const {
    if (is_done == 0 || PNG_IMAGE_FAILED(image_)) {
      throw input_error(file_, "", fmt::format("no sound PNG ({})", std::string(&image_.message[0])), "a picture");
    }
  }

  const std::string& file_;
  png_image image_{};
};

void read_jpeg(const std::string& file, const std::string& bytes, const image_extents& extents,
               std::span<float> values) {
  const std::unique_ptr<void, int (*)(void*)> decoder(tjInitDecompress(), tjDestroy);
  const auto check = [&](int result) {
    if (result != 0) {
      throw input_error(file, "", fmt::format("no sound JPEG ({})", tjGetErrorStr2(decoder.get())), "a picture");
    }
  };
  const auto* const data = reinterpret_cast<const unsigned char*>(bytes.data());
  int width = 0;
  int height = 0;
  int subsampling = 0;
  int colours = 0;
  check(tjDecompressHeader3(decoder.get(), data, bytes.size(), &width, &height, &subsampling, &colours));
  if (width < 1 || height < 1) {
    throw input_error(file, "", "no sound JPEG (it has no size)", "a picture");
  }
  const bool is_grey = colours == TJCS_GRAY;
  expect_picture(file, {is_grey ? 1U : 3U, static_cast<std::uint64_t>(height), static_cast<std::uint64_t>(width)},
                 extents);
  std::vector<std::uint8_t> pixels(extents.elements());
  check(tjDecompress2(decoder.get(), data, bytes.size(), pixels.data(), width, 0, height,
                      extents.channels == 3 ? TJPF_RGB : TJPF_GRAY, TJFLAG_ACCURATEDCT));
  take_pixels(pixels, extents.channels, values);
}

class pictures : public labelled_images {
 public:
  struct picture {
    std::string file;
    std::uint32_t label = 0;
  };
  pictures(std::vector<picture> files, const image_extents& extents) : files_(std::move(files)), extents_(extents) {}

  [[nodiscard]] std::size_t count() const override { return files_.size(); }
  [[nodiscard]] std::uint32_t label(std::size_t index) const override { return files_[index].label; }
  void read(std::size_t index, std::span<float> values) const override {
    const std::string& file = files_[index].file;
    const std::string bytes = read_file(file, "a picture", most_picture_bytes);
    if (bytes.starts_with("\x89PNG")) {
      png_picture(file, bytes).read(extents_, values);
    } else if (bytes.starts_with("\xff\xd8")) {
      read_jpeg(file, bytes, extents_, values);
    } else {
      throw input_error(file, "", "neither a PNG nor a JPEG", "a picture");
    }
  }

 private:
  std::vector<picture> files_;
  image_extents extents_;
};

std::vector<fs::path> sorted_entries(const fs::path& folder, bool folders) {
  std::vector<fs::path> entries;
  std::error_code error;
  for (fs::directory_iterator at(folder, error), end; !error && at != end; at.increment(error)) {
    heed_stop();
    const bool is_hidden = at->path().filename().string().starts_with('.');
    if (!is_hidden && (folders ? at->is_directory(error) : at->is_regular_file(error))) {
      entries.push_back(at->path());
    }
    if (entries.size() > most_pictures) {
      throw input_error(folder.string(), "", fmt::format("more than {} files", most_pictures), "fewer");
    }
  }
  std::sort(entries.begin(), entries.end());
  return entries;
}

bool is_picture(const fs::path& file) {
  std::string ending = file.extension().string();
  std::transform(ending.begin(), ending.end(), ending.begin(), [](unsigned char c) { return std::tolower(c); });
  return ending == ".png" || ending == ".jpg" || ending == ".jpeg";
}

/// Nothing where no class has a picture.
std::unique_ptr<labelled_images> read_classes(const fs::path& folder, const image_extents& extents) {
  std::vector<pictures::picture> found;
  std::uint32_t label = 0;
  for (const fs::path& one : sorted_entries(folder, true)) {
    for (const fs::path& file : sorted_entries(one, false)) {
      if (is_picture(file)) {
        found.push_back({file.string(), label});
      }
    }
    ++label;
  }
  return found.empty() ? nullptr : std::make_unique<pictures>(std::move(found), extents);
}

}  // namespace

image_data open_picture_folder(const std::string& path, const image_extents& extents, image_sets wanted) {
  image_data result{.kind = "folder of pictures", .tested = nullptr, .others = nullptr};
  const fs::path folder(path);
  for (const char* const name : {"test", "val"}) {
    std::error_code error;
    if (!result.tested && fs::is_directory(folder / name, error)) {
      result.tested = read_classes(folder / name, extents);
      result.others = wanted == image_sets::both ? read_classes(folder / "train", extents) : nullptr;
    }
  }
  if (!result.tested) {
    result.tested = read_classes(folder, extents);
  }
  if (!result.tested) {
    throw input_error(path, "", "no images",
                      "t10k-images-idx3-ubyte(.gz), test_batch.bin, or a folder of PNG or JPEG files for each class");
  }
  return result;
}

}  // namespace dlac
