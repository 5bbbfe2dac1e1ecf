// Reports of a hand-made result. Machine: 2 x 4 PEs, F = 2, G = 2, 500 MHz.
//
//   conv  ternary, L = 4: 6400 dense and 1600 effectual MACs in 100 cycles
//         2 * 6400 / 100 = 128 FLOP/cycle, 32 effectual; peak 8 * 4 MACs a cycle: 200 cycles, 2 times the peak;
//         the machine that skips nothing takes 250: 2.5 times as long;
//         1600 / (32 * 100) = 0.5 of the lanes
//   fc    full, L = 2: 800 dense and effectual MACs in 50 cycles: 32 FLOP/cycle, the dense peak
//   both  7200 and 2400 MACs, 150 cycles: 96 and 32 FLOP/cycle; (200 + 50) / 150 times the peak; 300 / 150 over dense;
//         2400 / (32 * 100 + 16 * 50) = 0.6 of the lanes; 150 / 500000 = 0.0003 ms; 96 * 500e6 = 0.048 TFLOP/s
//
// Technology: an fp16 addition is 0.5 pJ, a multiplication 1.5 pJ, control 0.1 mm2 a PE, all else nothing.
//
//   conv  1600 additions: 800 pJ; on the dense machine 6400: 3200 pJ
//   fc    800 multiply-adds: 1600 pJ, on both
//   both  2400 pJ in 0.3 us: 8 mW; 14400 FLOP in 2400 pJ: 6 TFLOP/s/W; 0.8 mm2: 0.06 TFLOP/s/mm2

#include "sim/report/report.h"

#include <doctest/doctest.h>

#include <algorithm>
#include <sstream>

#include "sim/report/report_fields.h"
#include "sim/text/text_table.h"
#include "tests/unit/schema_follows.h"

namespace dlac {
namespace {

using test::check_follows;
using test::keys_of;

using json = nlohmann::ordered_json;

layer_result conv_result() {
  layer_result r;
  r.name = "conv";
  r.block = {4, 8};
  r.epilogue = {"mul-add", "select"};
  r.mm_ops = 2;
  r.m = 16;
  r.n = 10;
  r.k = 20;
  r.dense_macs = 6400;
  r.effectual_macs = 1600;
  r.formats = formats_of(uniform_formats(ieee_float::fp16), pass_kind::forward, weight_format::ternary);
  r.row = {160, 640};
  r.column = {100, 400};
  r.lanes = 4;
  r.counters = {.cycles = 100,
                .parts = {.mm = 80, .pt = 10, .drain_stall = 6, .drain_tail = 4},
                .pe_parts = {.busy = 400, .neighbour = 100, .barrier = 60, .pt = 80, .drain = 80, .inactive = 80},
                .tiles = 3,
                .pe_steps = 400,
                .issued_products = 1600};
  r.dense = r.counters;
  r.dense.cycles = 250;
  r.dense.issued_products = 6400;
  return r;
}

layer_result fc_result() {
  layer_result r;
  r.name = "fc";
  r.block = {1, 32};
  r.order = tile_order::mt_outer;
  r.mm_ops = 1;
  r.m = 1;
  r.n = 8;
  r.k = 100;
  r.dense_macs = 800;
  r.effectual_macs = 800;
  r.row = {100, 100};
  r.column = {800, 800};
  r.lanes = 2;
  r.formats = formats_of(uniform_formats(ieee_float::fp16), pass_kind::forward, weight_format::full);
  r.counters = {.cycles = 50,
                .parts = {.mm = 50},
                .pe_parts = {.busy = 400},
                .tiles = 1,
                .pe_steps = 400,
                .issued_products = 800};
  r.dense = r.counters;
  return r;
}

technology round_numbers() {
  technology table;
  table.name = "round";
  table.area.scheduler.value = 100000;
  table.energy.fp16.add.value = 0.5;
  table.energy.fp16.multiply.value = 1.5;
  for (auto* buffer : {&table.energy.sram_8kib, &table.energy.sram_32kib, &table.energy.sram_1mib}) {
    buffer->value = 64;  // nothing is read, but capacities are interpolated
  }
  return table;
}

/// A report with all that it refers to.
struct example {
  accelerator_config config;
  network net;
  technology table = round_numbers();
  network_result result{.engine = "fast", .kind = run_kind::forward, .layers = {conv_result(), fc_result()}};

  example() {
    config.name = "tiny";
    config.technology = "round";
    config.clock_mhz = 500;
    config.grid = {2, 4};
    config.pe = {.fma_units = 2, .adders = 2, .output_buffers = 32, .output_banks = 2, .operand_queue_depth = 4};
    net.name = "two-layers";
    net.batch = 1;
  }
  [[nodiscard]] report view() const { return {config, net, result, table, {"two-layers", "tiny"}}; }
};

std::vector<std::string> lines_of(const std::string& text) {
  std::vector<std::string> lines;
  std::istringstream stream(text);
  for (std::string line; std::getline(stream, line);) {
    lines.push_back(line);
  }
  return lines;
}

TEST_CASE("report: the JSON has the keys of the format, in its order") {
  const json r = report_json(example().view());
  CHECK(keys_of(r) == std::vector<std::string>{"schema", "version", "timing_rules", "command", "files", "config",
                                               "settings", "workload", "trace_hash", "engine", "pass", "layers",
                                               "totals"});
  CHECK(r["schema"] == "dlac-report/1");
  CHECK(r["engine"] == "fast");
  CHECK(r["pass"] == "forward");
  CHECK(r["config"]["grid"]["cols"] == 4);
  CHECK(r["workload"]["name"] == "two-layers");
  CHECK(keys_of(r["layers"][0]) == std::vector<std::string>{"name",
                                                            "pass",
                                                            "block",
                                                            "order",
                                                            "epilogue",
                                                            "mm_ops",
                                                            "m",
                                                            "n",
                                                            "k",
                                                            "tiles",
                                                            "dense_macs",
                                                            "effectual_macs",
                                                            "density",
                                                            "cycles",
                                                            "cycle_parts",
                                                            "pe_cycle_parts",
                                                            "flop_per_cycle",
                                                            "effectual_flop_per_cycle",
                                                            "share_of_peak",
                                                            "speedup_over_dense",
                                                            "speedup_over_dense_machine",
                                                            "lane_utilisation",
                                                            "traffic_bytes",
                                                            "pe_steps",
                                                            "issued_products",
                                                            "activity",
                                                            "energy_pj",
                                                            "average_power_w",
                                                            "tflops_per_w",
                                                            "energy_delay_mj_ms",
                                                            "dense_machine",
                                                            "numbers",
                                                            "checked",
                                                            "notes"});
  CHECK(keys_of(r["layers"][0]["pe_cycle_parts"]) ==
        std::vector<std::string>{"busy", "memory", "neighbour", "barrier", "pt", "drain", "inactive", "requantise"});
}

TEST_CASE("report: a layer's row, every figure by hand") {
  const json conv = report_json(example().view())["layers"][0];
  CHECK(conv["name"] == "conv");
  CHECK(conv["pass"] == "forward");
  CHECK(conv["block"] == json::array({4, 8}));
  CHECK(conv["order"] == "nt-outer");
  CHECK(conv["epilogue"] == json::parse(R"([{"op": "mul-add"}, {"op": "select"}])"));
  CHECK(conv["mm_ops"] == 2);
  CHECK(conv["m"] == 16);
  CHECK(conv["n"] == 10);
  CHECK(conv["k"] == 20);
  CHECK(conv["tiles"] == 3);
  CHECK(conv["dense_macs"] == 6400);
  CHECK(conv["effectual_macs"] == 1600);
  CHECK(conv["density"] == json::parse(R"({"row": 0.25, "column": 0.25, "operations": 0.25})"));
  CHECK(conv["cycles"] == 100);
  CHECK(conv["cycle_parts"] ==
        json::parse(R"({"mm": 80, "pt": 10, "drain_stall": 6, "drain_tail": 4, "requantise": 0})"));
  CHECK(conv["pe_cycle_parts"]["neighbour"] == 100);
  CHECK(conv["flop_per_cycle"] == 128.0);
  CHECK(conv["effectual_flop_per_cycle"] == 32.0);
  CHECK(conv["share_of_peak"] == 2.0);
  CHECK(conv["speedup_over_dense"] == 2.0);
  CHECK(conv["speedup_over_dense_machine"] == 2.5);
  CHECK(conv["notes"] == json::array());
  CHECK(conv["lane_utilisation"] == 0.5);
}

TEST_CASE("report: energy, area and the dense machine, every figure by hand") {
  const json r = report_json(example().view());
  const json& conv = r["layers"][0];
  CHECK(conv["energy_pj"]["mm_op"] == 800.0);
  CHECK(conv["energy_pj"]["off_chip"] == 0.0);
  CHECK(conv["energy_pj"]["total"] == 800.0);
  CHECK(conv["dense_machine"] == json::parse(R"({"cycles": 250, "energy_pj": 3200.0})"));
  CHECK(r["layers"][1]["energy_pj"]["total"] == 1600.0);
  const json& totals = r["totals"];
  CHECK(totals["energy_pj"]["total"] == 2400.0);
  CHECK(totals["energy_mj"].get<double>() == doctest::Approx(2.4e-6));
  CHECK(totals["average_power_w"].get<double>() == doctest::Approx(0.008));
  CHECK(totals["tflops_per_w"].get<double>() == doctest::Approx(6));
  CHECK(totals["energy_delay_mj_ms"].get<double>() == doctest::Approx(2.4e-6 * 0.0003));
  CHECK(totals["dense_machine"] == json::parse(R"({"cycles": 300, "energy_pj": 4800.0})"));
  CHECK(totals["area_mm2"]["scheduler_and_control"].get<double>() == doctest::Approx(0.8));
  CHECK(totals["area_mm2"]["total"].get<double>() == doctest::Approx(0.8));
  CHECK(totals["tflops_per_mm2"].get<double>() == doctest::Approx(0.06));
  CHECK(totals["ternary"]["energy_pj"]["total"] == 800.0);
  const std::string table = report_table(example().view());
  for (const char* const line :
       {"\narea        0.8 mm2, 0.06 TFLOP/s/mm2; technology round\n",
        "\nenergy      2.4e-06 mJ on chip (mm_op 100 %, ", "\npower       0.008 W on average, 6 TFLOP/s/W, ",
        "\ndense       300 cycles, 4.8e-06 mJ on chip: "}) {
    INFO(std::string(line));
    CHECK(table.find(line) != std::string::npos);
  }
}

TEST_CASE("report: the totals, and those of the ternary layers alone") {
  const json totals = report_json(example().view())["totals"];
  CHECK(totals["mm_ops"] == 3);
  CHECK(totals["tiles"] == 4);
  CHECK(totals["dense_macs"] == 7200);
  CHECK(totals["effectual_macs"] == 2400);
  CHECK(keys_of(totals["density"]) == std::vector<std::string>{"operations"});
  CHECK(totals["density"]["operations"].get<double>() == doctest::Approx(1.0 / 3));
  CHECK(totals["cycles"] == 150);
  CHECK(totals["cycle_parts"]["mm"] == 130);
  CHECK(totals["pe_cycle_parts"]["busy"] == 800);
  CHECK(totals["flop_per_cycle"] == 96.0);
  CHECK(totals["effectual_flop_per_cycle"] == 32.0);
  CHECK(totals["share_of_peak"].get<double>() == doctest::Approx(250.0 / 150));
  CHECK(totals["speedup_over_dense"] == totals["share_of_peak"]);
  CHECK(totals["speedup_over_dense_machine"] == 2.0);
  CHECK(totals["lane_utilisation"].get<double>() == doctest::Approx(0.6));
  CHECK(totals["latency_ms"].get<double>() == doctest::Approx(0.0003));
  CHECK(totals["tflops"].get<double>() == doctest::Approx(0.048));
  CHECK(totals["ternary"]["cycles"] == 100);
  CHECK(totals["ternary"]["flop_per_cycle"] == 128.0);
  CHECK(totals["ternary"]["share_of_peak"] == 2.0);
  CHECK(totals["ternary"]["speedup_over_dense_machine"] == 2.5);
  CHECK(totals["ternary"]["latency_ms"].get<double>() == doctest::Approx(0.0002));
}

TEST_CASE("report: images per second are those of the whole batch") {
  example e;
  e.net.batch = 3;
  const json totals = report_json(e.view())["totals"];
  const double seconds = totals["latency_ms"].get<double>() / 1000;
  CHECK(totals["images_per_second"].get<double>() == doctest::Approx(3 / seconds));
}

TEST_CASE("report: counts are exact beyond the precision of a double") {
  example e;
  e.result.layers[0].dense_macs = (std::uint64_t{1} << 53U) + 1;
  CHECK(report_json(e.view())["layers"][0].dump().find("\"dense_macs\":9007199254740993,") != std::string::npos);
  CHECK(report_csv(e.view()).find(",9007199254740993,") != std::string::npos);
}

TEST_CASE("report: a result without layers has zeros, not infinities") {
  example e;
  e.result.layers.clear();
  const json totals = report_json(e.view())["totals"];
  CHECK(totals["cycles"] == 0);
  CHECK(totals["flop_per_cycle"] == 0.0);
  CHECK(lines_of(report_csv(e.view())).size() == 1);
}

TEST_CASE("report: the schema describes exactly the keys that are written") {
  const json r = report_json(example().view());
  const json schema = report_schema();
  CHECK(schema["$schema"] == "https://json-schema.org/draft/2020-12/schema");
  CHECK(schema["required"].get<std::vector<std::string>>() == keys_of(r));
  CHECK(schema["properties"]["schema"]["const"] == r["schema"]);
  check_follows(r["layers"][0], schema["properties"]["layers"]["items"], "/layers/0");
  check_follows(r["totals"], schema["properties"]["totals"], "/totals");
  CHECK(schema["properties"]["config"]["properties"].contains("grid"));
  CHECK(schema["properties"]["workload"]["properties"].contains("layers"));
}

TEST_CASE("report: CSV, one row per layer under the names of the JSON") {
  const std::vector<std::string> lines = lines_of(report_csv(example().view()));
  REQUIRE(lines.size() == 3);
  CHECK(lines[0] ==
        "name,pass,block,order,epilogue,mm_ops,m,n,k,tiles,dense_macs,effectual_macs,density.row,density.column,"
        "density.operations,cycles,cycle_parts.mm,cycle_parts.pt,cycle_parts.drain_stall,cycle_parts.drain_tail,"
        "cycle_parts.requantise,pe_cycle_parts.busy,pe_cycle_parts.memory,pe_cycle_parts.neighbour,pe_cycle_parts."
        "barrier,pe_cycle_parts.pt,"
        "pe_cycle_parts.drain,pe_cycle_parts.inactive,pe_cycle_parts.requantise,flop_per_cycle,effectual_flop_per_"
        "cycle,share_of_peak,"
        "speedup_over_dense,speedup_over_dense_machine,lane_utilisation,traffic_bytes.weights,traffic_bytes.feature_"
        "map,traffic_bytes.outputs,traffic_bytes.streamed,pe_steps,"
        "issued_products,activity.row_elements_read,activity.column_elements_read,activity.row_elements_queued,"
        "activity.column_elements_queued,activity.pt_mul_adds,activity.pt_adds,activity.pt_elements_streamed,"
        "activity.outputs_drained,activity.slice_mul_adds,activity.slice_adds,energy_pj.mm_op,energy_pj.pt_wise_op,"
        "energy_pj.scheduler,energy_pj.operand_queues,"
        "energy_pj.weight_buffer,energy_pj.feature_map_buffer,energy_pj.output_buffers,energy_pj.drain,"
        "energy_pj.off_chip,energy_pj.clock,energy_pj.leakage,energy_pj.total,average_power_w,tflops_per_w,"
        "energy_delay_mj_ms,dense_machine.cycles,dense_machine.energy_pj,numbers.zeros_made,numbers.saturated,"
        "numbers.sqnr_db.row,numbers.sqnr_db.column,numbers.sqnr_db.output,checked.values,checked.overflowed,"
        "checked.recorded,checked.recorded_of,checked.correlation,checked.largest_error,checked.tolerance,"
        "checked.engines,notes");
  CHECK(lines[1] ==
        "conv,forward,4x8,nt-outer,mul-add+select,2,16,10,20,3,6400,1600,0.25,0.25,0.25,100,80,10,6,4,0,"
        "400,0,100,60,80,80,80,0,128.0,32.0,2.0,2.0,2.5,0.5,,,,,400,1600,0,0,0,0,0,0,0,0,0,0,"
        "800.0,0.0,0.0,0.0,0.0,0.0,0.0,0.0,0.0,0.0,0.0,800.0,0.004,16.0,1.6000000000000004e-10,250,3200.0,0,0,,,,0,,0,"
        "0,,,,0,");
  CHECK(lines[2].starts_with(
      "fc,forward,1x32,mt-outer,,1,1,8,100,1,800,800,1.0,1.0,1.0,50,50,0,0,0,0,400,0,0,0,0,0,0,0,32.0,"
      "32.0,1.0,1.0,1.0,1.0,,,,,"));
}

TEST_CASE("report: what was checked, and how much of it") {
  example e;
  const json nothing = report_json(e.view())["layers"][0]["checked"];
  CHECK(nothing == json::parse(R"({"values": 0, "overflowed": null, "recorded": 0, "recorded_of": 0,
                                   "correlation": null, "largest_error": null, "tolerance": null, "engines": 0})"));
  CHECK(report_table(e.view()).ends_with(
      "\nchecked     values: not compared; recorded: 0 of 0 compared; engines: not compared\n"));

  e.result.layers[0].checked.recorded_of = 160;
  e.result.layers[1].checked.recorded_of = 8;
  CHECK(report_table(e.view()).ends_with(
      "\nchecked     values: not compared; recorded: 0 of 2 compared; engines: not compared\n"));
  CHECK(report_table(e.view()).find("\nrecordings ") == std::string::npos);

  e.result.layers[0].checked = {.values = 160,
                                .overflowed = 3,
                                .recorded = 160,
                                .recorded_of = 160,
                                .agreement = recorded_figures{0.99995, 0.5, 0.75},
                                .engines = 46};
  e.result.layers[1].checked.values = 8;
  e.result.layers[1].checked.engines = 23;
  const json conv = report_json(e.view())["layers"][0]["checked"];
  CHECK(conv == json::parse(R"({"values": 160, "overflowed": 3, "recorded": 160, "recorded_of": 160,
                                "correlation": 0.99995, "largest_error": 0.5, "tolerance": 0.75, "engines": 46})"));
  CHECK(report_json(e.view())["layers"][1]["checked"]["overflowed"] == 0);
  CHECK(report_csv(e.view()).find(",160,3,160,160,0.99995,0.5,0.75,46,") != std::string::npos);
  for (const auto mode : {machine_mode::fp32_training, machine_mode::fp16_inference}) {
    e.config.mode = mode;
    const std::string rule = mode == machine_mode::fp32_training
                                 ? "errors below 1 % of the recorded range"
                                 : "errors at most 2^-11 (K + 4) of the largest recorded magnitude";
    CHECK(report_table(e.view()).ends_with(
        "\nrecordings  correlation above 0.9999, " + rule +
        "\nchecked     values: 168 bit-exact, 3 overflowed; recorded: 1 of 2 compared; "
        "engines: 69 counters equal\n"));
  }
}

TEST_CASE("report: traffic is told where memory is finite") {
  example e;
  CHECK(report_json(e.view())["layers"][0]["traffic_bytes"]["weights"].is_null());
  CHECK(report_table(e.view()).find("\nmemory ") == std::string::npos);
  e.config.memory = memory_config{64, 100, compression::none};
  e.result.layers[0].traffic = {1000, 200, 30};
  e.result.layers[1].traffic = {7, 8, 9};
  const json r = report_json(e.view());
  CHECK(r["layers"][0]["traffic_bytes"] ==
        json::parse(R"({"weights": 1000, "feature_map": 200, "outputs": 30, "streamed": 0})"));
  CHECK(r["totals"]["traffic_bytes"] ==
        json::parse(R"({"weights": 1007, "feature_map": 208, "outputs": 39, "streamed": 0})"));
  CHECK(report_csv(e.view()).find(",2.5,0.5,1000,200,30,") != std::string::npos);
  const std::string table = report_table(e.view());
  CHECK(table.find("64 B/cycle each way, latency 100; 0.001215 MB read (columns 0.001007, rows 0.000208), 3.9e-05 MB "
                   "written") != std::string::npos);
  CHECK(table.find(" mem ") != std::string::npos);
}

TEST_CASE("report: a training step names the passes, and sums up each") {
  example e;
  e.result.kind = run_kind::training;
  e.result.layers[1].pass = pass_kind::backward_weight;
  e.config.memory = memory_config{64, 100, compression::none};
  const json r = report_json(e.view());
  CHECK(r["pass"] == "training");
  CHECK(r["layers"][1]["pass"] == "backward-weight");
  const std::string table = report_table(e.view());
  for (const char* piece :
       {"\nconv ", " fwd ", "\nfc ", " dW ", "\nall fwd ", "\nall dX ", "\nall dW ", "\nall layers "}) {
    INFO(std::string(piece));
    CHECK(table.find(piece) != std::string::npos);
  }
  for (const std::string& line : lines_of(table)) {
    CHECK(line.size() <= 120);
  }
}

TEST_CASE("report: where it comes from, and what was set over the config") {
  example e;
  report r = e.view();
  json plain = report_json(r);
  CHECK(plain["version"].is_string());
  CHECK(plain["timing_rules"] == 1);
  CHECK(plain["settings"] == json::array());
  CHECK(plain["trace_hash"].is_null());
  CHECK(report_table(r).find("\nmachine     tiny, fp16-inference mode") != std::string::npos);

  report changed{.config = r.config,
                 .net = r.net,
                 .result = r.result,
                 .table = r.table,
                 .origin = {.command = "dlac run it",
                            .settings = {"grid.rows=2", "name=tiny", "skip=both"},
                            .trace_hash = "00112233445566778899aabbccddeeff"}};
  const json marked = report_json(changed);
  CHECK(marked["command"] == "dlac run it");
  CHECK(marked["settings"] == json::array({"grid.rows=2", "name=tiny", "skip=both"}));
  CHECK(marked["trace_hash"] == "00112233445566778899aabbccddeeff");
  CHECK(marked["config"]["name"] == "tiny");  // the name itself stays
  CHECK(report_table(changed).find("\nmachine     tiny with grid.rows=2, skip=both, fp16-inference mode") !=
        std::string::npos);
  CHECK(machine_name(r.config, std::vector<std::string>{"technology=a\nb"}) == "tiny with technology=a\\nb");
}

TEST_CASE("report: an operand without non-zeros is noted, with the layers") {
  example e;
  CHECK(report_table(e.view()).find("\nnote ") == std::string::npos);
  for (const char* const name : {"a", "b", "c"}) {
    e.result.layers.push_back(conv_result());
    e.result.layers.back().name = name;
  }
  for (layer_result& layer : e.result.layers) {
    layer.row.nonzeros = layer.name == "fc" ? 1 : 0;
  }
  e.result.layers[1].pass = pass_kind::backward_weight;
  e.result.layers[1].column_operand = tensor_role::gradients;
  e.result.layers[1].column.nonzeros = 0;
  const std::string tail = " are zero: its speed says nothing about real data";
  const json layers = report_json(e.view())["layers"];
  CHECK(layers[0]["notes"] == json::array({"all activations" + tail}));
  CHECK(layers[1]["notes"] == json::array({"all gradients" + tail}));
  const std::string table = report_table(e.view());
  CHECK(table.find("\nnote        conv, a, b, c: all activations are zero: its speed says nothing about real data\n") !=
        std::string::npos);
  CHECK(table.find("\nnote        fc dW: all gradients are zero: its speed") != std::string::npos);
  const std::vector<std::string> lines = lines_of(report_csv(e.view()));
  CHECK(lines[1].ends_with(",all activations" + tail));
  e.result.layers[0].name = std::string(60, 'x');
  CHECK(report_table(e.view()).find(
            "xxx and 3 more: all activations are zero: its speed says nothing about real data\n") != std::string::npos);
}

TEST_CASE("report: CSV quotes names that need it") {
  example e;
  e.result.layers[0].name = "a,b";
  e.result.layers[1].name = "say \"hi\"";
  const std::vector<std::string> lines = lines_of(report_csv(e.view()));
  CHECK(lines[1].starts_with("\"a,b\",forward,"));
  CHECK(lines[2].starts_with("\"say \"\"hi\"\"\",forward,"));
}

TEST_CASE("report: the table has a line a layer, sums, and the figures of the run") {
  const std::string text = report_table(example().view());
  CHECK(text.ends_with("\n"));
  const std::vector<std::string> lines = lines_of(text);
  CHECK(lines[2] ==
        "conv              4x8     100    128.0 32.0  2.00  2.50   25.0  25.0  25.0   50.0  12.5  7.5 10.0 10.0  10.0  "
        "0.0");
  CHECK(lines[3].starts_with("fc               1x32      50     32.0 32.0  1.00  1.00  100.0 100.0 100.0  100.0"));
  CHECK(lines[5].starts_with("all layers                150     96.0 32.0  1.67  2.00   33.3"));
  CHECK(lines[6].starts_with("ternary layers            100    128.0 32.0  2.00  2.50   25.0"));
  for (const char* const piece : {"\nmachine     tiny, ", "2 x 4 = 8", "4 lanes for ternary weights", "500 MHz",
                                  "two-layers, batch 1, forward pass", "\nengine      fast\n", "\ncycles      150\n",
                                  "0.0003 ms", "0.048 TFLOP/s, dense-equivalent"}) {
    INFO(std::string(piece));
    CHECK(text.find(piece) != std::string::npos);
  }
}

TEST_CASE("report: of an interrupted run every format says so") {
  example e;
  CHECK(!report_json(e.view()).contains("partial"));
  CHECK(report_csv(e.view()).find("partial") == std::string::npos);
  CHECK(report_table(e.view()).find("partial") == std::string::npos);
  e.result.planned = 37;
  CHECK(report_json(e.view())["partial"] == json{{"done", 2}, {"of", 37}});
  const std::vector<std::string> csv = lines_of(report_csv(e.view()));
  CHECK(csv[0].ends_with(",partial"));
  CHECK(csv[1].ends_with(",2 of 37"));
  CHECK(csv[2].ends_with(",2 of 37"));
  CHECK(report_table(e.view()).find("\npartial     2 of 37 layers and passes: the run was interrupted") !=
        std::string::npos);
  const json schema = report_schema();
  CHECK(schema["properties"].contains("partial"));
  CHECK(std::find(schema["required"].begin(), schema["required"].end(), "partial") == schema["required"].end());
}

TEST_CASE("report: neither long names nor large counts break the table") {
  example e;
  e.result.layers[0].name = std::string(300, 'x') + ".conv1";
  e.result.layers[1].name = "größenwahnsinnige.schicht.mit.überlangem.namen.und.mehr.als.das";
  e.config.name = std::string(500, 'n');
  e.result.layers[1].counters.cycles = 1234567890123;
  const std::vector<std::string> lines = lines_of(report_table(e.view()));
  for (const std::string& line : lines) {
    INFO(line);
    CHECK(character_count(line) <= 120);
    CHECK(!line.ends_with(" "));
  }
  const std::size_t width = character_count(lines[1]);
  for (const std::size_t row : {2, 3, 5, 6}) {
    CHECK(character_count(lines[row]) == width);
  }
  CHECK(lines[2].find("…") != std::string::npos);
  CHECK(lines[2].find("conv1 ") != std::string::npos);
}

}  // namespace
}  // namespace dlac
