#pragma once
// YAML read strictly, as far as descriptions of layers need it: maps, lists and scalars, anchors and merge keys (<<).
// Every mistake is an input_error with the keys that lead to the place.

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include <yaml-cpp/node/node.h>

namespace dlac {

/// A value of a file, and its place.
class yaml_value {
 public:
  yaml_value(std::string file, std::string place, const YAML::Node& node);

  [[nodiscard]] const std::string& file() const { return file_; }
  /// "problem.instance.C"
  [[nodiscard]] const std::string& place() const { return place_; }
  [[nodiscard]] bool is_map() const { return node_.IsMap(); }
  [[nodiscard]] bool is_list() const { return node_.IsSequence(); }
  [[nodiscard]] bool is_scalar() const { return node_.IsScalar(); }
  [[noreturn]] void fail(std::string_view expected) const;
  [[noreturn]] void fail(std::string_view found, std::string_view expected) const;

  /// Of a map of at most 1024 keys, they in the order of the file; those of a merge key come last, where the map has
  /// them not itself.
  [[nodiscard]] std::vector<std::pair<std::string, yaml_value>> members() const;
  [[nodiscard]] std::optional<yaml_value> find(std::string_view key) const;
  [[nodiscard]] std::vector<yaml_value> elements() const;
  [[nodiscard]] std::string text() const;
  /// In decimal digits.
  [[nodiscard]] std::uint32_t whole(std::uint64_t minimum, std::uint64_t maximum) const;
  [[nodiscard]] double decimal(double minimum, double maximum) const;

 private:
  void add_members(std::vector<std::pair<std::string, yaml_value>>& members, std::size_t& merges) const;

  std::string file_;
  std::string place_;
  YAML::Node node_;
};

/// Reads `path`, at most 256 KiB and one document; not a template that is yet to be made YAML of.
yaml_value read_yaml(const std::string& path);

}  // namespace dlac
