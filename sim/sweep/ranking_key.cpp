#include "sim/sweep/ranking_key.h"

#include <algorithm>
#include <limits>
#include <string_view>
#include <utility>

#include "sim/core/error.h"
#include "sim/core/text.h"
#include "sim/report/report_fields.h"
#include "sim/sweep/result_files.h"

namespace dlac {
namespace {

constexpr std::string_view totals_prefix = "totals.";

/// As the report's fields say; of an axis, smaller.
bool is_larger_better(std::string_view name) {
  const auto fields = report_fields();
  return name.starts_with(totals_prefix) && std::any_of(fields.begin(), fields.end(), [&](const report_field& field) {
           return field.name == name.substr(totals_prefix.size()) && field.better == direction::larger_is_better;
         });
}

}  // namespace

double ranking_key::number_of(const nlohmann::json& axes, const nlohmann::json& totals) const {
  constexpr double none = std::numeric_limits<double>::quiet_NaN();
  if (!name.starts_with(totals_prefix)) {
    const auto found = axes.find(name);
    return found != axes.end() && found->is_number() ? found->get<double>() : none;
  }
  const auto pointer = pointer_of(name.substr(totals_prefix.size()));
  return totals.contains(pointer) && totals.at(pointer).is_number() ? totals.at(pointer).get<double>() : none;
}

ranking_key read_ranking_key(const std::string& text, std::vector<std::string> axes, const std::string& file,
                             const std::string& pointer) {
  auto name = text;
  std::string suffix;
  for (const std::string word : {":min", ":max"}) {
    if (name.ends_with(word)) {
      name.resize(name.size() - word.size());
      suffix = word;
    }
  }
  auto names = std::move(axes);
  for (auto& total : total_names()) {
    names.push_back(std::move(total));
  }
  if (std::find(names.begin(), names.end(), name) == names.end()) {
    const std::vector<std::string_view> known(names.begin(), names.end());
    throw input_error(
        file, pointer, in_quotes(text),
        "an axis or a number such as totals.cycles, with or without :min or :max" + did_you_mean(name, known));
  }
  return {name, suffix.empty() ? is_larger_better(name) : suffix == ":max"};
}

}  // namespace dlac
