// Data sets of labelled images: sound ones, byte by byte, and hostile ones.

#include <doctest/doctest.h>
#include <fmt/format.h>
#include <png.h>
#include <turbojpeg.h>
#include <zlib.h>

#include <array>
#include <cmath>
#include <cstdint>
#include <filesystem>
#include <fstream>
#include <string>
#include <string_view>
#include <vector>

#include "sim/images/labelled_images.h"
#include "tests/unit/bad_input.h"
#include "tests/unit/trace_file.h"

namespace dlac::test {
namespace {

using bytes = std::vector<std::uint8_t>;

std::string big_endian(std::uint32_t value) {
  return {static_cast<char>(value >> 24U), static_cast<char>(value >> 16U), static_cast<char>(value >> 8U),
          static_cast<char>(value)};
}

std::string idx(const std::vector<std::uint32_t>& extents, const std::string& data) {
  std::string file = {'\0', '\0', '\x08', static_cast<char>(extents.size())};
  for (const auto extent : extents) {
    file += big_endian(extent);
  }
  return file + data;
}

std::string counting(std::size_t count, int first = 0) {
  std::string data(count, '\0');
  for (std::size_t i = 0; i < count; ++i) {
    data[i] = static_cast<char>(first + static_cast<int>(i * 7 % 251));
  }
  return data;
}

void compress(const std::string& path, const std::string& data) {
  const gzFile file = gzopen(path.c_str(), "wb");
  REQUIRE(gzwrite(file, data.data(), static_cast<unsigned>(data.size())) == static_cast<int>(data.size()));
  REQUIRE(gzclose(file) == Z_OK);
}

void put(const temporary_folder& folder, std::string_view name, std::string_view contents) {
  static_cast<void>(folder.file(name, contents));
}

bool contains(const std::string& text, std::string_view part) {
  const bool is_there = text.find(part) != std::string::npos;
  if (!is_there) {
    MESSAGE(text);
  }
  return is_there;
}

std::vector<float> image_of(const labelled_images& images, std::size_t index, std::size_t elements) {
  std::vector<float> values(elements);
  images.read(index, values);
  return values;
}

void write_png(const std::string& path, unsigned format, unsigned width, unsigned height, const bytes& pixels) {
  png_image image{};
  image.version = PNG_IMAGE_VERSION;
  image.width = width;
  image.height = height;
  image.format = format;
  REQUIRE(png_image_write_to_file(&image, path.c_str(), 0, pixels.data(), 0, nullptr) != 0);
}

std::string message_for(const std::string& path, const image_extents& extents) {
  try {
    const auto data = open_images(path, extents);
    for (std::size_t i = 0; i < data.tested->count(); ++i) {
      static_cast<void>(image_of(*data.tested, i, extents.elements()));
    }
  } catch (const input_error& error) {
    return error.what();
  }
  return "";
}

TEST_CASE("images: IDX files, plain and compressed, each element in its place") {
  const temporary_folder folder;
  const std::string pixels = counting(3 * 4 * 5);
  put(folder, "t10k-images-idx3-ubyte", idx({3, 4, 5}, pixels));
  compress(folder.path("t10k-labels-idx1-ubyte.gz"), idx({3}, std::string("\x02\x00\x09", 3)));
  CHECK(open_images(folder.path(""), {1, 4, 5}).others == nullptr);
  compress(folder.path("train-images-idx3-ubyte.gz"), idx({1, 4, 5}, counting(20, 3)));
  put(folder, "train-labels-idx1-ubyte", idx({1}, "\x07"));
  const auto data = open_images(folder.path(""), {1, 4, 5});
  CHECK(data.kind == "IDX");
  REQUIRE(data.tested->count() == 3);
  CHECK(data.tested->label(0) == 2);
  CHECK(data.tested->label(2) == 9);
  CHECK(data.tested->are_pictures());
  const auto second = image_of(*data.tested, 1, 20);
  for (std::size_t i = 0; i < 20; ++i) {
    CHECK(second[i] == static_cast<float>(static_cast<std::uint8_t>(pixels[20 + i])) / 255.0F);
  }
  REQUIRE(data.others != nullptr);
  CHECK(data.others->label(0) == 7);
  CHECK(image_of(*data.others, 0, 20)[0] == 3.0F / 255.0F);
}

TEST_CASE("images: mistakes in IDX files are one line") {
  const temporary_folder folder;
  const std::string images = folder.path("t10k-images-idx3-ubyte");
  const std::string good = idx({2, 2, 2}, counting(8));
  const std::string labels = idx({2}, std::string("\x01\x02", 2));
  const auto message = [&](const std::string& image_file, const std::string& label_file) {
    put(folder, "t10k-images-idx3-ubyte", image_file);
    put(folder, "t10k-labels-idx1-ubyte", label_file);
    return message_for(folder.path(""), {1, 2, 2});
  };
  CHECK(message(good, labels).empty());
  CHECK(
      contains(message(good.substr(0, good.size() - 1), labels), "found its end, expected 8 bytes behind the header"));
  CHECK(contains(message(good + "x", labels), "found more than 8 bytes behind the header, expected no more"));
  CHECK(contains(message(good.substr(0, 7), labels), "found its end, expected a header"));
  CHECK(contains(message("", labels), "found its end, expected a header"));
  CHECK(contains(message(idx({2}, "ab"), labels), "000008"));
  CHECK(contains(message(idx({2, 2, 3}, counting(12)), labels), "found images of [1, 2, 3]"));
  CHECK(contains(message(idx({0, 2, 2}, ""), labels), "0 elements along its first axis"));
  CHECK(contains(message(idx({0xFFFFFFFF, 0xFFFFFFFF, 0xFFFFFFFF}, ""), labels), "at most"));
  CHECK(contains(message(good, idx({3}, "abc")), "found 3 labels, expected 2"));
  // What a header promises is not allocated before it comes.
  CHECK(contains(message(idx({2000000000, 2, 2}, "abc"), idx({2000000000}, "ab")), "found its end"));
  std::filesystem::remove(folder.path("t10k-labels-idx1-ubyte"));
  CHECK(contains(message_for(folder.path(""), {1, 2, 2}), "found no labels beside it"));
  // Damaged on the way.
  compress(folder.path("t10k-labels-idx1-ubyte.gz"), labels);
  std::filesystem::remove(images);
  compress(images + ".gz", idx({2, 200, 200}, counting(80000)));
  std::string packed;
  {
    std::ifstream file(images + ".gz", std::ios::binary);
    packed.assign(std::istreambuf_iterator<char>(file), {});
  }
  packed[packed.size() / 2] = static_cast<char>(packed[packed.size() / 2] ^ 0x55);
  packed[packed.size() / 2 + 1] = static_cast<char>(packed[packed.size() / 2 + 1] ^ 0x55);
  put(folder, "t10k-images-idx3-ubyte.gz", packed);
  CHECK(contains(message_for(folder.path(""), {1, 200, 200}), "damaged gzip data"));
}

TEST_CASE("images: CIFAR-10's binary files") {
  const temporary_folder folder;
  const std::string record = counting(3072);
  put(folder, "test_batch.bin", '\x03' + record + '\x09' + counting(3072, 1));
  CHECK(open_images(folder.path(""), {3, 32, 32}).others == nullptr);
  put(folder, "data_batch_2.bin", '\x05' + record);
  const auto data = open_images(folder.path(""), {3, 32, 32});
  CHECK(data.kind == "CIFAR-10");
  REQUIRE(data.tested->count() == 2);
  CHECK(data.tested->label(1) == 9);
  CHECK(image_of(*data.tested, 1, 3072)[0] == 1.0F / 255.0F);
  CHECK(image_of(*data.tested, 0, 3072)[1024] == static_cast<float>(static_cast<std::uint8_t>(record[1024])) / 255.0F);
  REQUIRE(data.others != nullptr);
  CHECK(data.others->label(0) == 5);

  CHECK(contains(message_for(folder.path(""), {1, 28, 28}), "found images of [3, 32, 32]"));
  put(folder, "test_batch.bin", '\x0a' + record);
  CHECK(contains(message_for(folder.path(""), {3, 32, 32}), "record 0: found label 10, expected one from 0 to 9"));
  put(folder, "test_batch.bin", record);
  CHECK(contains(message_for(folder.path(""), {3, 32, 32}), "found 3072 bytes, expected records of 3073 bytes"));
  put(folder, "test_batch.bin", "");
  CHECK(contains(message_for(folder.path(""), {3, 32, 32}), "found 0 bytes"));
}

TEST_CASE("images: safetensors, as floats and as bytes, labels of every width") {
  const temporary_folder folder;
  const image_extents extents{2, 1, 2};
  const std::vector<float> values = {1.5F, -2, 0, 4, 5, 6, 7, 8};
  const auto open = [&](const trace_builder& trace) {
    return open_images(folder.file("set.safetensors", trace.bytes()), extents);
  };
  trace_builder floats;
  floats.add("images", "F32", "2, 2, 1, 2", raw(values))
      .add("labels", "I64", "2", raw(std::vector<std::int64_t>{3, 70000}))
      .add("calibration_images", "F32", "1, 2, 1, 2", raw(std::vector<float>{9, 8, 7, 6}));
  const auto data = open(floats);
  CHECK(data.kind == "safetensors");
  CHECK(data.tested->count() == 2);
  CHECK(data.tested->label(1) == 70000);
  CHECK_FALSE(data.tested->are_pictures());
  CHECK(image_of(*data.tested, 0, 4) == std::vector<float>{1.5F, -2, 0, 4});
  CHECK(image_of(*data.tested, 1, 4) == std::vector<float>{5, 6, 7, 8});
  REQUIRE(data.others != nullptr);
  CHECK(image_of(*data.others, 0, 4) == std::vector<float>{9, 8, 7, 6});

  trace_builder small;
  small.add("images", "U8", "1, 2, 1, 2", raw(bytes{255, 0, 51, 1}))
      .add("labels", "I32", "1", raw(std::vector<std::int32_t>{2}));
  const auto pictures = open(small);
  CHECK(pictures.tested->are_pictures());
  CHECK(pictures.others == nullptr);
  CHECK(image_of(*pictures.tested, 0, 4) == std::vector<float>{1, 0, 0.2F, 1.0F / 255.0F});

  const auto message = [&](const trace_builder& trace) {
    return message_for(folder.file("set.safetensors", trace.bytes()), extents);
  };
  const std::string one = raw(std::vector<float>{1, 2, 3, 4});
  const std::string label = raw(bytes{1});
  CHECK(contains(message(trace_builder().add("labels", "U8", "1", label)), "images: found no tensor of this name"));
  CHECK(contains(message(trace_builder().add("images", "F32", "1, 2, 1, 2", one)), "labels: found no tensor"));
  CHECK(contains(message(trace_builder().add("images", "F32", "1, 1, 2, 2", one).add("labels", "U8", "1", label)),
                 "expected [n, 2, 1, 2], which the network takes"));
  CHECK(contains(message(trace_builder().add("images", "F32", "1, 4", one).add("labels", "U8", "1", label)),
                 "found shape [1, 4]"));
  CHECK(contains(
      message(
          trace_builder().add("images", "I8", "1, 2, 1, 2", raw(bytes{1, 2, 3, 4})).add("labels", "U8", "1", label)),
      "found a tensor of I8"));
  CHECK(contains(message(trace_builder()
                             .add("images", "F32", "1, 2, 1, 2", one)
                             .add("labels", "F32", "1", raw(std::vector<float>{1}))),
                 "labels: found a tensor of F32, expected U8, I32 or I64"));
  CHECK(contains(
      message(trace_builder().add("images", "F32", "1, 2, 1, 2", one).add("labels", "U8", "2", raw(bytes{1, 2}))),
      "labels: found shape [2], expected [1]"));
  CHECK(contains(message(trace_builder()
                             .add("images", "F32", "1, 2, 1, 2", one)
                             .add("labels", "I64", "1", raw(std::vector<std::int64_t>{-1}))),
                 "labels[0]: found -1, expected 0 or more"));
  CHECK(contains(message(trace_builder()
                             .add("images", "F32", "1, 2, 1, 2", raw(std::vector<float>{1, NAN, 3, 4}))
                             .add("labels", "U8", "1", label)),
                 "images[0], element 1: found NaN, expected a finite number"));
}

TEST_CASE("images: folders of pictures, PNG and JPEG, a folder a class") {
  const temporary_folder folder;
  namespace fs = std::filesystem;
  for (const char* const name : {"b", "a", "empty", ".hidden"}) {
    fs::create_directory(folder.path(name));
  }
  write_png(folder.path("b/2.png"), PNG_FORMAT_RGB, 2, 1, {10, 20, 30, 40, 50, 60});
  write_png(folder.path("b/1.PNG"), PNG_FORMAT_GRAY, 2, 1, {70, 80});
  put(folder, "b/readme.txt", "not a picture");
  bytes flat(2 * 1 * 3, 128);
  unsigned char* packed = nullptr;
  unsigned long size = 0;
  const tjhandle encoder = tjInitCompress();
  REQUIRE(tjCompress2(encoder, flat.data(), 2, 0, 1, TJPF_RGB, &packed, &size, TJSAMP_444, 100, 0) == 0);
  put(folder, "a/x.jpg", std::string(reinterpret_cast<const char*>(packed), size));
  tjFree(packed);
  tjDestroy(encoder);
  const auto data = open_images(folder.path(""), {3, 1, 2});
  CHECK(data.kind == "folder of pictures");
  CHECK(data.others == nullptr);
  REQUIRE(data.tested->count() == 3);
  CHECK(data.tested->label(0) == 0);
  CHECK(data.tested->label(1) == 1);
  CHECK(image_of(*data.tested, 0, 6) == std::vector<float>(6, 128.0F / 255.0F));
  // Grey becomes a colour; channels come one after the other.
  CHECK(image_of(*data.tested, 1, 6)[4] == 70.0F / 255.0F);
  CHECK(image_of(*data.tested, 1, 6)[5] == 80.0F / 255.0F);
  CHECK(image_of(*data.tested, 2, 6)[0] == 10.0F / 255.0F);
  CHECK(image_of(*data.tested, 2, 6)[1] == 40.0F / 255.0F);
  CHECK(image_of(*data.tested, 2, 6)[4] == 30.0F / 255.0F);

  CHECK(contains(message_for(folder.path(""), {3, 2, 2}),
                 "found images of [3, 1, 2] (channels, height, width), expected [3, 2, 2]"));
  // A colour never becomes grey.
  CHECK(contains(message_for(folder.path(""), {1, 1, 2}), "found images of [3, 1, 2]"));
  put(folder, "a/x.jpg", "\xff\xd8 nothing");
  CHECK(contains(message_for(folder.path(""), {3, 1, 2}), "no sound JPEG"));
  put(folder, "a/x.jpg", "text");
  CHECK(contains(message_for(folder.path(""), {3, 1, 2}), "found neither a PNG nor a JPEG"));
  fs::remove(folder.path("a/x.jpg"));
  put(folder, "a/x.png", "\x89PNG\r\n\x1a\n nothing");
  CHECK(contains(message_for(folder.path(""), {3, 1, 2}), "no sound PNG"));
  write_png(folder.path("a/x.png"), PNG_FORMAT_RGBA, 2, 1, {1, 2, 3, 4, 5, 6, 7, 8});
  CHECK(contains(message_for(folder.path(""), {3, 1, 2}), "found a picture that is transparent"));
}

TEST_CASE("images: pictures to test with and pictures to train with, nothing at all") {
  const temporary_folder folder;
  namespace fs = std::filesystem;
  for (const char* const name : {"train", "train/a", "val", "val/a", "val/b"}) {
    fs::create_directory(folder.path(name));
  }
  write_png(folder.path("val/b/1.png"), PNG_FORMAT_GRAY, 1, 1, {7});
  write_png(folder.path("train/a/1.png"), PNG_FORMAT_GRAY, 1, 1, {9});
  const auto data = open_images(folder.path(""), {1, 1, 1});
  CHECK(data.tested->label(0) == 1);
  REQUIRE(data.others != nullptr);
  CHECK(image_of(*data.others, 0, 1)[0] == 9.0F / 255.0F);
  fs::remove(folder.path("val/b/1.png"));
  fs::remove(folder.path("train/a/1.png"));
  CHECK(contains(message_for(folder.path(""), {1, 1, 1}), "found no images, expected t10k-images-idx3-ubyte(.gz)"));
  CHECK(contains(message_for(folder.path("none"), {1, 1, 1}), "found nothing of this name"));
}

}  // namespace
}  // namespace dlac::test
