#include "sim/workload/graph_reader.h"

#include <fmt/format.h>

#include <algorithm>
#include <functional>
#include <map>
#include <queue>
#include <string_view>
#include <utility>

#include "sim/core/text.h"
#include "sim/workload/network_checks.h"

namespace dlac {
namespace {

std::string pointer_of(const layer& l) {
  return fmt::format("/layers/{}", l.place);
}

/// Every name that a layer or node reads, and where it stands.
struct named_edge {
  std::string_view name;
  std::string pointer;
};

std::vector<named_edge> edges_of(const layer_entry& entry) {
  std::vector<named_edge> edges;
  const std::string pointer = pointer_of(entry);
  for (std::size_t i = 0; i < entry.inputs.size(); ++i) {
    edges.push_back(
        {entry.inputs[i], entry.inputs.size() == 1 ? pointer + "/input" : fmt::format("{}/input/{}", pointer, i)});
  }
  if (entry.columns_from) {
    edges.push_back({*entry.columns_from, pointer + "/columns_from"});
  }
  for (std::size_t i = 0; i < entry.epilogue.size(); ++i) {
    if (!entry.epilogue[i].from.empty()) {
      edges.push_back({entry.epilogue[i].from, fmt::format("{}/epilogue/{}/from", pointer, i)});
    }
  }
  return edges;
}

/// Positions of names; the image has none.
class name_places {
 public:
  explicit name_places(const workload_file& file) {
    for (std::size_t i = 0; i < file.layers.size(); ++i) {
      places_.try_emplace(file.layers[i].name, i);
    }
  }

  /// Nothing for the image.
  [[nodiscard]] std::optional<std::size_t> find(const named_edge& edge, const json_document& document) const {
    if (edge.name == image_name) {
      return std::nullopt;
    }
    const auto found = places_.find(edge.name);
    if (found == places_.end()) {
      std::vector<std::string_view> known = {image_name};
      for (const auto& [name, place] : places_) {
        known.push_back(name);
      }
      throw document.error(edge.pointer, in_quotes(edge.name),
                           fmt::format("the name of a layer, or \"image\"{}", did_you_mean(edge.name, known)));
    }
    return found->second;
  }

 private:
  std::map<std::string_view, std::size_t> places_;
};

/// "a -> b -> a" of layers that wait for each other, from one of them on.
std::string cycle_text(const workload_file& file, const std::vector<std::vector<std::size_t>>& reads,
                       const std::vector<bool>& is_done, std::size_t& first) {
  constexpr std::size_t most_names = 6;
  std::vector<std::size_t> way;
  std::size_t at = first;
  while (std::find(way.begin(), way.end(), at) == way.end()) {
    way.push_back(at);
    at = *std::find_if(reads[at].begin(), reads[at].end(), [&](std::size_t other) { return !is_done[other]; });
  }
  way.erase(way.begin(), std::find(way.begin(), way.end(), at));
  first = at;
  std::string text = in_quotes(file.layers[at].name);
  for (std::size_t i = 1; i < way.size() && i < most_names; ++i) {
    text += ", which reads " + in_quotes(file.layers[way[i]].name);
  }
  return text + (way.size() > most_names ? ", ..." : "") + ", which reads " + in_quotes(file.layers[at].name);
}

/// The shapes along the edges of a graph, from the image on.
class graph_maker {
 public:
  graph_maker(const workload_file& file, const json_document& document)
      : file_(file), document_(document), places_(file) {}

  network_graph make() {
    graph_.has_image_shape = !file_.image.empty();
    graph_.nodes.push_back({.name = std::string(image_name)});
    graph_.nodes.front().shape = image_shape();
    check_pixels();
    for (const layer_entry& entry : file_.layers) {
      graph_node node{.name = entry.name, .inputs = indices(entry)};
      if (entry.node) {
        node.operation = *entry.node;
        node.shape = shape_of(entry, node);
      } else {
        node.layer = graph_.node_of_layer.size();
        graph_.node_of_layer.push_back(graph_.nodes.size());
        read_layer(entry, node);
      }
      graph_.nodes.push_back(std::move(node));
    }
    if (const auto name = too_large_node(graph_, file_.batch)) {
      throw document_.error("/layers", fmt::format("more elements in the output of {}", in_quotes(*name)),
                            most_elements_text());
    }
    return std::move(graph_);
  }

 private:
  /// A mean and a deviation for each channel of the image.
  void check_pixels() const {
    if (!file_.image_pixels) {
      return;
    }
    const map_shape& image = graph_.nodes.front().shape;
    if (image.extents.empty()) {
      throw document_.error("/image_pixels", "an image that nothing reads", "no key of this name");
    }
    const std::uint64_t channels = image.extents[image.channels];
    for (const auto& [key, numbers] :
         {std::pair("mean", &file_.image_pixels->mean), std::pair("deviation", &file_.image_pixels->deviation)}) {
      if (numbers->size() != channels) {
        throw document_.error(fmt::format("/image_pixels/{}", key), fmt::format("{} numbers", numbers->size()),
                              fmt::format("{}, one for each channel of the image", channels));
      }
    }
  }

  /// As the file says, or as the first layer that reads it.
  [[nodiscard]] map_shape image_shape() const {
    if (!file_.image.empty()) {
      return {file_.image, file_.image.size() == 3 ? 0 : file_.image.size() - 1};
    }
    for (const layer_entry& entry : file_.layers) {
      if (!entry.node && entry.inputs == std::vector{std::string(image_name)}) {
        return input_map(entry);
      }
    }
    for (const layer_entry& entry : file_.layers) {
      for (const named_edge& edge : edges_of(entry)) {
        if (edge.name == image_name) {
          throw document_.error(edge.pointer, "\"image\", of which no layer says the size",
                                "\"image\": [channels, height, width] in the file");
        }
      }
    }
    return {};
  }

  /// What stands in the file comes one behind the image.
  [[nodiscard]] std::size_t node_of(const named_edge& edge) const {
    const auto place = places_.find(edge, document_);
    return place ? *place + 1 : 0;
  }
  [[nodiscard]] std::vector<std::size_t> indices(const layer_entry& entry) const {
    std::vector<std::size_t> result;
    for (const std::string& name : entry.inputs) {
      result.push_back(node_of({name, ""}));
    }
    return result;
  }

  [[nodiscard]] std::vector<map_shape> shapes(const std::vector<std::size_t>& nodes) const {
    std::vector<map_shape> result;
    result.reserve(nodes.size());
    for (const std::size_t node : nodes) {
      result.push_back(graph_.nodes[node].shape);
    }
    return result;
  }

  [[nodiscard]] input_error error_of(const layer_entry& entry, const node_misfit& misfit) const {
    return document_.error(pointer_of(entry) + misfit.key(), misfit.found(), misfit.expected());
  }

  [[nodiscard]] map_shape shape_of(const layer_entry& entry, const graph_node& node) const {
    try {
      return node_shape(node.operation, shapes(node.inputs));
    } catch (const node_misfit& misfit) {
      throw error_of(entry, misfit);
    }
  }

  void require_fit(const std::string& pointer, std::string_view from, const map_shape& shape,
                   const std::vector<map_extents>& layouts, std::string_view use) const {
    if (std::find(layouts.begin(), layouts.end(), shape.extents) == layouts.end()) {
      throw document_.error(pointer, fmt::format("{} of {}", from, in_brackets(shape.extents)),
                            fmt::format("{}, {}", in_brackets(layouts.front()), use));
    }
  }

  void read_layer(const layer_entry& entry, graph_node& node) const {
    const std::string pointer = pointer_of(entry);
    map_shape input;
    try {
      input = concatenated_shape(shapes(node.inputs));
    } catch (const node_misfit& misfit) {
      throw error_of(entry, misfit);
    }
    const std::string from = entry.inputs.size() == 1 ? in_quotes(entry.inputs.front())
                                                      : fmt::format("{} maps together", entry.inputs.size());
    require_fit(pointer + "/input", from, input, input_layouts(entry), "the layer's input");
    if (entry.columns_from) {
      const named_edge edge{*entry.columns_from, pointer + "/columns_from"};
      node.columns = node_of(edge);
      require_fit(edge.pointer, in_quotes(edge.name), graph_.nodes[*node.columns].shape, column_map_layouts(entry),
                  "the layer's columns");
    }
    node.epilogue.resize(entry.epilogue.size());
    for (std::size_t i = 0; i < entry.epilogue.size(); ++i) {
      const pt_wise_op& op = entry.epilogue[i];
      if (!op.from.empty()) {
        const named_edge edge{op.from, fmt::format("{}/epilogue/{}/from", pointer, i)};
        node.epilogue[i] = node_of(edge);
        require_fit(edge.pointer, in_quotes(op.from), graph_.nodes[*node.epilogue[i]].shape, operand_layouts(entry, op),
                    op.is_per_channel ? "a value of each of the layer's output channels" : "the layer's output");
      }
    }
    node.shape = output_map(entry);
  }

  const workload_file& file_;
  const json_document& document_;
  name_places places_;
  network_graph graph_;
};

}  // namespace

bool is_graph(const workload_file& file) {
  return !file.image.empty() || file.image_pixels ||
         std::any_of(file.layers.begin(), file.layers.end(),
                     [](const layer_entry& entry) { return entry.node || !edges_of(entry).empty(); });
}

void order_graph(workload_file& file, const json_document& document) {
  auto& entries = file.layers;
  for (std::size_t i = 0; i < entries.size(); ++i) {
    if (entries[i].name == image_name) {
      throw document.error(pointer_of(entries[i]) + "/name", "\"image\"", "another name: this is the network's input");
    }
    if (entries[i].inputs.empty()) {
      entries[i].inputs = {i == 0 ? std::string(image_name) : entries[i - 1].name};
    }
  }
  const name_places places(file);
  std::vector<std::vector<std::size_t>> reads(entries.size());
  std::vector<std::vector<std::size_t>> readers(entries.size());
  std::vector<std::size_t> missing(entries.size());
  std::priority_queue<std::size_t, std::vector<std::size_t>, std::greater<>> ready;
  for (std::size_t i = 0; i < entries.size(); ++i) {
    for (const named_edge& edge : edges_of(entries[i])) {
      if (const auto place = places.find(edge, document)) {
        reads[i].push_back(*place);
        readers[*place].push_back(i);
      }
    }
    missing[i] = reads[i].size();
    if (missing[i] == 0) {
      ready.push(i);
    }
  }
  std::vector<layer_entry> ordered;
  std::vector<bool> is_done(entries.size());
  std::vector<bool> has_layers(entries.size());  // the output depends on a layer's
  while (!ready.empty()) {
    const std::size_t next = ready.top();
    ready.pop();
    is_done[next] = true;
    const auto has_layer = [&](const std::string& name) {
      const auto place = places.find({name, ""}, document);
      return place && has_layers[*place];
    };
    entries[next].is_behind_layers = std::any_of(entries[next].inputs.begin(), entries[next].inputs.end(), has_layer);
    has_layers[next] = !entries[next].node || entries[next].is_behind_layers;
    for (const std::size_t reader : readers[next]) {
      if (--missing[reader] == 0) {
        ready.push(reader);
      }
    }
    ordered.push_back(entries[next]);
  }
  if (ordered.size() < entries.size()) {
    auto first = static_cast<std::size_t>(std::find(is_done.begin(), is_done.end(), false) - is_done.begin());
    const std::string text = cycle_text(file, reads, is_done, first);
    throw document.error(pointer_of(entries[first]) + "/input", "a cycle: " + text,
                         "layers that read others, but not themselves");
  }
  entries = std::move(ordered);
}

network_graph make_graph(const workload_file& file, const json_document& document) {
  return graph_maker(file, document).make();
}

std::optional<std::string> too_large_node(const network_graph& graph, std::uint32_t batch) {
  for (const graph_node& node : graph.nodes) {
    if (!fits_a_tensor(node.shape.extents, batch)) {
      return node.name;
    }
  }
  return std::nullopt;
}

}  // namespace dlac
