#pragma once
// What the bytes of a tensor mean: which elements are non-zero, their values, and whether they are legal. Reads the
// mapped bytes in place; nothing here needs them aligned.
//
// Packed tensors hold U8 bytes, are named NAME.mask or NAME.t2, and have their shape in the metadata: a mask has a bit
// an element (first element in the lowest bit), ternary codes two bits (0 -> 0, 1 -> +1, 2 -> -1, 3 is illegal). +0 and
// -0 are zero, NaN is not. A tensor of another dtype than F32, F16, I8 and U8 has no elements that could be asked for.

#include <cstdint>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "sim/core/bits.h"
#include "sim/numbers/number_format.h"
#include "sim/trace/safetensors.h"

namespace dlac {

enum class packing { none, mask, ternary };

/// What the end of a tensor's name says that it is, if it is packed at all.
packing packing_by_name(std::string_view name);
packing packing_of(const tensor_view& tensor);

/// "mask", "ternary" or the dtype, for people.
std::string_view format_name(const tensor_view& tensor);

/// The shape of the elements, which of a packed tensor is not that of its bytes.
const std::vector<std::uint64_t>& logical_shape(const tensor_view& tensor);
std::uint64_t element_count(const tensor_view& tensor);

/// "[64, 3, 7, 7]"
std::string shape_text(const std::vector<std::uint64_t>& shape);

/// The non-zero elements, cut into rows of `cols`: element i is bit i % cols of row i / cols. `cols` divides the number
/// of elements. An illegal ternary code counts as non-zero.
bit_matrix nonzero_bits(const tensor_view& tensor, std::uint64_t cols);

/// Of numbers that are no tensor of a file.
bit_matrix nonzero_bits(std::span<const float> values, std::uint64_t cols);

/// The elements as floats (exact for every format). Not for a mask, which has none.
std::vector<float> float_values(const tensor_view& tensor);

/// Among the elements of an F32 or F16 tensor; infinity where one is a NaN or infinite; 0 of any other tensor.
float largest_magnitude(const tensor_view& tensor);

/// Throws input_error naming file, tensor and index of the first element that is NaN, infinite or out of range of the
/// format that it is to be held in.
/// `largest` is the tensor's largest_magnitude(): only where that is out of range are the elements looked at.
void check_range(const std::string& path, const tensor_view& tensor, const number_format& format, float largest);

/// Throws input_error naming file, tensor and index for a value other than -1, 0 and 1 in an I8 tensor, or for code 3
/// in a packed ternary one.
void check_ternary(const std::string& path, const tensor_view& tensor);

}  // namespace dlac
