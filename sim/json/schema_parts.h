#pragma once
// Schemas of files that are written from tables of fields, whose names have dots where objects are within objects.

#include <nlohmann/json.hpp>
#include <string>
#include <string_view>
#include <utility>

namespace dlac {

/// The object that a dotted name's groups lead to from `root` on, each made by enter(object, group), and the last word
/// of the name.
template <class Enter>
std::pair<nlohmann::ordered_json*, std::string> enter_groups(nlohmann::ordered_json& root, std::string_view name,
                                                             const Enter& enter) {
  nlohmann::ordered_json* object = &root;
  for (std::size_t dot = name.find('.'); dot != std::string_view::npos; dot = name.find('.')) {
    object = &enter(*object, std::string(name.substr(0, dot)));
    name.remove_prefix(dot + 1);
  }
  return {object, std::string(name)};
}

/// Of an object without keys.
nlohmann::ordered_json object_schema();
nlohmann::ordered_json described(std::string_view description, const nlohmann::ordered_json& schema);
/// A key that is always there.
void add_property(nlohmann::ordered_json& object, const std::string& name, nlohmann::ordered_json schema);
/// Likewise, under a dotted name.
void add_nested_property(nlohmann::ordered_json& object, std::string_view name, nlohmann::ordered_json schema);

}  // namespace dlac
