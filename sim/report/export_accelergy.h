#pragma once
// A run for Accelergy (https://accelergy.mit.edu), so that its users can put their own estimators behind the counters:
// the actions of each layer and pass, what each takes and the area of each component by our technology table, and the
// architecture that names the components. In the layout that Accelergy v0.4 reads and writes; docs/export.md.

#include <string>
#include <string_view>
#include <vector>

#include "sim/core/file_io.h"
#include "sim/report/report.h"

namespace dlac {

/// In the folder of an export: the actions of each layer and pass.
inline constexpr std::string_view accelergy_layers_folder = "action_counts";

struct exported_file {
  std::string path;  ///< relative to the folder of the export
  std::string contents;
};

/// architecture.yaml, ERT.yaml (pJ), ART.yaml (um2), action_counts_total.yaml, README.txt, and for each layer and pass
/// action_counts/NNN-LAYER-PASS.yaml, NNN from 001, with "_" for what not every file system takes in a name. Counts
/// times the energies of ERT.yaml sum to the energy of the report, the areas of ART.yaml to its area.
std::vector<exported_file> accelergy_files(const report& r);

/// A table of energies has one for each action: throws input_error where a layer, or a pass, has number formats in
/// which one takes another energy than in the machine's own.
void check_for_accelergy(const accelerator_config& config, const technology& table, const network& net, run_kind kind);

/// Adds them to `files`. Removes from action_counts/ what an earlier export wrote for other layers, so that the folder
/// is of one run; a file without our first line is left alone. `folder` and its action_counts/ must exist. Throws
/// input_error.
void write_accelergy(const report& r, const std::string& folder, atomic_files& files);

}  // namespace dlac
