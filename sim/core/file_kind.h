#pragma once
// Files that are given in the place of others: what their first bytes say that they are.

#include <optional>
#include <string>
#include <string_view>

namespace dlac {

enum class file_kind { json, safetensors, zip, npy, hdf5, pickle, gzip, sqlite };

/// "a safetensors file", "a zip archive, such as .npz or .pt", ...
std::string_view to_string(file_kind kind);

/// Nothing for what is none of them, or too short to tell.
std::optional<file_kind> kind_of(std::string_view start);

/// What to do with it where JSON is expected, and where a trace is.
std::string advice_for_json(file_kind kind);
std::string advice_for_trace(file_kind kind);

}  // namespace dlac
