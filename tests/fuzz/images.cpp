// Labelled images in each kind of file, on any bytes: what the bytes begin with says as what they are read.

#include <unistd.h>

#include <cerrno>
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <string>
#include <string_view>
#include <system_error>
#include <vector>

#include "sim/images/labelled_images.h"
#include "tests/fuzz/readers.h"

namespace dlac::fuzz {
namespace {

namespace fs = std::filesystem;

constexpr image_extents small{1, 2, 2};
constexpr image_extents cifar{3, 32, 32};

/// Folders in which a name is that of the file under test.
class data_folders {
 public:
  data_folders() {
    std::string name = (fs::temp_directory_path() / "dlac-fuzz-XXXXXX").string();
    if (::mkdtemp(name.data()) == nullptr) {
      throw std::system_error(errno, std::generic_category(), "mkdtemp");
    }
    root_ = name;
  }
  data_folders(const data_folders&) = delete;
  data_folders& operator=(const data_folders&) = delete;
  ~data_folders() {
    std::error_code ignored;
    fs::remove_all(root_, ignored);
  }

  /// Of one kind; `name` in it is `target`.
  [[nodiscard]] std::string folder(const std::string& kind, const std::string& name, const std::string& target) const {
    const fs::path file = root_ / kind / name;
    fs::create_directories(file.parent_path());
    if (!fs::is_symlink(fs::symlink_status(file))) {
      fs::create_symlink(target, file);
    }
    return (root_ / kind).string();
  }
  void add_labels(const std::string& kind, std::string_view bytes) const {
    std::ofstream(root_ / kind / "t10k-labels-idx1-ubyte", std::ios::binary)
        << std::string_view("\0\0\x08\x01\0\0\0", 7) << static_cast<char>(bytes.size()) << bytes;
  }

 private:
  fs::path root_;
};

void read_all(const std::string& path, const image_extents& extents) {
  const image_data data = open_images(path, extents);
  for (const auto* const images : {data.tested.get(), data.others.get()}) {
    std::vector<float> values(extents.elements());
    for (std::size_t i = 0; images != nullptr && i < images->count(); ++i) {
      images->read(i, values);
      static_cast<void>(images->label(i));
    }
  }
}

}  // namespace

void read_images(const std::string& path) {
  static const data_folders folders;
  std::ifstream file(path, std::ios::binary);
  const std::string contents{std::istreambuf_iterator<char>(file), {}};
  const auto begins_with = [&](std::string_view magic) { return contents.starts_with(magic); };
  constexpr std::size_t cifar_bytes = 3073;
  if (begins_with("\x89PNG")) {
    read_all(folders.folder("png", "a/1.png", path), small);
  } else if (begins_with("\xff\xd8")) {
    read_all(folders.folder("jpeg", "a/1.jpg", path), small);
  } else if (begins_with("\x1f\x8b") || begins_with(std::string_view("\0\0\x08", 3))) {
    const bool is_compressed = begins_with("\x1f");
    const std::string kind = is_compressed ? "gz" : "idx";
    const std::string folder =
        folders.folder(kind, is_compressed ? "t10k-images-idx3-ubyte.gz" : "t10k-images-idx3-ubyte", path);
    folders.add_labels(kind, "\1\2");
    read_all(folder, small);
  } else if (!contents.empty() && contents.size() % cifar_bytes == 0) {
    read_all(folders.folder("cifar", "test_batch.bin", path), cifar);
  } else {
    read_all(path, small);
  }
}

}  // namespace dlac::fuzz
