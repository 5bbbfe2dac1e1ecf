// What a row of a report is made of: one layer, or the sums of several.

#include <functional>

#include "sim/report/report_fields.h"

namespace dlac {
namespace {

/// All that a row sums up over its layers.
void add_layer(report_row& sum, const report& r, const layer_result& layer) {
  sum.sums.add(layer, r.config);
  sum.energy += energy_of(r.config, r.table, layer);
  sum.dense_energy += energy_of(r.config, r.table, on_dense_machine(layer));
}

void derive(report_row& sum, const report& r) {
  sum.figures = sum.sums.derive(r.config);
  sum.images = r.net.batch;
  sum.has_memory = r.config.memory.has_value();
  sum.area = area_of(r.config, r.table);
  sum.energy_derived =
      derive_energy_figures(sum.energy.total(), sum.sums.counters.cycles, sum.sums.dense_macs, r.config.clock_mhz);
}

report_row row_of_layers(const report& r, const std::function<bool(const layer_result&)>& belongs) {
  report_row sum;
  for (const layer_result& layer : r.result.layers) {
    if (belongs(layer)) {
      add_layer(sum, r, layer);
    }
  }
  derive(sum, r);
  return sum;
}

}  // namespace

report_row layer_row(const report& r, const layer_result& layer) {
  report_row row;
  row.layer = &layer;
  add_layer(row, r, layer);
  derive(row, r);
  return row;
}

report_row total_row(const report& r, layer_choice choice) {
  return row_of_layers(r, [choice](const layer_result& layer) {
    return choice == layer_choice::all || is_ternary(layer.formats.columns);
  });
}

report_row pass_row(const report& r, pass_kind pass) {
  return row_of_layers(r, [pass](const layer_result& layer) { return layer.pass == pass; });
}

}  // namespace dlac
