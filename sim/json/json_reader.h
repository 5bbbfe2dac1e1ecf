#pragma once
// JSON files read strictly. A document is parsed once (no duplicate keys, no comments, bounded size and nesting);
// values are then read with the type and the range that the reader wants. Every mistake is one input_error: the file,
// the JSON pointer of the place, what was found there and what was expected.

#include <cstddef>
#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include <nlohmann/json_fwd.hpp>

#include "sim/core/error.h"

namespace dlac {

class json_value;

/// Keys that any object may have and that no reader minds: for editors, and for people. They are not written again.
inline constexpr std::string_view schema_key = "$schema";
inline constexpr std::string_view comment_key = "comment";
bool is_remark(std::string_view key);

/// Bytes of the longest string that is taken from a file.
inline constexpr std::size_t longest_text = 4096;

/// Of a file that is read.
inline constexpr std::uint64_t largest_json_bytes = std::uint64_t{16} << 20U;

/// Parses `text`; `file` names it in messages. Syntax errors say the line and the column (in bytes, from 1).
nlohmann::json parse_json(std::string_view text, const std::string& file);

/// A parsed file and the settings that the command line put over it. Values point into the document: it must outlive
/// them, unmoved.
class json_document {
 public:
  json_document(const std::string& file, nlohmann::json root);
  json_document(const json_document&) = delete;
  json_document& operator=(const json_document&) = delete;
  ~json_document();

  /// Reads and parses `path`, at most 16 MiB; "-" is the standard input.
  static nlohmann::json load(const std::string& path);

  [[nodiscard]] const std::string& file() const { return file_; }
  [[nodiscard]] json_value root() const;

  /// `a.b=VALUE` as of --set: VALUE is JSON, or else a bare string; `null` removes the key. A mistake in a value that
  /// was set this way is reported at its `--set`, an unknown key even where it is only removed.
  void set(const std::string& assignment);
  /// The same for a setting of another file: its mistakes are reported at `label`.
  void set(const std::string& assignment, const std::string& label);

  /// The error of a mistake at `pointer`.
  [[nodiscard]] input_error error(std::string_view pointer, std::string_view found, std::string_view expected) const;

 private:
  struct setting {
    std::string pointer;  ///< the topmost value that it made or replaced
    std::string label;
  };
  std::string file_;
  std::unique_ptr<nlohmann::json> root_;
  std::vector<setting> settings_;
};

/// One value of a document, and its place.
class json_value {
 public:
  json_value(const json_document& document, const nlohmann::json& node, std::string pointer)
      : document_(&document), node_(&node), pointer_(std::move(pointer)) {}

  [[nodiscard]] const json_document& document() const { return *document_; }
  [[nodiscard]] const std::string& pointer() const { return pointer_; }
  /// What stands here, in the words of a message: `-3`, `"both"`, `an array of 3 elements`, `an object`.
  [[nodiscard]] std::string description() const;
  [[noreturn]] void fail(std::string_view expected) const;
  [[noreturn]] void fail(std::string_view found, std::string_view expected) const;

  /// As it stands, unchecked.
  [[nodiscard]] const nlohmann::json& raw() const { return *node_; }
  [[nodiscard]] bool is_null() const;
  [[nodiscard]] bool is_object() const;
  [[nodiscard]] bool is_array() const;
  [[nodiscard]] bool is_string() const;
  [[nodiscard]] bool is_number() const;

  [[nodiscard]] bool boolean() const;
  /// A string of 1 to longest_text bytes without control characters.
  [[nodiscard]] std::string text() const;
  /// A number written without fraction and exponent, in [minimum, maximum].
  [[nodiscard]] std::uint64_t integer(std::uint64_t minimum, std::uint64_t maximum) const;
  /// A finite number in [minimum, maximum].
  [[nodiscard]] double number(double minimum, double maximum) const;
  /// The position in `words` of the string that stands here.
  [[nodiscard]] std::size_t choice(const std::vector<std::string_view>& words) const;

  /// Elements of an array of `minimum` to `maximum` elements; fails for any other value.
  [[nodiscard]] std::vector<json_value> elements(std::size_t minimum, std::size_t maximum) const;

  /// Fails unless this is an object whose keys are all among `known`, or remarks.
  void check_keys(const std::vector<std::string_view>& known) const;
  /// The member of an object, if it has one of this key.
  [[nodiscard]] std::optional<json_value> find(std::string_view key) const;
  /// The member of an object; fails with `expected` at the member's place when there is none.
  [[nodiscard]] json_value member(std::string_view key, std::string_view expected) const;
  /// member(), for the key that says what other keys there may be: when it is missing but a similar key is there, that
  /// one is unknown.
  [[nodiscard]] json_value tag(const std::string& key, std::string_view expected) const;

 private:
  [[noreturn]] void fail_unknown(const std::string& key, const std::vector<std::string_view>& known) const;

  const json_document* document_;
  const nlohmann::json* node_;
  std::string pointer_;
};

// The words of "expected ..." for the ranges above.
std::string integer_expectation(std::uint64_t minimum, std::uint64_t maximum);
std::string number_expectation(double minimum, double maximum);
std::string choice_expectation(const std::vector<std::string_view>& words);
std::string array_expectation(std::size_t minimum, std::size_t maximum);

}  // namespace dlac
