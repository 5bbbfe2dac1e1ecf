#include "sim/sweep/point_run.h"

#include <new>
#include <stdexcept>
#include <utility>

#include "models/energy.h"
#include "sim/core/error.h"
#include "sim/core/memory_pool.h"
#include "sim/report/report.h"
#include "sim/report/report_fields.h"
#include "sim/trace/mapped_file.h"

namespace dlac {
namespace {

point_result simulate(const point_inputs& inputs, const operand_provider& operands, bool per_layer, unsigned threads,
                      const std::function<void()>& before_layer) {
  const network_result result =
      run_layers(inputs.config, inputs.variant->net, inputs.variant->layers, operands,
                 {.engine = by_fast_engine{threads},
                  .kind = inputs.pass,
                  .progress = [&](std::size_t, std::size_t, const std::string&) { before_layer(); },
                  .energy = energy_by(inputs.config, *inputs.table)});
  // Of masks that are shared between points nothing is read again: the file is looked at all the same.
  if (const network& net = inputs.variant->net; net.trace_stamp) {
    expect_unchanged(net.trace_path.value(), *net.trace_stamp);
  }
  const report r{.config = inputs.config, .net = inputs.variant->net, .result = result, .table = *inputs.table};
  point_result done{.totals = row_json(total_row(r, layer_choice::all), field_scope::total).dump()};
  if (per_layer) {
    nlohmann::ordered_json layers = nlohmann::ordered_json::array();
    for (const auto& layer : result.layers) {
      layers.push_back(row_json(layer_row(r, layer), field_scope::layer));
    }
    done.layers = layers.dump();
  }
  return done;
}

}  // namespace

std::string_view to_string(point_status status) {
  switch (status) {
    case point_status::ok:
      return "ok";
    case point_status::error:
      return "error";
    case point_status::failed:
      return "failed";
  }
  throw std::logic_error("no such point_status");
}

point_result run_point(const point_inputs& inputs, const std::function<const operand_provider&()>& operands,
                       bool per_layer, unsigned threads, const std::function<void()>& before_layer) {
  try {
    return simulate(inputs, operands(), per_layer, threads, before_layer);
  } catch (const changed_file&) {
    throw;                                      // no result of this point, nor of any other that is still to be run
  } catch (const out_of_memory_error& error) {  // another time there may be more of it
    return {.status = point_status::failed, .error = error.what()};
  } catch (const input_error& error) {
    return {.status = point_status::error, .error = error.what()};
  } catch (const simulation_error& error) {
    return {.status = point_status::failed, .error = error.what()};
  } catch (const std::bad_alloc&) {
    return {.status = point_status::failed, .error = out_of_memory_text()};
  }
}

}  // namespace dlac
