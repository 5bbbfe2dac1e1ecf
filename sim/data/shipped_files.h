#pragma once
// The files that come with the program, and how a user's word becomes a file: a word with a slash or a dot
// (mine.json) is the path of a file, taken as given, and "-" on the command line standard input; any other is the name
// of a shipped one ("resnet34"). So no file of the current folder takes the place of a shipped one by accident.
//
// Shipped files are looked for in one folder: that of use_data_folder(); DLAC_DATA, where that is set; ../share/dlac
// beside the program, where it is installed; or the source tree of a program in its build folder. All have the same
// folders below.

#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace dlac {

enum class shipped_kind { config, workload, technology, sweep, figures, numbers };

inline constexpr std::string_view default_config_name = "dlac-fp16-inference";
inline constexpr std::string_view default_figures_name = "figures";

/// Whether this is the path of a file, and not the name of a shipped one.
bool is_path(std::string_view word);

/// Throws input_error where there is none, with the places it was looked for.
std::string data_folder();

/// For programs that are not installed beside the data: shipped files are looked for in this folder only, whatever
/// DLAC_DATA says. Before anything is looked up.
void use_data_folder(std::string folder);

/// The folder of use_data_folder() or of DLAC_DATA, where one is set: shipped files are then not the program's own.
std::optional<std::string> given_data_folder();

/// Names of the shipped files of a kind, in order.
std::vector<std::string> shipped_names(shipped_kind kind);

/// The shipped file of this name, which must be one of them.
std::string shipped_file(shipped_kind kind, std::string_view name);

/// Where a word was read.
struct word_place {
  std::string_view file;    ///< the file or the option that gave it, for messages
  std::string_view where;   ///< its place there, a JSON pointer
  std::string folder = {};  ///< that a relative path starts at; empty: the current folder
};

/// A word of the command line.
word_place on_command_line(std::string_view option);
/// A word of a file: relative paths start at the file's folder.
word_place in_file(std::string_view file, std::string_view pointer);

/// The path that `word` stands for. A file of that path need not exist. Throws input_error for a name that none has,
/// with the names that there are.
std::string find_file(shipped_kind kind, const std::string& word, const word_place& place);

}  // namespace dlac
