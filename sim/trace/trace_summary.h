#pragma once
// What a trace holds, for `dlac trace info`, and whether all of it is sound, for `dlac trace check`.

#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <vector>

#include "sim/numbers/operand_formats.h"
#include "sim/text/text_table.h"
#include "sim/trace/safetensors.h"

namespace dlac {

struct tensor_summary {
  std::string name;
  std::string kind;    ///< activations, weights, gradients, output, scale or bias; empty for any other tensor
  std::string format;  ///< F32, F16, I8, U8, mask, ternary, or a dtype that no layer uses
  std::vector<std::uint64_t> shape;  ///< of the elements
  std::uint64_t elements = 0;
  std::optional<std::uint64_t> nonzeros;  ///< nothing of a dtype that no layer uses
  std::uint64_t bytes = 0;                ///< as stored

  /// Fraction of non-zero elements; 0 of no elements, and of elements that are not known.
  [[nodiscard]] double density() const;
};

struct layer_summary {
  std::string name;  ///< a tensor's name without its kind and packing
  std::vector<tensor_summary> tensors;
};

struct trace_summary {
  std::string path;
  std::map<std::string, std::string> metadata;  ///< without the shapes of packed tensors
  std::vector<layer_summary> layers;            ///< in the order of their data in the file
};

trace_summary summarise_trace(const safetensors_file& trace);

/// The summary as text: a line a tensor, the name of a layer at its first.
std::string format_table(const trace_summary& summary, const text_width& width = {});

struct trace_check_result {
  std::uint64_t layers = 0;
  std::uint64_t tensors = 0;
  std::uint64_t unused_dtypes = 0;  ///< tensors that no layer can use, which are left alone
  std::uint64_t float_values = 0;   ///< found finite and in range
  std::uint64_t ternary_codes = 0;  ///< found legal
  std::uint64_t mask_bits = 0;
};

/// Checks a whole file: everything that opening it checks; every value finite, and within the range of its format where
/// a machine of these numbers would hold it (which is not what only training reads, nor a tensor of another name);
/// every ternary code legal; and for tensors named after a layer the format, the number of dimensions and the channels
/// that they share with the layer's weights. Throws input_error for the first mistake.
trace_check_result check_trace(const std::string& path, const operand_formats& numbers);

}  // namespace dlac
