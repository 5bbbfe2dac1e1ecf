#pragma once
// Arguments of a command, read strictly: options may stand anywhere, none is guessed from its first letters, none is
// given twice unless it is a list. Every mistake is an input_error.

#include <boost/program_options.hpp>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "sim/cli/commands.h"

namespace dlac {

/// What a command understands, and its help.
struct command_syntax {
  std::string name;  ///< "dlac run"
  /// Names of the arguments that must be given, in order: "WORKLOAD". The last may be a list: "DIR...".
  std::vector<std::string> arguments;
  std::string optional_argument = {};  ///< one that may follow them: "METRIC"
  std::string description;
  std::string examples;
  boost::program_options::options_description options{"Options"};  ///< without --help, which every command has
};

/// The value of an option that takes exactly `count` words, so that arguments may follow: --export FORMAT DIR. Read
/// them by command_line::texts.
boost::program_options::value_semantic* words_value(unsigned count, const char* value_name);

/// For people, with the examples.
std::string help_text(const command_syntax& syntax);

class command_line {
 public:
  command_line(const command_syntax& syntax, const arguments& given);

  /// --help is given; nothing else has been checked then, and nothing else may be asked for.
  [[nodiscard]] bool wants_help() const { return wants_help_; }
  /// In the order of the syntax.
  [[nodiscard]] const std::string& argument(std::size_t index) const { return arguments_[index]; }
  /// All from there on.
  [[nodiscard]] std::vector<std::string> arguments_from(std::size_t index) const;
  [[nodiscard]] bool has(const std::string& option) const { return options_.count(option) > 0; }
  [[nodiscard]] std::optional<std::string> text(const std::string& option) const;
  [[nodiscard]] std::vector<std::string> texts(const std::string& option) const;

 private:
  bool wants_help_ = false;
  std::vector<std::string> arguments_;
  boost::program_options::variables_map options_;
};

/// The position of `word` in `words`; throws input_error at `place` ("--engine") for any other word.
std::size_t choose(std::string_view place, const std::string& word, const std::vector<std::string_view>& words);

/// The number that `text`, a value of `option`, is; throws input_error otherwise.
std::size_t count_in(const std::string& option, std::string_view text, const std::string& expected);

/// --jobs of a command that has it, `fallback` where it is not given: a number of threads, 0 for all cores.
unsigned job_count(const command_line& line, const std::string& fallback);

}  // namespace dlac
