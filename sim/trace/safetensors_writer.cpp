#include "sim/trace/safetensors_writer.h"

#include <array>
#include <nlohmann/json.hpp>
#include <stdexcept>
#include <string_view>

namespace dlac {
namespace {

using json = nlohmann::ordered_json;

std::string header_of(const std::vector<tensor_entry>& tensors, const std::map<std::string, std::string>& metadata) {
  json header = json::object();
  if (!metadata.empty()) {
    header["__metadata__"] = metadata;
  }
  std::uint64_t offset = 0;
  for (const tensor_entry& tensor : tensors) {
    header[tensor.name] = {
        {"dtype", tensor.dtype}, {"shape", tensor.shape}, {"data_offsets", {offset, offset + tensor.bytes}}};
    offset += tensor.bytes;
  }
  std::string text = header.dump();
  constexpr std::size_t alignment = 8;  // of the data behind it; blanks fill up
  text.resize((text.size() + alignment - 1) / alignment * alignment, ' ');
  return text;
}

}  // namespace

safetensors_writer::safetensors_writer(const std::string& path, const std::vector<tensor_entry>& tensors,
                                       const std::map<std::string, std::string>& metadata)
    : own_(std::make_unique<atomic_file>(path)), file_(*own_) {
  write_header(tensors, metadata);
}

safetensors_writer::safetensors_writer(atomic_file& file, const std::vector<tensor_entry>& tensors,
                                       const std::map<std::string, std::string>& metadata)
    : file_(file) {
  write_header(tensors, metadata);
}

void safetensors_writer::write_header(const std::vector<tensor_entry>& tensors,
                                      const std::map<std::string, std::string>& metadata) {
  for (const tensor_entry& tensor : tensors) {
    bytes_.push_back(tensor.bytes);
  }
  const std::string header = header_of(tensors, metadata);
  std::array<char, 8> length{};
  for (std::size_t i = 0; i < length.size(); ++i) {
    length[i] = static_cast<char>(header.size() >> (8 * i) & 0xFFU);
  }
  file_.write({length.data(), length.size()});
  file_.write(header);
}

void safetensors_writer::write(std::span<const std::byte> data) {
  if (written_ == bytes_.size() || data.size() != bytes_[written_]) {
    throw std::logic_error("safetensors_writer: not the bytes of the next tensor");
  }
  ++written_;
  file_.write({reinterpret_cast<const char*>(data.data()), data.size()});
}

void safetensors_writer::commit() {
  if (written_ != bytes_.size()) {
    throw std::logic_error("safetensors_writer: a tensor is missing");
  }
  if (own_) {
    own_->commit();
  }
}

}  // namespace dlac
