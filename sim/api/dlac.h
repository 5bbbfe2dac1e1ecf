#pragma once
// The simulator as a library: everything that the program `dlac` does, as functions. They take objects and return
// objects, print nothing, and throw what sim/core/error.h names. docs/library.md has an example of each.
//
//   load_machine, load_network   what a simulation is made of     sim/api/inputs.h
//   simulation, simulate         a network on a machine           sim/api/simulate.h
//   report_table, _json, _csv    what came out, in words          sim/report/report.h
//   sweep                        many machines and networks       sim/api/sweep.h
//   validate                     published figures                sim/api/validate.h
//   import_network               a workload of another tool      sim/api/import.h
//   convert_file                 tensors in a number format       sim/api/numbers.h
//   make_area_report             area and peak of a machine       sim/report/area_report.h
//   make_operations_report       operations and size of a network sim/report/operations_report.h

#include "sim/api/evaluate.h"
#include "sim/api/import.h"
#include "sim/api/inputs.h"
#include "sim/api/numbers.h"
#include "sim/api/simulate.h"
#include "sim/api/sweep.h"
#include "sim/api/validate.h"
#include "sim/core/error.h"
#include "sim/core/stop.h"
#include "sim/report/area_report.h"
#include "sim/report/operations_report.h"
#include "sim/report/report.h"
