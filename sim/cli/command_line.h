#pragma once
// Arguments of a command, read strictly: options may stand anywhere, none is guessed from its first letters, none is
// given twice unless it is a list. Every mistake is an input_error.

#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "sim/cli/commands.h"

namespace dlac {

/// The words that follow an option.
struct option_value {
  std::string name = {};  ///< in the help: "FILE"
  unsigned words = 0;     ///< none: the option is a switch
  bool is_repeatable = false;
};

/// Read by command_line::text.
option_value text_value(std::string name);
/// Of an option that may be given again; read by command_line::texts.
option_value texts_value(std::string name);
/// Exactly `words` words, so that arguments may follow: --export FORMAT DIR. Read by command_line::texts.
option_value words_value(unsigned words, std::string name);

struct command_option {
  std::string name;  ///< "jobs" of --jobs
  option_value value;
  std::string description;
};

/// What a command understands, and its help.
struct command_syntax {
  std::string name;  ///< "dlac run"
  /// Names of the arguments that must be given, in order: "WORKLOAD". The last may be a list: "DIR...".
  std::vector<std::string> arguments;
  std::string optional_argument = {};  ///< one that may follow them: "METRIC"
  std::string description;
  std::string examples;
  std::vector<command_option> options = {};  ///< without --help, which every command has

  void add(std::string option, option_value value, std::string what_it_does);
  void add(std::string option, std::string what_it_does);  ///< a switch
};

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
  [[nodiscard]] bool has(const std::string& option) const { return options_.contains(option); }
  [[nodiscard]] std::optional<std::string> text(const std::string& option) const;
  [[nodiscard]] std::vector<std::string> texts(const std::string& option) const;

 private:
  bool wants_help_ = false;
  std::vector<std::string> arguments_;
  std::map<std::string, std::vector<std::string>> options_;  ///< those that were given, and their words
};

/// The position of `word` in `words`; throws input_error at `place` ("--engine") for any other word.
std::size_t choose(std::string_view place, const std::string& word, const std::vector<std::string_view>& words);

/// The number that `text`, a value of `option`, is; throws input_error otherwise.
std::size_t count_in(const std::string& option, std::string_view text, const std::string& expected);

/// The command line again, for reports: "dlac run" and its arguments, quoted as a shell takes them.
std::string command_text(std::string_view command, const arguments& given);

/// The images of --batch, where it is given.
std::optional<std::uint32_t> chosen_batch(const command_line& line);

/// --jobs of a command that has it, `fallback` where it is not given: a number of threads, 0 for all cores.
unsigned job_count(const command_line& line, const std::string& fallback);

}  // namespace dlac
