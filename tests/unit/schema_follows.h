#pragma once
// Whether a file that is written is what its schema says, key by key.

#include <doctest/doctest.h>

#include <nlohmann/json.hpp>
#include <string>
#include <vector>

namespace dlac::test {

inline std::vector<std::string> keys_of(const nlohmann::ordered_json& object) {
  std::vector<std::string> keys;
  for (const auto& [key, value] : object.items()) {
    keys.push_back(key);
  }
  return keys;
}

/// The properties of an object schema and the members of an object agree, all the way down.
inline void check_follows(const nlohmann::ordered_json& value, const nlohmann::ordered_json& schema,
                          const std::string& place) {
  INFO(place);
  if (!value.is_object() || !schema.contains("properties")) {
    return;
  }
  CHECK(schema["required"].get<std::vector<std::string>>() == keys_of(value));
  CHECK(keys_of(schema["properties"]) == keys_of(value));
  CHECK(schema["additionalProperties"] == false);
  for (const auto& [key, member] : value.items()) {
    check_follows(member, schema["properties"][key], place + "/" + key);
  }
}

}  // namespace dlac::test
