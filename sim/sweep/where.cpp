#include "sim/sweep/where.h"

#include <fmt/format.h>
#include <muParser.h>

#include <algorithm>
#include <cmath>
#include <nlohmann/json.hpp>
#include <string_view>
#include <utility>

#include "sim/core/error.h"
#include "sim/core/text.h"

namespace dlac {

struct where_expression::state {
  where_place place;
  mu::Parser parser;
  std::vector<std::size_t> used;
  std::vector<double> values;  ///< of the used names; the parser reads them here

  [[noreturn]] void fail(const std::string& found, const std::string& expected) const {
    throw input_error(place.file, place.pointer, found, expected);
  }
};

namespace {

/// muParser's "=" would change a name's number instead of comparing it.
bool has_assignment(std::string_view text) {
  for (std::size_t i = 0; i < text.size(); ++i) {
    if (text[i] != '=') {
      continue;
    }
    if (i + 1 < text.size() && text[i + 1] == '=') {
      ++i;
    } else if (i == 0 || std::string_view("<>!").find(text[i - 1]) == std::string_view::npos) {
      return true;
    }
  }
  return false;
}

/// Of an expression that has one, and where: "which ends too early", "with an unexpected \",\" at character 3".
std::string mistake_of(const mu::Parser::exception_type& error) {
  const auto with = [&](std::string_view what) {
    const auto token = escaped(error.GetToken());
    return fmt::format("with {}{}{}", what, token.empty() ? "" : " " + in_quotes(token),
                       error.GetPos() < 0 ? "" : fmt::format(" at character {}", error.GetPos() + 1));
  };
  switch (error.GetCode()) {
    case mu::ecUNEXPECTED_EOF:
      return "which ends too early";
    case mu::ecUNEXPECTED_ARG_SEP:
      return with("an unexpected comma");
    case mu::ecUNASSIGNABLE_TOKEN:
      return with("an unknown");
    case mu::ecMISSING_PARENS:
      return "with a parenthesis that is not closed";
    case mu::ecTOO_MANY_PARAMS:
      return with("too many arguments of");
    case mu::ecTOO_FEW_PARAMS:
      return with("too few arguments of");
    case mu::ecMISSING_ELSE_CLAUSE:
      return R"(with a "?" that no ":" follows)";
    case mu::ecMISPLACED_COLON:
      return with(R"(a ":" without its "?")");
    case mu::ecSTR_RESULT:
    case mu::ecUNEXPECTED_STR:
    case mu::ecUNTERMINATED_STRING:
      return "with a text where numbers are";
    case mu::ecEXPRESSION_TOO_LONG:
    case mu::ecIDENTIFIER_TOO_LONG:
      return "which is too long";
    default:
      return with(error.GetToken().empty() ? "something unexpected" : "an unexpected");
  }
}

}  // namespace

void collect_numbers(const nlohmann::json& value, const std::string& key, std::map<std::string, double>& numbers) {
  if (value.is_object()) {
    for (const auto& [name, member] : value.items()) {
      collect_numbers(member, key.empty() ? name : fmt::format("{}.{}", key, name), numbers);
    }
  } else if (value.is_number()) {
    numbers[key] = value.get<double>();
  } else if (value.is_boolean()) {
    numbers[key] = value.get<bool>() ? 1 : 0;
  }
}

where_expression::where_expression(const std::string& text, where_place place, const std::vector<std::string>& names)
    : state_(std::make_unique<state>()) {
  state& s = *state_;
  s.place = std::move(place);
  constexpr std::string_view expected = "an expression such as grid.rows * grid.cols == 128";
  if (has_assignment(text)) {
    s.fail("an assignment \"=\"", "a comparison, such as \"==\"");
  }
  try {
    s.parser.DefineNameChars("abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789_.");
    s.parser.DefineConst("true", 1);
    s.parser.DefineConst("false", 0);
    s.parser.SetExpr(text);
    for (const auto& variable : s.parser.GetUsedVar()) {
      const auto found = std::find(names.begin(), names.end(), variable.first);
      if (found == names.end()) {
        const std::vector<std::string_view> known(names.begin(), names.end());
        s.fail(in_quotes(variable.first), s.place.names + did_you_mean(variable.first, known));
      }
      s.used.push_back(static_cast<std::size_t>(found - names.begin()));
    }
    s.values.resize(s.used.size());
    for (std::size_t i = 0; i < s.used.size(); ++i) {
      s.parser.DefineVar(names[s.used[i]], &s.values[i]);
    }
    static_cast<void>(s.parser.Eval());
    if (s.parser.GetNumResults() > 1) {
      s.fail(in_quotes(text) + ", which has several values", std::string(expected));
    }
  } catch (const mu::Parser::exception_type& error) {
    s.fail(text.find_first_not_of(" \t") == std::string::npos ? "an empty expression"
                                                              : in_quotes(text) + ", " + mistake_of(error),
           std::string(expected));
  }
}

where_expression::~where_expression() = default;
where_expression::where_expression(where_expression&&) noexcept = default;

const std::vector<std::size_t>& where_expression::used() const {
  return state_->used;
}

double where_expression::value(std::span<const double> values) {
  std::copy(values.begin(), values.end(), state_->values.begin());
  try {
    return state_->parser.Eval();
  } catch (const mu::Parser::exception_type& error) {
    state_->fail(mistake_of(error), "an expression that has a value at every point");
  }
}

bool where_expression::holds(std::span<const double> values) {
  const double result = value(values);
  return std::isfinite(result) && result != 0;
}

}  // namespace dlac
