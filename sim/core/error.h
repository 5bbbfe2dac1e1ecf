#pragma once
// The two ways a run can fail. `input_error` is the user's: one line saying which file, where in it, what was
// found and what was expected (exit code 2). `simulation_error` is ours: a value that is not bit-exact, a
// violated invariant or a deadlock (exit code 1).

#include <stdexcept>
#include <string>
#include <string_view>
#include <vector>

namespace dlac {

class input_error : public std::runtime_error {
 public:
  /// `where` is a JSON pointer ("/layers/3/kernel"), a tensor name, or empty for the file as a whole.
  input_error(std::string_view file, std::string_view where, std::string_view found, std::string_view expected);

  /// For a mistake that has no place in a file, such as a command line that makes no sense.
  explicit input_error(const std::string& message);
};

/// A file that is not any more what it was when the run began to read it: nothing that was made from it may be kept.
class changed_file : public input_error {
 public:
  using input_error::input_error;
};

/// Memory ran out where it need not: with other limits, or when less else is done, the same may go well.
class out_of_memory_error : public input_error {
 public:
  using input_error::input_error;
};

class simulation_error : public std::runtime_error {
 public:
  using std::runtime_error::runtime_error;
};

/// The member of `known` closest to `word` in edit distance, or an empty view when none is near.
std::string_view nearest_word(std::string_view word, const std::vector<std::string_view>& known);

}  // namespace dlac
