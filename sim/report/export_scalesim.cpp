#include "sim/report/export_scalesim.h"

#include <fmt/format.h>

#include <algorithm>
#include <cctype>
#include <optional>
#include <string_view>
#include <variant>

#include "sim/core/error.h"
#include "sim/core/text.h"
#include "sim/workload/operand_source.h"

namespace dlac {
namespace {

/// SCALE-Sim splits rows at every comma, quotes or not.
std::string plain_name(std::string_view name) {
  std::string plain;
  for (const char c : name) {
    plain +=
        std::isalnum(static_cast<unsigned char>(c)) != 0 || std::string_view("._-/").find(c) != std::string_view::npos
            ? c
            : '_';
  }
  return plain;
}

/// A name with "DP" in it is a depthwise convolution to SCALE-Sim.
std::string without_mark(std::string name) {
  for (std::size_t at = name.find("DP"); at != std::string::npos; at = name.find("DP")) {
    name[at + 1] = 'p';
  }
  return name;
}

std::optional<n_of_m> rule_of(const layer& l) {
  const auto* const zeros = std::get_if<synthetic_source>(&l.operands.weights);
  if (zeros == nullptr || !zeros->structure) {
    return std::nullopt;
  }
  const auto* const rule = std::get_if<n_of_m>(&*zeros->structure);
  return rule != nullptr ? std::optional(*rule) : std::nullopt;
}

bool is_depthwise(const layer& l) {
  return l.groups > 1 && l.groups == l.in_channels;
}

class topology_writer {
 public:
  topology_writer(const network& net, std::span<const layer* const> layers)
      : net_(net),
        layers_(layers),
        has_rules_(std::any_of(layers.begin(), layers.end(), [](const layer* l) { return rule_of(*l).has_value(); })) {}

  scalesim_topology write(run_kind kind) {
    topology_.csv =
        "Layer name, IFMAP Height, IFMAP Width, Filter Height, Filter Width, Channels, Num Filter, Strides,";
    topology_.csv += has_rules_ ? " Sparsity,\n" : "\n";
    std::size_t written = 0;
    for (const layer* const l : layers_) {
      if (l->is_transposed()) {
        left_out_.push_back(l->name);
        continue;
      }
      add(*l);
      ++written;
    }
    if (written == 0) {
      throw input_error(net_.file, "", "no layer that a SCALE-Sim topology can say",
                        "one that is no transposed_conv2d");
    }
    tell(kind);
    return std::move(topology_);
  }

 private:
  void add(const layer& l) {
    note(l);
    // Strides that differ are none of the format's: stride 1 over a map that leaves as many outputs.
    const std::uint32_t stride = l.stride.h == l.stride.w || l.output_size().h == 1 ? l.stride.w : 1;
    const auto side = [&](std::uint64_t outputs, std::uint64_t filter) { return (outputs - 1) * stride + filter; };
    const std::string shape = fmt::format("{}, {}, {}, {}", side(l.output_size().h, l.kernel.h),
                                          side(l.output_size().w, l.kernel.w), l.kernel.h, l.kernel.w);
    const auto row = [&](const std::string& name, std::uint32_t channels, std::uint32_t filters) {
      topology_.csv += fmt::format("{}, {}, {}, {}, {},", name, shape, channels, filters, stride);
      if (has_rules_) {
        const n_of_m rule = rule_of(l).value_or(n_of_m{});
        topology_.csv += fmt::format(" {}:{},", rule.nonzeros, rule.of);
      }
      topology_.csv += "\n";
    };
    const std::string name = without_mark(plain_name(l.name));
    if (is_depthwise(l)) {
      row(name + "_DP", l.in_channels, l.out_channels / l.groups);
      return;
    }
    const std::uint32_t copies = std::max(l.groups, l.products);
    for (std::uint32_t i = 0; i < copies; ++i) {
      row(copies == 1 ? name : fmt::format("{}_{}", name, i), l.in_channels / l.groups, l.out_channels / l.groups);
    }
  }

  void note(const layer& l) {
    const size_2d used{(l.output_size().h - 1) * l.stride.h + l.kernel.h,
                       (l.output_size().w - 1) * l.stride.w + l.kernel.w};
    if (l.dilation != size_2d{1, 1}) {
      dilated_.push_back(l.name);
    } else if (!(used == l.input_size)) {
      padded_.push_back(l.name);
    }
    if (l.stride.h != l.stride.w && l.output_size().h > 1) {
      oblong_.push_back(l.name);
    }
    if (std::max(l.groups, l.products) > 1 && !is_depthwise(l)) {
      repeated_.push_back(l.name);
    }
    has_epilogue_ = has_epilogue_ || !l.epilogue.empty();
    const bool has_zeros = !std::holds_alternative<dense_source>(l.operands.activations) ||
                           (!std::holds_alternative<dense_source>(l.operands.weights) && !rule_of(l));
    has_zeros_ = has_zeros_ || has_zeros;
  }

  void tell_of(const std::vector<std::string>& layers, std::string_view what) {
    constexpr std::size_t most = 3;
    if (!layers.empty()) {
      topology_.remarks.push_back(fmt::format("A SCALE-Sim topology has {}: {}", what, some_of(layers, most)));
    }
  }

  void tell(run_kind kind) {
    tell_of(left_out_, "no transposed convolutions, which were left out");
    tell_of(padded_, "no padding, feature maps are as large as their windows reach");
    tell_of(dilated_, "no dilation, feature maps are as large as filters without it reach");
    tell_of(oblong_, "one stride for both directions, 1 is written with a feature map for as many outputs");
    tell_of(repeated_, "no groups and no batches of products, each is a row");
    const auto tell_if = [&](bool holds, std::string_view what) {
      if (holds) {
        topology_.remarks.push_back(fmt::format("A SCALE-Sim topology has {}", what));
      }
    };
    tell_if(net_.batch > 1, fmt::format("no batch: it is one image of {}", net_.batch));
    tell_if(has_zeros_, "no zeros but N:M of weights");
    tell_if(has_epilogue_ || (net_.graph && net_.graph->nodes.size() > net_.layers.size() + 1),
            "no pointwise operations and no nodes");
    tell_if(kind == run_kind::training, "no passes: it is the forward one");
  }

  const network& net_;
  std::span<const layer* const> layers_;
  bool has_rules_;
  scalesim_topology topology_;
  std::vector<std::string> left_out_;
  std::vector<std::string> padded_;
  std::vector<std::string> dilated_;
  std::vector<std::string> oblong_;    ///< strides that differ
  std::vector<std::string> repeated_;  ///< several rows
  bool has_epilogue_ = false;
  bool has_zeros_ = false;
};

}  // namespace

scalesim_topology scalesim_topology_of(const network& net, std::span<const layer* const> layers, run_kind kind) {
  return topology_writer(net, layers).write(kind);
}

}  // namespace dlac
