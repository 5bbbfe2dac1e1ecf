#pragma once
// A safetensors file, memory-mapped and viewed: 8 bytes little-endian header length, a JSON header (dtype, shape,
// data_offsets per tensor, __metadata__), raw little-endian data. None of its numbers is trusted.

#include <cstddef>
#include <cstdint>
#include <map>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "sim/core/file_stamp.h"
#include "sim/trace/mapped_file.h"

namespace dlac {

/// `other` is any that no layer uses; such a tensor has a shape and bytes, but no elements that could be asked for.
enum class tensor_dtype { f32, f16, i8, u8, other };

/// As the format spells it; "" of others.
std::string_view to_string(tensor_dtype dtype);
/// 0 of others.
std::size_t bytes_per_element(tensor_dtype dtype);

/// A tensor inside the mapped file. `data` may be unaligned: read it through memcpy-style loads.
struct tensor_view {
  std::string name;
  tensor_dtype dtype = tensor_dtype::u8;
  std::string dtype_name;                   ///< as the file spells it
  std::vector<std::uint64_t> shape;         ///< as stored (a packed tensor is stored flat)
  std::vector<std::uint64_t> packed_shape;  ///< the logical shape of a packed tensor (.mask, .t2); empty otherwise
  std::span<const std::byte> data;
};

/// Movable, not copyable; the views live as long as the file.
class safetensors_file {
 public:
  /// Maps and checks `path`. Throws input_error naming the file and the tensor, and changed_file when it is not the
  /// file of the stamp `expected`.
  explicit safetensors_file(const std::string& path, const std::optional<file_stamp>& expected = std::nullopt);
  safetensors_file(safetensors_file&&) noexcept;
  safetensors_file& operator=(safetensors_file&&) noexcept;
  ~safetensors_file();

  [[nodiscard]] const std::string& path() const { return path_; }
  /// What `read` makes of the tensors' data; changed_file if the file has changed by then (see mapped_file).
  template <class Read>
  auto reading(const Read& read) const {
    return file_->reading(read);
  }
  /// Of the whole file (see content_hash.h); changed_file if it has changed.
  [[nodiscard]] std::string hash() const;
  /// nullptr when there is none of this name.
  [[nodiscard]] const tensor_view* find(const std::string& name) const;
  /// In name order.
  [[nodiscard]] const std::map<std::string, tensor_view>& tensors() const { return tensors_; }
  /// In the order of their data.
  [[nodiscard]] std::vector<const tensor_view*> in_file_order() const;
  [[nodiscard]] const std::map<std::string, std::string>& metadata() const { return metadata_; }

 private:
  std::string path_;
  std::unique_ptr<mapped_file> file_;
  std::map<std::string, tensor_view> tensors_;
  std::map<std::string, std::string> metadata_;
};

}  // namespace dlac
