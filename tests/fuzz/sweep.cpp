// A sweep file with its axes and its `where`: what can be read of it without the files that it names.

#include "sim/sweep/sweep_file.h"

#include <vector>

#include "sim/sweep/axes.h"
#include "sim/sweep/where.h"
#include "tests/fuzz/input.h"

namespace dlac::fuzz {

void read_sweep(const std::string& path) {
  const sweep_file sweep = read_sweep_file(path);
  expect_same_when_read_again(to_json(sweep), [](const std::string& file) { return to_json(read_sweep_file(file)); });
  std::vector<std::string> names;
  for (const axis_group& group : resolve_axes(sweep, path)) {
    for (const sweep_axis& axis : group.axes) {
      names.push_back(axis.name);
    }
  }
  if (sweep.where) {
    where_expression where(*sweep.where, {path, "/where"}, names);
    static_cast<void>(where.holds(std::vector<double>(where.used().size(), 1)));
  }
}

}  // namespace dlac::fuzz
