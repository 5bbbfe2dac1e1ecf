#pragma once
// Reports of different engines, compared.

#include <doctest/doctest.h>

#include <nlohmann/json.hpp>
#include <string>

namespace dlac::test {

/// A report without what tells the engines apart: their name, the command, and what the run compared.
inline nlohmann::ordered_json same_part(nlohmann::ordered_json report) {
  CHECK(report.erase("engine") == 1);
  report.erase("command");
  for (auto& layer : report["layers"]) {
    CHECK(layer.erase("checked") == 1);
  }
  return report;
}

inline nlohmann::ordered_json same_part(const std::string& report) {
  return same_part(nlohmann::ordered_json::parse(report));
}

}  // namespace dlac::test
