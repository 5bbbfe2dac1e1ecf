#include "sim/json/json_format.h"

namespace dlac {

nlohmann::ordered_json integer_schema(std::uint64_t minimum, std::uint64_t maximum) {
  return {{"type", "integer"}, {"minimum", minimum}, {"maximum", maximum}};
}

nlohmann::ordered_json array_schema(nlohmann::ordered_json items, std::size_t minimum, std::size_t maximum) {
  return {{"type", "array"}, {"items", std::move(items)}, {"minItems", minimum}, {"maxItems", maximum}};
}

void add_remarks(nlohmann::ordered_json& properties) {
  properties[std::string(schema_key)] = {{"description", "The schema of the file, for editors."}, {"type", "string"}};
  properties[std::string(comment_key)] = {{"description", "For people; any JSON."}};
}

nlohmann::ordered_json document_schema(std::string_view title, const nlohmann::ordered_json& root) {
  nlohmann::ordered_json schema = {{"$schema", "https://json-schema.org/draft/2020-12/schema"}, {"title", title}};
  schema.update(root);
  return schema;
}

json_format<bool> boolean_format() {
  return {.expected = "true or false",
          .schema =
              [] {
                return nlohmann::ordered_json{{"type", "boolean"}};
              },
          .read = [](const json_value& value) { return value.boolean(); },
          .write = [](const bool& value) { return nlohmann::ordered_json(value); }};
}

json_format<std::string> text_format() {
  return {.expected = "a string",
          .schema =
              [] {
                return nlohmann::ordered_json{{"type", "string"}, {"minLength", 1}, {"maxLength", longest_text}};
              },
          .read = [](const json_value& value) { return value.text(); },
          .write = [](const std::string& value) { return nlohmann::ordered_json(value); }};
}

json_format<double> decimal_format(double minimum, double maximum) {
  return {.expected = number_expectation(minimum, maximum),
          .schema =
              [=] {
                return nlohmann::ordered_json{{"type", "number"}, {"minimum", minimum}, {"maximum", maximum}};
              },
          .read = [=](const json_value& value) { return value.number(minimum, maximum); },
          .write = [](const double& value) { return nlohmann::ordered_json(value); }};
}

object_keys::key_format& object_keys::add(key_format key) {
  return keys_.emplace_back(std::move(key));
}

void object_keys::add_constant(const std::string& key, const std::string& word) {
  add({.key = key,
       .is_required = true,
       .expected = choice_expectation({word}),
       .schema =
           [=] {
             return nlohmann::ordered_json{{"const", word}};
           },
       .read = [=](const json_value& value, void* /*object*/) { static_cast<void>(value.choice({word})); },
       .write = [=](const void* /*object*/) { return nlohmann::ordered_json(word); }});
}

void object_keys::read(const json_value& value, void* object) const {
  std::vector<std::string_view> known;
  for (const key_format& k : keys_) {
    known.push_back(k.key);
  }
  value.check_keys(known);
  for (const key_format& k : keys_) {
    if (k.is_required) {
      k.read(value.member(k.key, k.expected), object);
    } else if (const auto member = value.find(k.key)) {
      k.read(*member, object);
    }
  }
}

nlohmann::ordered_json object_keys::write(const void* object) const {
  nlohmann::ordered_json result = nlohmann::ordered_json::object();
  for (const key_format& k : keys_) {
    if (nlohmann::ordered_json value = k.write(object); !value.is_discarded()) {
      result[k.key] = std::move(value);
    }
  }
  return result;
}

nlohmann::ordered_json object_keys::schema() const {
  nlohmann::ordered_json properties = nlohmann::ordered_json::object();
  nlohmann::ordered_json required_keys = nlohmann::ordered_json::array();
  for (const key_format& k : keys_) {
    properties[k.key] = k.schema();
    if (k.is_required) {
      required_keys.push_back(k.key);
    }
  }
  add_remarks(properties);
  return {{"description", description_},
          {"type", "object"},
          {"properties", std::move(properties)},
          {"required", std::move(required_keys)},
          {"additionalProperties", false}};
}

json_schema schema_of_key(json_schema value, std::string_view description) {
  return [value = std::move(value), text = std::string(description)] {
    nlohmann::ordered_json result = {{"description", text}};
    result.update(value());
    result["description"] = text;  // of the key, over that of the object it holds
    return result;
  };
}

json_schema schema_with_default(json_schema key, std::function<nlohmann::ordered_json()> write) {
  return [key = std::move(key), write = std::move(write)] {
    nlohmann::ordered_json result = key();
    result["default"] = write();
    return result;
  };
}

}  // namespace dlac
