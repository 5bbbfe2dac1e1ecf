#pragma once
// The format of a JSON value, said once: how it is read and checked, how it is written, and its JSON Schema. Formats of
// objects are tables of their keys, so reader, writer and schema cannot drift apart:
//
//   object_format<grid_shape>("The grid.")
//       .required("rows", &grid_shape::rows, integer_format<std::uint32_t>(1, 1024), "Rows of the grid.")
//       .format()

#include <concepts>
#include <cstddef>
#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <type_traits>
#include <utility>
#include <vector>

#include <nlohmann/json.hpp>

#include "sim/json/json_reader.h"

namespace dlac {

/// A JSON Schema (2020-12) that is made when it is asked for, which few commands do: making those of all keys took
/// longer than a small simulation. Copies share the maker.
class json_schema {
 public:
  template <class Maker>
  requires std::is_invocable_r_v<nlohmann::ordered_json, const Maker&> json_schema(
      Maker make)  // NOLINT(google-explicit-constructor): .schema = [] { return ...; }
      : make_(std::make_shared<const std::function<nlohmann::ordered_json()>>(std::move(make))) {}

  nlohmann::ordered_json operator()() const { return (*make_)(); }

 private:
  std::shared_ptr<const std::function<nlohmann::ordered_json()>> make_;
};

template <class V>
struct json_format {
  std::string expected;  ///< completes "expected ..."
  json_schema schema;
  std::function<V(const json_value&)> read;
  std::function<nlohmann::ordered_json(const V&)> write;
};

nlohmann::ordered_json integer_schema(std::uint64_t minimum, std::uint64_t maximum);
nlohmann::ordered_json array_schema(nlohmann::ordered_json items, std::size_t minimum, std::size_t maximum);
/// Adds the keys that every object may have: $schema and comment.
void add_remarks(nlohmann::ordered_json& properties);
/// The whole file's schema from that of its root object.
nlohmann::ordered_json document_schema(std::string_view title, const nlohmann::ordered_json& root);

/// true or false.
json_format<bool> boolean_format();
/// A non-empty printable string.
json_format<std::string> text_format();
/// A finite number in [minimum, maximum].
json_format<double> decimal_format(double minimum, double maximum);

template <std::unsigned_integral I>
json_format<I> integer_format(std::uint64_t minimum, std::uint64_t maximum) {
  return {.expected = integer_expectation(minimum, maximum),
          .schema = [=] { return integer_schema(minimum, maximum); },
          .read = [=](const json_value& value) { return static_cast<I>(value.integer(minimum, maximum)); },
          .write = [](const I& value) { return nlohmann::ordered_json(value); }};
}

/// One of the strings to_string gives for `values`.
template <class E>
json_format<E> enum_format(std::vector<E> values) {
  std::vector<std::string_view> words;
  words.reserve(values.size());
  for (const E value : values) {
    words.push_back(to_string(value));
  }
  return {.expected = choice_expectation(words),
          .schema =
              [=] {
                return nlohmann::ordered_json{{"enum", words}};
              },
          .read = [=](const json_value& value) { return values[value.choice(words)]; },
          .write = [](const E& value) { return nlohmann::ordered_json(to_string(value)); }};
}

/// As enum_format, or "auto": nothing.
template <class E>
json_format<std::optional<E>> auto_or_enum_format(std::vector<E> values) {
  std::vector<std::string_view> words = {"auto"};
  for (const E value : values) {
    words.push_back(to_string(value));
  }
  return {.expected = choice_expectation(words),
          .schema =
              [=] {
                return nlohmann::ordered_json{{"enum", words}};
              },
          .read =
              [=](const json_value& value) {
                const std::size_t chosen = value.choice(words);
                return chosen == 0 ? std::nullopt : std::optional<E>(values[chosen - 1]);
              },
          .write =
              [](const std::optional<E>& value) { return nlohmann::ordered_json(value ? to_string(*value) : "auto"); }};
}

/// `other`, or "auto": nothing. `is_other` tells by the value's type which of them was meant.
template <class V>
json_format<std::optional<V>> auto_or_format(json_format<V> other, const std::string& expected,
                                             bool (json_value::*is_other)() const) {
  return {
      .expected = expected,
      .schema =
          [schema = std::move(other.schema)] {
            return nlohmann::ordered_json{{"anyOf", nlohmann::ordered_json::array({{{"const", "auto"}}, schema()})}};
          },
      .read = [=, read = std::move(other.read)](const json_value& value) -> std::optional<V> {
        if ((value.*is_other)()) {
          return read(value);
        }
        if (!value.is_string() || value.text() != "auto") {
          value.fail(expected);
        }
        return std::nullopt;
      },
      .write = [write =
                    std::move(other.write)](const std::optional<V>& value) { return value ? write(*value) : "auto"; }};
}

/// Two integers such as [height, width], held in two members of a T.
template <class T>
json_format<T> pair_format(std::uint32_t T::*first, std::uint32_t T::*second, std::uint64_t minimum,
                           std::uint64_t maximum) {
  return {.expected = array_expectation(2, 2),
          .schema = [=] { return array_schema(integer_schema(minimum, maximum), 2, 2); },
          .read =
              [=](const json_value& value) {
                const std::vector<json_value> elements = value.elements(2, 2);
                T result;
                result.*first = static_cast<std::uint32_t>(elements[0].integer(minimum, maximum));
                result.*second = static_cast<std::uint32_t>(elements[1].integer(minimum, maximum));
                return result;
              },
          .write =
              [=](const T& value) {
                return nlohmann::ordered_json::array({value.*first, value.*second});
              }};
}

/// `minimum` to `maximum` elements of one format.
template <class V>
json_format<std::vector<V>> list_format(json_format<V> element, std::size_t minimum, std::size_t maximum) {
  return {.expected = array_expectation(minimum, maximum),
          .schema = [=, schema = element.schema] { return array_schema(schema(), minimum, maximum); },
          .read =
              [=](const json_value& value) {
                std::vector<V> result;
                for (const json_value& item : value.elements(minimum, maximum)) {
                  result.push_back(element.read(item));
                }
                return result;
              },
          .write =
              [=](const std::vector<V>& values) {
                nlohmann::ordered_json result = nlohmann::ordered_json::array();
                for (const V& value : values) {
                  result.push_back(element.write(value));
                }
                return result;
              }};
}

/// A format that is made when something of its kind is there to be read or written: one of many keys that few files
/// have.
template <class V>
json_format<V> on_demand(const std::string& expected, const json_format<V>& (*format)()) {
  return {.expected = expected,
          .schema = [format] { return format().schema(); },
          .read = [format](const json_value& value) { return format().read(value); },
          .write = [format](const V& value) { return format().write(value); }};
}

/// An object, or null: nothing.
template <class V>
json_format<std::optional<V>> nullable_format(json_format<V> object) {
  std::string expected = "null or " + object.expected;
  return {.expected = expected,
          .schema =
              [schema = object.schema] {
                return nlohmann::ordered_json{{"anyOf", nlohmann::ordered_json::array({{{"type", "null"}}, schema()})}};
              },
          .read = [=](const json_value& value) -> std::optional<V> {
            if (value.is_null()) {
              return std::nullopt;
            }
            if (!value.is_object()) {
              value.fail(expected);
            }
            return object.read(value);
          },
          .write = [=](const std::optional<V>& value) { return value ? object.write(*value) : nullptr; }};
}

/// The keys of an object, whatever it is read into: what object_format does with all of them, compiled once.
class object_keys {
 public:
  struct key_format {
    std::string key;
    bool is_required;
    std::string expected;
    json_schema schema;
    std::function<void(const json_value&, void* object)> read;
    std::function<nlohmann::ordered_json(const void* object)> write;  ///< discarded: leave the key out
  };

  explicit object_keys(std::string description) : description_(std::move(description)) {}
  key_format& add(key_format key);
  /// A key that always has this value.
  void add_constant(const std::string& key, const std::string& word);

  /// Into an object that has its defaults.
  void read(const json_value& value, void* object) const;
  [[nodiscard]] nlohmann::ordered_json write(const void* object) const;
  [[nodiscard]] nlohmann::ordered_json schema() const;

 private:
  std::string description_;
  std::vector<key_format> keys_;
};

/// The schema of a value under a key that has a description of its own.
json_schema schema_of_key(json_schema value, std::string_view description);
/// The same with a default, which `write` makes.
json_schema schema_with_default(json_schema key, std::function<nlohmann::ordered_json()> write);

/// Builds the format of an object that is read into a T; `initial` has the defaults of the keys that may be missing. A
/// member is named by a pointer to it, or by a function from a T to it (const or not).
template <class T>
class object_format {
 public:
  explicit object_format(std::string description, T initial = {})
      : keys_(std::move(description)), initial_(std::move(initial)) {}

  template <class V, class Member>
  object_format& required(const std::string& key, Member member, json_format<V> format, std::string_view description) {
    add(key, true, member, std::move(format), description);
    return *this;
  }
  /// Takes the initial T's value where the key is missing.
  template <class V, class Member>
  object_format& defaulted(const std::string& key, Member member, json_format<V> format, std::string_view description) {
    auto write_default = [value = std::invoke(member, std::as_const(initial_)), write = format.write] {
      return write(value);
    };
    auto& added = add(key, false, member, std::move(format), description);
    added.schema = schema_with_default(std::move(added.schema), std::move(write_default));
    return *this;
  }
  /// The member is an optional: empty where the key is missing, and then not written either.
  template <class V, class Member>
  object_format& omittable(const std::string& key, Member member, json_format<V> format, std::string_view description) {
    keys_.add({.key = key,
               .is_required = false,
               .expected = format.expected,
               .schema = schema_of_key(std::move(format.schema), description),
               .read = [member, read = std::move(format.read)](
                           const json_value& value, void* object) { std::invoke(member, as_t(object)) = read(value); },
               .write =
                   [member, write = std::move(format.write)](const void* object) {
                     const auto& value = std::invoke(member, as_t(object));
                     return value ? write(*value) : nlohmann::ordered_json(nlohmann::ordered_json::value_t::discarded);
                   }});
    return *this;
  }
  /// The member is text or a list: empty where the key is missing, and then not written either.
  template <class V, class Member>
  object_format& unless_empty(const std::string& key, Member member, json_format<V> format,
                              std::string_view description) {
    auto& added = add(key, false, member, format, description);
    added.write = [member, write = std::move(format.write)](const void* object) {
      const auto& value = std::invoke(member, as_t(object));
      return value.empty() ? nlohmann::ordered_json(nlohmann::ordered_json::value_t::discarded) : write(value);
    };
    return *this;
  }
  /// A key that always has this value: it tells this object from its alternatives.
  object_format& constant(const std::string& key, const std::string& word) {
    keys_.add_constant(key, word);
    return *this;
  }

  [[nodiscard]] json_format<T> format() const {
    const auto table = std::make_shared<const object_format>(*this);
    return {.expected = "an object",
            .schema = [table] { return table->keys_.schema(); },
            .read =
                [table](const json_value& value) {
                  T result = table->initial_;
                  table->keys_.read(value, &result);
                  return result;
                },
            .write = [table](const T& value) { return table->keys_.write(&value); }};
  }

 private:
  static T& as_t(void* object) { return *static_cast<T*>(object); }
  static const T& as_t(const void* object) { return *static_cast<const T*>(object); }

  template <class V, class Member>
  object_keys::key_format& add(const std::string& key, bool is_required, Member member, json_format<V> format,
                               std::string_view description) {
    return keys_.add(
        {.key = key,
         .is_required = is_required,
         .expected = std::move(format.expected),
         .schema = schema_of_key(std::move(format.schema), description),
         .read = [member, read = std::move(format.read)](
                     const json_value& value, void* object) { std::invoke(member, as_t(object)) = read(value); },
         .write = [member, write = std::move(format.write)](
                      const void* object) { return write(std::invoke(member, as_t(object))); }});
  }

  object_keys keys_;
  T initial_;
};

/// One of the alternatives of a tagged object.
template <class V>
struct tagged_alternative {
  std::string tag;
  json_format<V> format;
};

/// An object whose string at `key` says which of the alternatives it is; each of them has that key as a constant.
/// `which` gives the position of a value's alternative, for writing.
template <class V>
json_format<V> tagged_format(const std::string& key, std::vector<tagged_alternative<V>> alternatives,
                             std::function<std::size_t(const V&)> which) {
  const auto table = std::make_shared<const std::vector<tagged_alternative<V>>>(std::move(alternatives));
  return {.expected = "an object",
          .schema =
              [=] {
                nlohmann::ordered_json schemas = nlohmann::ordered_json::array();
                for (const tagged_alternative<V>& alternative : *table) {
                  schemas.push_back(alternative.format.schema());
                }
                return nlohmann::ordered_json{{"oneOf", std::move(schemas)}};
              },
          .read =
              [=](const json_value& value) {
                std::vector<std::string_view> tags;
                for (const tagged_alternative<V>& alternative : *table) {
                  tags.push_back(alternative.tag);
                }
                const json_value tag = value.tag(key, choice_expectation(tags));
                return (*table)[tag.choice(tags)].format.read(value);
              },
          .write = [=](const V& value) { return (*table)[which(value)].format.write(value); }};
}

}  // namespace dlac
