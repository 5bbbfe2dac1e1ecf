#pragma once
// What an importer makes of files of another tool: a workload as it will be written, and what its user must be told.

#include <cstdint>
#include <map>
#include <set>
#include <string>
#include <string_view>
#include <vector>

#include "sim/workload/network.h"
#include "sim/workload/network_format.h"

namespace dlac {

/// What the command line may ask of an import.
struct import_options {
  bool same_padding = false;  ///< as many outputs a side as ceil(size / stride)
  bool ternary = false;       ///< weights of two bits
};

struct imported_network {
  workload_file file;
  std::string source;                 ///< "SCALE-Sim topology alexnet.csv"
  std::vector<std::string> warnings;  ///< a line each: what the files do not say, and what was taken for it
};

/// The workload as text, with a comment that has the source and the warnings. Read again as the file at `path` would
/// be: throws input_error for one that would not run.
struct workload_text {
  std::string text;
  network net;
};
workload_text write_workload(const imported_network& imported, const std::string& path);

/// The name of the network in files of `path`: without folders and ending. Throws input_error where nothing is left of
/// it that a workload could be named.
std::string network_name(const std::string& path);

/// Names of layers, each once: a second one gets ".2" behind it, a third one ".3".
class layer_names {
 public:
  std::string unique(const std::string& name);
  /// Given names that were there before, in their order.
  [[nodiscard]] const std::vector<std::string>& repeated() const { return repeated_; }

 private:
  std::set<std::string> taken_;
  std::map<std::string, std::size_t> last_;
  std::vector<std::string> repeated_;
};

/// Throws input_error at `place` of `file` where the layer cannot be one: a kernel that is larger than the padded
/// input, a tensor or a count of operations that is too large.
void check_layer(const layer& l, std::uint32_t batch, const std::string& file, const std::string& place);

/// Zeros before and behind a side that leave ceil(side / stride) outputs, the larger part behind.
struct side_padding {
  std::uint32_t before = 0;
  std::uint32_t behind = 0;
};
side_padding same_padding(std::uint32_t side, std::uint32_t kernel, std::uint32_t stride);

/// Zeros of this density; none of density 1.
operand_source source_of_density(double density);

// What a size of a workload may be.
inline constexpr std::uint64_t largest_size = (std::uint64_t{1} << 31U) - 1;
inline constexpr std::uint64_t largest_window = 65536;  ///< of a kernel, a stride, a dilation, a padding
inline constexpr std::size_t most_imported_layers = 65536;

/// The number that `text` is, in decimal digits alone, from `minimum` to `maximum`. Throws input_error at `place`.
std::uint32_t whole_number(std::string_view text, std::uint64_t minimum, std::uint64_t maximum, const std::string& file,
                           const std::string& place);

}  // namespace dlac
