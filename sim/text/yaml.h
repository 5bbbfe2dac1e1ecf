#pragma once
// YAML, written only: block style, every key and string that could be taken for something else in double quotes. Reads
// the same in YAML 1.1 (PyYAML) and 1.2 (ruamel.yaml), and survives Jinja templates, through which Accelergy sends it.

#include <string>

#include <nlohmann/json_fwd.hpp>

namespace dlac {

/// Ends in a newline. Objects keep their order, doubles every digit that tells them apart; keys must be plain words.
std::string to_yaml(const nlohmann::ordered_json& value);

}  // namespace dlac
