#include "sim/cli/command_line.h"

#include <fmt/format.h>

#include <algorithm>
#include <charconv>
#include <sstream>
#include <system_error>
#include <thread>

#include "sim/core/error.h"
#include "sim/core/text.h"
#include "sim/json/json_reader.h"

namespace dlac {
namespace {

namespace po = boost::program_options;

constexpr unsigned help_columns = 100;

class words_semantic : public po::typed_value<std::vector<std::string>> {
 public:
  words_semantic(unsigned count, const char* name) : typed_value(nullptr), count_(count) { value_name(name); }
  unsigned min_tokens() const override { return count_; }
  unsigned max_tokens() const override { return count_; }

 private:
  unsigned count_;
};

po::options_description all_options(const command_syntax& syntax) {
  po::options_description options("Options", help_columns);
  for (const auto& option : syntax.options.options()) {
    options.add(option);
  }
  options.add_options()("help,h", "show this help");
  return options;
}

std::vector<std::string> option_names(const po::options_description& options) {
  std::vector<std::string> names;
  for (const auto& option : options.options()) {
    names.push_back("--" + option->long_name());
  }
  return names;
}

input_error unknown_option(const command_syntax& syntax, const std::string& found,
                           const po::options_description& options) {
  const std::vector<std::string> names = option_names(options);
  const std::vector<std::string_view> known(names.begin(), names.end());
  return {syntax.name, "", "an unknown option " + in_quotes(found),
          fmt::format("an option of {} --help{}", syntax.name, did_you_mean(found, known))};
}

/// What should follow an option, which may be written "--jobs" or "jobs".
std::string missing_value(const po::options_description& options, const std::string& option) {
  const po::option_description* description = options.find_nothrow(option.substr(option.find_first_not_of('-')), false);
  return description == nullptr || description->semantic()->max_tokens() < 2
             ? "a value after the option"
             : fmt::format("{} after the option", description->semantic()->name());
}

po::variables_map stored(const po::parsed_options& parsed) {
  po::variables_map values;
  po::store(parsed, values);
  return values;
}

/// The library's exceptions told in our words.
template <class Parse>
auto parse_or_explain(const command_syntax& syntax, const po::options_description& options, const Parse& parse) {
  try {
    return parse();
  } catch (const po::unknown_option& error) {
    throw unknown_option(syntax, error.get_option_name(), options);
  } catch (const po::multiple_occurrences& error) {
    throw input_error(syntax.name, error.get_option_name(), "the option more than once", "it once");
  } catch (const po::invalid_command_line_syntax& error) {
    const bool extra = error.kind() == po::invalid_syntax::extra_parameter ||
                       error.kind() == po::invalid_syntax::long_adjacent_not_allowed;
    throw input_error(syntax.name, error.get_option_name(), extra ? "a value" : "no value",
                      extra ? "none" : missing_value(options, error.get_option_name()));
  } catch (const po::error& error) {
    throw input_error(syntax.name + ": " + error.what());
  }
}

/// The library neither minds a second time nor an option in the place of a word.
void check_words_options(const command_syntax& syntax, const po::options_description& options,
                         const po::parsed_options& parsed) {
  std::vector<std::string> seen;
  for (const po::option& option : parsed.options) {
    const po::option_description* known =
        option.string_key.empty() ? nullptr : options.find_nothrow(option.string_key, false);
    if (known == nullptr || known->semantic()->max_tokens() < 2) {
      continue;
    }
    const std::string name = "--" + option.string_key;
    if (std::any_of(option.value.begin(), option.value.end(), [](const auto& word) { return word.starts_with("-"); })) {
      throw input_error(syntax.name, name, "no value", missing_value(options, name));
    }
    if (std::find(seen.begin(), seen.end(), name) != seen.end()) {
      throw input_error(syntax.name, name, "the option more than once", "it once");
    }
    seen.push_back(name);
  }
}

std::string placeholders(const command_syntax& syntax) {
  std::string result;
  for (const std::string& name : syntax.arguments) {
    result += " " + name;
  }
  return syntax.optional_argument.empty() ? result : result + " [" + syntax.optional_argument + "]";
}

}  // namespace

po::value_semantic* words_value(unsigned count, const char* value_name) {
  return new words_semantic(count, value_name);  // owned by the option, as the library has it
}

std::string help_text(const command_syntax& syntax) {
  std::ostringstream options;
  options << all_options(syntax);
  return fmt::format("Usage: {}{}{}\n\n{}\n\n{}\nExamples:\n{}", syntax.name, placeholders(syntax),
                     syntax.options.options().empty() ? "" : " [OPTIONS]", syntax.description, options.str(),
                     syntax.examples);
}

command_line::command_line(const command_syntax& syntax, const arguments& given) {
  // Whatever else is wrong, who asks for help gets it; what follows "--" is no option.
  const auto end_of_options = std::find(given.begin(), given.end(), "--");
  wants_help_ = std::any_of(given.begin(), end_of_options,
                            [](const std::string& word) { return word == "--help" || word == "-h"; });
  if (wants_help_) {
    return;
  }
  const po::options_description options = all_options(syntax);
  const int style = po::command_line_style::unix_style & ~po::command_line_style::allow_guessing;
  parse_or_explain(syntax, options, [&] {
    const po::parsed_options parsed = po::command_line_parser(given).options(options).style(style).run();
    for (const po::option& option : parsed.options) {
      if (option.string_key.empty()) {
        arguments_.insert(arguments_.end(), option.value.begin(), option.value.end());
      }
    }
    check_words_options(syntax, options, parsed);
    options_ = stored(parsed);
  });
  if (arguments_.size() < syntax.arguments.size()) {
    throw input_error(syntax.name, "", "no " + syntax.arguments[arguments_.size()],
                      fmt::format("{}{} (see {} --help)", syntax.name, placeholders(syntax), syntax.name));
  }
  const bool is_list = !syntax.arguments.empty() && syntax.arguments.back().ends_with("...");
  const std::size_t most = syntax.arguments.size() + (syntax.optional_argument.empty() ? 0 : 1);
  if (arguments_.size() > most && !is_list) {
    throw input_error(syntax.name, "", "an argument too many: " + in_quotes(arguments_[most]),
                      fmt::format("{}{} (see {} --help)", syntax.name, placeholders(syntax), syntax.name));
  }
}

std::vector<std::string> command_line::arguments_from(std::size_t index) const {
  return {arguments_.begin() + static_cast<std::ptrdiff_t>(index), arguments_.end()};
}

std::optional<std::string> command_line::text(const std::string& option) const {
  if (!has(option)) {
    return std::nullopt;
  }
  const auto& word = options_[option].as<std::string>();
  if (word.empty()) {
    throw input_error("--" + option, "", "an empty word", "a value");
  }
  return word;
}

std::vector<std::string> command_line::texts(const std::string& option) const {
  return has(option) ? options_[option].as<std::vector<std::string>>() : std::vector<std::string>();
}

std::size_t choose(std::string_view place, const std::string& word, const std::vector<std::string_view>& words) {
  const auto found = std::find(words.begin(), words.end(), word);
  if (found == words.end()) {
    throw input_error(place, "", in_quotes(word), choice_expectation(words) + did_you_mean(word, words));
  }
  return static_cast<std::size_t>(found - words.begin());
}

std::size_t count_in(const std::string& option, std::string_view text, const std::string& expected) {
  std::size_t value = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value);
  if (error != std::errc() || end != text.data() + text.size()) {
    throw input_error(option, "", in_quotes(text), expected);
  }
  return value;
}

unsigned job_count(const command_line& line, const std::string& fallback) {
  constexpr unsigned most_jobs = 1024;
  const auto text = line.text("jobs").value_or(fallback);
  unsigned jobs = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), jobs);
  if (error != std::errc() || end != text.data() + text.size() || jobs > most_jobs) {
    throw input_error("--jobs", "", in_quotes(text), fmt::format("a number of threads from 0 to {}", most_jobs));
  }
  return jobs == 0 ? std::max(1U, std::thread::hardware_concurrency()) : jobs;
}

}  // namespace dlac
