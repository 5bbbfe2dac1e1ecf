#include "sim/trace/safetensors.h"

#include <algorithm>
#include <functional>

#include "sim/trace/content_hash.h"
#include "sim/trace/safetensors_header.h"

namespace dlac {

std::string_view to_string(tensor_dtype dtype) {
  switch (dtype) {
    case tensor_dtype::f32:
      return "F32";
    case tensor_dtype::f16:
      return "F16";
    case tensor_dtype::i8:
      return "I8";
    case tensor_dtype::u8:
      return "U8";
    case tensor_dtype::other:
      break;
  }
  return "";
}

std::size_t bytes_per_element(tensor_dtype dtype) {
  switch (dtype) {
    case tensor_dtype::f32:
      return 4;
    case tensor_dtype::f16:
      return 2;
    case tensor_dtype::i8:
    case tensor_dtype::u8:
      return 1;
    case tensor_dtype::other:
      break;
  }
  return 0;
}

safetensors_file::safetensors_file(const std::string& path, const std::optional<file_stamp>& expected)
    : path_(path), file_(std::make_unique<mapped_file>(path, expected)) {
  safetensors_contents contents = file_->reading([&] { return read_safetensors(path, file_->bytes()); });
  tensors_ = std::move(contents.tensors);
  metadata_ = std::move(contents.metadata);
}

safetensors_file::safetensors_file(safetensors_file&&) noexcept = default;
safetensors_file& safetensors_file::operator=(safetensors_file&&) noexcept = default;
safetensors_file::~safetensors_file() = default;

std::string safetensors_file::hash() const {
  return file_->reading([&] { return content_hash(file_->bytes()); });
}

const tensor_view* safetensors_file::find(const std::string& name) const {
  const auto found = tensors_.find(name);
  return found == tensors_.end() ? nullptr : &found->second;
}

std::vector<const tensor_view*> safetensors_file::in_file_order() const {
  std::vector<const tensor_view*> tensors;
  for (const auto& [name, tensor] : tensors_) {
    tensors.push_back(&tensor);
  }
  std::stable_sort(tensors.begin(), tensors.end(), [](const tensor_view* a, const tensor_view* b) {
    return std::less<>()(a->data.data(), b->data.data());
  });
  return tensors;
}

}  // namespace dlac
