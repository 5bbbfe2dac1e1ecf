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

json_format<double> number_format(double minimum, double maximum) {
  return {.expected = number_expectation(minimum, maximum),
          .schema =
              [=] {
                return nlohmann::ordered_json{{"type", "number"}, {"minimum", minimum}, {"maximum", maximum}};
              },
          .read = [=](const json_value& value) { return value.number(minimum, maximum); },
          .write = [](const double& value) { return nlohmann::ordered_json(value); }};
}

}  // namespace dlac
