#include "sim/json/schema_parts.h"

namespace dlac {

using json = nlohmann::ordered_json;

json object_schema() {
  return {
      {"type", "object"}, {"properties", json::object()}, {"required", json::array()}, {"additionalProperties", false}};
}

json described(std::string_view description, const json& schema) {
  json result = {{"description", description}};
  result.update(schema);
  return result;
}

void add_property(json& object, const std::string& name, json schema) {
  object["properties"][name] = std::move(schema);
  object["required"].push_back(name);
}

void add_nested_property(json& object, std::string_view name, json schema) {
  const auto [group, last] = enter_groups(object, name, [](json& outer, const std::string& inner) -> json& {
    if (!outer["properties"].contains(inner)) {
      add_property(outer, inner, object_schema());
    }
    return outer["properties"][inner];
  });
  add_property(*group, last, std::move(schema));
}

}  // namespace dlac
