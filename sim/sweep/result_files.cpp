#include "sim/sweep/result_files.h"

#include <fmt/format.h>

#include <algorithm>
#include <filesystem>

#include <nlohmann/json.hpp>

#include "sim/core/file_io.h"
#include "sim/core/text.h"
#include "sim/report/report_fields.h"

namespace dlac {
namespace {

using json = nlohmann::ordered_json;

constexpr const char* csv_name = "results.csv";
constexpr const char* jsonl_name = "results.jsonl";

/// Text as it is, nothing for null, anything else as JSON.
std::string cell(const json& value) {
  return value.is_null() ? "" : csv_field(value.is_string() ? value.get<std::string>() : value.dump());
}

/// Members of the report's totals.
std::vector<std::string> field_names() {
  std::vector<std::string> names;
  for (const auto& field : report_fields()) {
    if (field.is_in(field_scope::total)) {
      names.push_back(field.name);
    }
  }
  return names;
}

std::string csv_header(const std::vector<std::string>& axes) {
  std::string line = "point";
  for (const auto& axis : axes) {
    line += ',' + csv_field(axis);
  }
  line += ",status,error";
  for (const auto& name : total_names()) {
    line += ',' + name;
  }
  return line + '\n';
}

std::string csv_line(const stored_point& done, const std::vector<std::string>& axes,
                     const std::vector<json::json_pointer>& fields) {
  const auto values = json::parse(done.axes);
  std::string line = std::to_string(done.point);
  for (const auto& axis : axes) {
    line += ',' + cell(values.at(axis));
  }
  line += fmt::format(",{},{}", to_string(done.result.status), csv_field(done.result.error));
  const auto totals = done.result.totals.empty() ? json::object() : json::parse(done.result.totals);
  for (const auto& field : fields) {
    line += ',' + (totals.contains(field) ? cell(totals.at(field)) : "");
  }
  return line + '\n';
}

std::string json_line(const stored_point& done) {
  auto line = fmt::format(R"({{"point":{},"key":"{}","axes":{},"status":"{}")", done.point, done.key, done.axes,
                          to_string(done.result.status));
  if (done.result.status != point_status::ok) {
    line += R"(,"error":)" + json(done.result.error).dump(-1, ' ', false, json::error_handler_t::replace);
  } else {
    line += R"(,"totals":)" + done.result.totals;
  }
  if (!done.result.layers.empty()) {
    line += R"(,"layers":)" + done.result.layers;
  }
  return line + "}\n";
}

}  // namespace

json::json_pointer pointer_of(const std::string& dotted) {
  json::json_pointer pointer;
  std::size_t begin = 0;
  while (begin <= dotted.size()) {
    const auto end = std::min(dotted.find('.', begin), dotted.size());
    pointer.push_back(dotted.substr(begin, end - begin));
    begin = end + 1;
  }
  return pointer;
}

std::vector<std::string> total_names() {
  auto names = field_names();
  for (auto& name : names) {
    name.insert(0, "totals.");
  }
  return names;
}

void check_result_files(const std::filesystem::path& folder) {
  std::error_code ignored;
  if (std::filesystem::is_directory(folder, ignored)) {
    check_file_to_write(folder / csv_name);
    check_file_to_write(folder / jsonl_name);
  }
}

void write_result_files(result_store& store) {
  std::vector<json::json_pointer> fields;
  for (const auto& name : field_names()) {
    fields.push_back(pointer_of(name));
  }
  const auto& axes = store.identity().axes;
  const std::filesystem::path folder = store.folder();
  // Of two processes that end together, the one that writes last has seen what both have done.
  store.while_locked([&] {
    atomic_files files;
    atomic_file& csv = files.add(folder / csv_name);
    atomic_file& jsonl = files.add(folder / jsonl_name);
    csv.write(csv_header(axes));
    store.for_each([&](const stored_point& done) {
      csv.write(csv_line(done, axes, fields));
      jsonl.write(json_line(done));
    });
    files.commit();
  });
}

}  // namespace dlac
