#include "sim/import/imported_network.h"

#include <fmt/format.h>

#include <charconv>
#include <filesystem>
#include <nlohmann/json.hpp>
#include <system_error>

#include "sim/core/error.h"
#include "sim/core/text.h"
#include "sim/json/json_reader.h"
#include "sim/workload/network_checks.h"

namespace dlac {
namespace {

/// What is written behind the name: where all this came from.
std::string comment_of(const imported_network& imported) {
  std::string comment = "Imported from a " + imported.source + ".";
  for (const std::string& warning : imported.warnings) {
    comment += " " + warning + ".";
  }
  return comment;
}

}  // namespace

workload_text write_workload(const imported_network& imported, const std::string& path) {
  const nlohmann::ordered_json written = workload_file_format().write(imported.file);
  nlohmann::ordered_json commented;
  for (const auto& [key, value] : written.items()) {
    commented[key] = value;
    if (key == "name") {
      commented[std::string(comment_key)] = comment_of(imported);
    }
  }
  workload_text result{.text = commented.dump(2, ' ', false, nlohmann::ordered_json::error_handler_t::replace) + "\n",
                       .net = {}};
  result.net = read_network_text(result.text, path);
  return result;
}

std::string network_name(const std::string& path) {
  std::filesystem::path place = std::filesystem::path(path).lexically_normal();
  if (!place.has_filename()) {  // a folder with a slash behind it
    place = place.parent_path();
  }
  if (place == "." || place == ".." || place.empty()) {
    place = std::filesystem::absolute(place).lexically_normal();
    place = place.has_filename() ? place : place.parent_path();
  }
  std::error_code ignored;
  std::string name = std::filesystem::is_directory(path, ignored) ? place.filename().string() : place.stem().string();
  if (name.empty() || name == "/" || !is_printable(name)) {
    throw input_error(path, "", "no name for a network", "a file or folder with a name of printable characters");
  }
  return name;
}

std::string layer_names::unique(const std::string& name) {
  if (taken_.insert(name).second) {
    return name;
  }
  repeated_.push_back(name);
  std::size_t& number = last_.try_emplace(name, 1).first->second;
  while (true) {
    std::string numbered = fmt::format("{}.{}", name, ++number);
    if (taken_.insert(numbered).second) {
      return numbered;
    }
  }
}

void check_layer(const layer& l, std::uint32_t batch, const std::string& file, const std::string& place) {
  const auto along = [&](std::string_view side, std::uint64_t input, std::uint64_t padding, std::uint64_t kernel,
                         std::uint64_t dilation) {
    const std::uint64_t reached = dilation * (kernel - 1) + 1;
    if (reached > input + padding) {
      throw input_error(
          file, place, fmt::format("a filter of {} {}", side, reached),
          fmt::format("at most the {} of the {}feature map", input + padding, padding > 0 ? "padded " : ""));
    }
  };
  along("height", l.input_size.h, std::uint64_t{l.padding.top} + l.padding.bottom, l.kernel.h, l.dilation.h);
  along("width", l.input_size.w, std::uint64_t{l.padding.left} + l.padding.right, l.kernel.w, l.dilation.w);
  if (const auto excess = excess_of(l, batch)) {
    throw input_error(file, place, excess->found, excess->expected);
  }
}

side_padding same_padding(std::uint32_t side, std::uint32_t kernel, std::uint32_t stride) {
  const std::uint64_t outputs = (std::uint64_t{side} + stride - 1) / stride;
  const std::uint64_t reached = (outputs - 1) * stride + kernel;
  const auto zeros = static_cast<std::uint32_t>(reached > side ? reached - side : 0);
  return {zeros / 2, zeros - zeros / 2};
}

operand_source source_of_density(double density) {
  return density == 1 ? operand_source(dense_source{}) : operand_source(synthetic_source{.density = density});
}

std::uint32_t whole_number(std::string_view text, std::uint64_t minimum, std::uint64_t maximum, const std::string& file,
                           const std::string& place) {
  std::uint64_t number = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), number);
  if (text.empty() || error != std::errc() || end != text.data() + text.size() || number < minimum ||
      number > maximum) {
    throw input_error(file, place, text.empty() ? "nothing" : in_quotes(text),
                      fmt::format("a whole number from {} to {}", minimum, maximum));
  }
  return static_cast<std::uint32_t>(number);
}

}  // namespace dlac
