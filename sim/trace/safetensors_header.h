#pragma once
// The header of a safetensors file: strict JSON from a hostile source, checked down to the last byte it describes.

#include <cstddef>
#include <map>
#include <span>
#include <string>

#include "sim/trace/safetensors.h"

namespace dlac {

struct safetensors_contents {
  std::map<std::string, tensor_view> tensors;   ///< views into the file
  std::map<std::string, std::string> metadata;  ///< __metadata__
};

/// Reads the header of `file` (the whole file's bytes). Checks, in this order: the header's length and JSON (no
/// duplicate names, bounded nesting), each tensor's entry (dtype, shape, offsets, length), that the tensors cover the
/// data without hole, overlap or rest, and the packed tensors (metadata "shapes", length, zero padding bits). Throws
/// input_error naming `path` and the tensor or the JSON pointer.
safetensors_contents read_safetensors(const std::string& path, std::span<const std::byte> file);

}  // namespace dlac
