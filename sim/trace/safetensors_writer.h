#pragma once
// Writes a safetensors file, one tensor after the other: only the header is in memory.

#include <cstddef>
#include <cstdint>
#include <map>
#include <memory>
#include <span>
#include <string>
#include <vector>

#include "sim/core/file_io.h"

namespace dlac {

/// A tensor to come: what the header says of it.
struct tensor_entry {
  std::string name;
  std::string dtype;  ///< as the format spells it: "F32"
  std::vector<std::uint64_t> shape;
  std::uint64_t bytes = 0;
};

class safetensors_writer {
 public:
  /// `path` appears with commit(). Throws input_error.
  safetensors_writer(const std::string& path, const std::vector<tensor_entry>& tensors,
                     const std::map<std::string, std::string>& metadata);

  /// The same into a file that appears together with others, when they are committed; commit() checks only.
  safetensors_writer(atomic_file& file, const std::vector<tensor_entry>& tensors,
                     const std::map<std::string, std::string>& metadata);

  /// The data of the next tensor, in the order of the entries: as many bytes as its entry says.
  void write(std::span<const std::byte> data);
  /// Once all of them are written.
  void commit();

 private:
  void write_header(const std::vector<tensor_entry>& tensors, const std::map<std::string, std::string>& metadata);

  std::unique_ptr<atomic_file> own_;
  atomic_file& file_;
  std::vector<std::uint64_t> bytes_;
  std::size_t written_ = 0;
};

}  // namespace dlac
