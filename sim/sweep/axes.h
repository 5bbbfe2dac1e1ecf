#pragma once
// The axes of a sweep, resolved: what each varies, and every value written out.

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "sim/sweep/density_layers.h"
#include "sim/sweep/sweep_file.h"

namespace dlac {

enum class axis_kind { config_key, config_file, workload, pass, batch, density };

struct sweep_axis {
  axis_kind kind = axis_kind::config_key;
  std::string key;
  std::string name;     ///< of its column: the key, and the layers of a density where they are told
  std::string pointer;  ///< its place in the sweep file
  std::vector<axis_value> values = {};
  tensor_role operand = tensor_role::weights;  ///< of a density, as the next two
  density_mode mode = density_mode::set;
  density_layers layers = {};
  std::vector<std::string> layer_pointers = {};  ///< the places of its words
};

/// Axes that go together; one, unless they are zipped.
struct axis_group {
  std::vector<sweep_axis> axes;
  [[nodiscard]] std::size_t size() const { return axes.front().values.size(); }
};

/// Checks all that can be known without the files that the sweep names; `path` is its own. Throws input_error.
std::vector<axis_group> resolve_axes(const sweep_file& file, const std::string& path);

}  // namespace dlac
