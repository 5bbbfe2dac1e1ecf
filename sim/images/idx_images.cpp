// IDX files as MNIST and those after it have them (big-endian: 0, 0, type, axes, extents, then bytes), plain or
// compressed with gzip: t10k-images-idx3-ubyte, t10k-labels-idx1-ubyte, and train- for the others.

#include <fmt/format.h>
#include <zlib.h>

#include <algorithm>
#include <array>
#include <filesystem>
#include <optional>
#include <utility>

#include "sim/core/error.h"
#include "sim/core/stop.h"
#include "sim/images/labelled_images.h"

namespace dlac {
namespace {

constexpr std::uint64_t most_idx_bytes = std::uint64_t{1} << 33U;

std::optional<std::string> find_idx(const std::string& folder, const std::string& name) {
  for (const char* const ending : {"", ".gz"}) {
    const auto path = std::filesystem::path(folder) / (name + ending);
    std::error_code error;
    if (std::filesystem::is_regular_file(path, error)) {
      return path.string();
    }
  }
  return std::nullopt;
}

/// Reads through gzip, or what is not compressed as it is.
class idx_file {
 public:
  explicit idx_file(std::string path) : path_(std::move(path)), file_(::gzopen(path_.c_str(), "rb")) {
    if (file_ == nullptr) {
      throw input_error(path_, "", "a file that cannot be read", "an IDX file");
    }
  }
  ~idx_file() { ::gzclose(file_); }
  idx_file(const idx_file&) = delete;
  idx_file& operator=(const idx_file&) = delete;

  /// The extents of unsigned bytes with so many axes.
  std::vector<std::uint64_t> header(std::uint8_t axes) {
    std::array<std::uint8_t, 4> word{};
    read(word, "a header");
    const std::array<std::uint8_t, 4> expected = {0, 0, 8, axes};
    if (word != expected) {
      throw input_error(path_, "",
                        fmt::format("{:02x}{:02x}{:02x}{:02x} as its first bytes", word[0], word[1], word[2], word[3]),
                        fmt::format("an IDX file of unsigned bytes with {} {}: 000008{:02x}", axes,
                                    axes == 1 ? "axis" : "axes", axes));
    }
    std::vector<std::uint64_t> extents;
    std::uint64_t bytes = 1;
    for (std::uint8_t axis = 0; axis < axes; ++axis) {
      read(word, "a header");
      extents.push_back(std::uint64_t{word[0]} << 24U | std::uint64_t{word[1]} << 16U | std::uint64_t{word[2]} << 8U |
                        word[3]);
      bytes = std::min(bytes, most_idx_bytes) * extents.back();
    }
    if (bytes > most_idx_bytes || extents.front() == 0) {
      throw input_error(path_, "",
                        fmt::format("{} elements along its first axis, {} bytes or more", extents.front(), bytes),
                        fmt::format("1 element, {} bytes at most", most_idx_bytes));
    }
    return extents;
  }

  /// All that follows, which is so much: memory is taken as the bytes come.
  std::vector<std::uint8_t> rest(std::uint64_t count) {
    constexpr std::uint64_t at_once = 1U << 20U;
    std::vector<std::uint8_t> bytes;
    while (bytes.size() < count) {
      heed_stop();
      const auto first = bytes.size();
      bytes.resize(first + std::min(at_once, count - first));
      read(std::span(bytes).subspan(first), fmt::format("{} bytes behind the header", count));
    }
    std::uint8_t more = 0;
    if (const int left = ::gzread(file_, &more, 1); left != 0) {  // the checksum is behind the last byte
      throw left < 0 ? damage("no more")
                     : input_error(path_, "", fmt::format("more than {} bytes behind the header", count), "no more");
    }
    return bytes;
  }

 private:
  void read(std::span<std::uint8_t> bytes, const std::string& expected) {
    const int done = ::gzread(file_, bytes.data(), static_cast<unsigned>(bytes.size()));
    if (done != static_cast<int>(bytes.size())) {
      throw damage(expected);
    }
  }

  /// Of what could not be read.
  [[nodiscard]] input_error damage(const std::string& expected) const {
    int code = Z_OK;
    const std::string reason = ::gzerror(file_, &code);
    return {path_, "", code == Z_OK || code == Z_BUF_ERROR ? "its end" : "damaged gzip data: " + reason, expected};
  }

  std::string path_;
  gzFile file_;
};

std::unique_ptr<labelled_images> read_idx(const std::string& folder, const std::string& set,
                                          const image_extents& expected) {
  const auto images_path = find_idx(folder, set + "-images-idx3-ubyte");
  const auto labels_path = find_idx(folder, set + "-labels-idx1-ubyte");
  if (!images_path) {
    return nullptr;
  }
  if (!labels_path) {
    throw input_error(*images_path, "", "no labels beside it",
                      fmt::format("{}-labels-idx1-ubyte, or that with .gz", set));
  }
  idx_file images(*images_path);
  idx_file labels(*labels_path);
  const auto extents = images.header(3);
  const auto label_count = labels.header(1).front();
  expect_extents(*images_path, {1, extents[1], extents[2]}, expected);
  if (label_count != extents.front()) {
    throw input_error(*labels_path, "", fmt::format("{} labels", label_count),
                      fmt::format("{}, as many as there are images", extents.front()));
  }
  auto bytes = images.rest(extents[0] * extents[1] * extents[2]);
  return std::make_unique<held_images>(std::move(bytes), labels.rest(label_count));
}

}  // namespace

bool is_idx_folder(const std::string& path) {
  return find_idx(path, "t10k-images-idx3-ubyte").has_value();
}

image_data open_idx_images(const std::string& path, const image_extents& extents, image_sets wanted) {
  return {.kind = "IDX",
          .tested = read_idx(path, "t10k", extents),
          .others = wanted == image_sets::both ? read_idx(path, "train", extents) : nullptr};
}

}  // namespace dlac
