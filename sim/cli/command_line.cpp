#include "sim/cli/command_line.h"

#include <fmt/format.h>

#include <algorithm>
#include <boost/program_options.hpp>
#include <charconv>
#include <sstream>
#include <system_error>
#include <thread>

#include "sim/core/error.h"
#include "sim/core/text.h"
#include "sim/json/json_reader.h"
#include "sim/workload/network.h"

namespace dlac {
namespace {

namespace po = boost::program_options;

constexpr unsigned help_columns = 100;

/// An option's words: as many as it takes, as they stand.
class words_semantic : public po::untyped_value {
 public:
  explicit words_semantic(option_value value) : value_(std::move(value)) {}
  std::string name() const override { return value_.name; }
  unsigned min_tokens() const override { return value_.words; }
  unsigned max_tokens() const override { return value_.words; }

 private:
  option_value value_;
};

po::options_description all_options(const command_syntax& syntax) {
  po::options_description options("Options", help_columns);
  auto add = options.add_options();
  for (const command_option& option : syntax.options) {
    // The library owns what it is given here.
    add(option.name.c_str(), new words_semantic(option.value), option.description.c_str());
  }
  add("help,h", "show this help");
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

/// The library's exceptions told in our words.
template <class Parse>
auto parse_or_explain(const command_syntax& syntax, const po::options_description& options, const Parse& parse) {
  try {
    return parse();
  } catch (const po::unknown_option& error) {
    throw unknown_option(syntax, error.get_option_name(), options);
  } catch (const po::invalid_command_line_syntax& error) {
    const bool extra = error.kind() == po::invalid_syntax::extra_parameter ||
                       error.kind() == po::invalid_syntax::long_adjacent_not_allowed;
    throw input_error(syntax.name, error.get_option_name(), extra ? "a value" : "no value",
                      extra ? "none" : missing_value(options, error.get_option_name()));
  } catch (const po::error& error) {
    throw input_error(syntax.name + ": " + error.what());
  }
}

/// What the options were given, by their names. The library does not mind an option in the place of several words.
std::map<std::string, std::vector<std::string>> words_of_options(const command_syntax& syntax,
                                                                 const po::options_description& options,
                                                                 const po::parsed_options& parsed) {
  std::map<std::string, std::vector<std::string>> words;
  for (const po::option& given : parsed.options) {
    const auto known = std::find_if(syntax.options.begin(), syntax.options.end(),
                                    [&](const command_option& option) { return option.name == given.string_key; });
    if (known == syntax.options.end()) {
      continue;  // an argument
    }
    const std::string name = "--" + known->name;
    if (known->value.words > 1 && std::any_of(given.value.begin(), given.value.end(),
                                              [](const std::string& word) { return word.starts_with("-"); })) {
      throw input_error(syntax.name, name, "no value", missing_value(options, name));
    }
    const auto [place, is_first] = words.try_emplace(known->name);
    if (!is_first && !known->value.is_repeatable) {
      throw input_error(syntax.name, name, "the option more than once", "it once");
    }
    place->second.insert(place->second.end(), given.value.begin(), given.value.end());
  }
  return words;
}

std::string placeholders(const command_syntax& syntax) {
  std::string result;
  for (const std::string& name : syntax.arguments) {
    result += " " + name;
  }
  return syntax.optional_argument.empty() ? result : result + " [" + syntax.optional_argument + "]";
}

/// The number from `least` to `most` that `text`, a value of `option`, is; `what` it counts: "a number of images".
std::size_t count_between(const std::string& option, std::string_view text, std::string_view what, std::size_t least,
                          std::size_t most) {
  const auto expected = fmt::format("{} from {} to {}", what, least, most);
  const auto count = count_in(option, text, expected);
  if (count < least || count > most) {
    throw input_error(option, "", in_quotes(text), expected);
  }
  return count;
}

}  // namespace

option_value text_value(std::string name) {
  return words_value(1, std::move(name));
}

option_value texts_value(std::string name) {
  return {.name = std::move(name), .words = 1, .is_repeatable = true};
}

option_value words_value(unsigned words, std::string name) {
  return {.name = std::move(name), .words = words};
}

void command_syntax::add(std::string option, option_value value, std::string what_it_does) {
  options.push_back({std::move(option), std::move(value), std::move(what_it_does)});
}

void command_syntax::add(std::string option, std::string what_it_does) {
  add(std::move(option), option_value(), std::move(what_it_does));
}

std::string help_text(const command_syntax& syntax) {
  std::ostringstream options;
  options << all_options(syntax);
  return fmt::format("Usage: {}{}{}\n\n{}\n\n{}\nExamples:\n{}", syntax.name, placeholders(syntax),
                     syntax.options.empty() ? "" : " [OPTIONS]", syntax.description, options.str(), syntax.examples);
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
    options_ = words_of_options(syntax, options, parsed);
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
  const std::string& word = options_.at(option).front();
  if (word.empty()) {
    throw input_error("--" + option, "", "an empty word", "a value");
  }
  return word;
}

std::vector<std::string> command_line::texts(const std::string& option) const {
  const auto found = options_.find(option);
  return found == options_.end() ? std::vector<std::string>() : found->second;
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

std::string command_text(std::string_view command, const arguments& given) {
  std::string text(command);
  for (const std::string& word : given) {
    text += ' ' + shell_quoted(word);
  }
  return text;
}

std::optional<std::uint32_t> chosen_batch(const command_line& line) {
  const auto text = line.text("batch");
  if (!text) {
    return std::nullopt;
  }
  return static_cast<std::uint32_t>(count_between("--batch", *text, "a number of images", 1, largest_batch));
}

unsigned job_count(const command_line& line, const std::string& fallback) {
  constexpr unsigned most_jobs = 1024;
  const auto text = line.text("jobs").value_or(fallback);
  const auto jobs = static_cast<unsigned>(count_between("--jobs", text, "a number of threads", 0, most_jobs));
  return jobs == 0 ? std::max(1U, std::thread::hardware_concurrency()) : jobs;
}

}  // namespace dlac
