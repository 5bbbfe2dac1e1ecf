#!/usr/bin/env python3
"""Writes the ResNet workloads of this folder and prints their sizes.

    ./generate.py            write the files
    ./generate.py --check    write nothing; fail if a file is not what would be written

The topology is torchvision's: 224 x 224 images, stride in the 3x3 convolution of a bottleneck, a 1x1 convolution with
batch normalisation ("downsample") where a block changes shape. Layers are named and ordered as the data flows.
"""

import argparse
import json
import pathlib
import sys

FOLDER = pathlib.Path(__file__).resolve().parent
STAGE_CHANNELS = (64, 128, 256, 512)

# The synthetic profile: two-bit weights by the threshold 0.7 * mean|W| keep 50 to 58 % of them; activations get sparser
# with depth.
WEIGHT_DENSITY = 0.57
FIRST_DENSITY, LAST_DENSITY = 0.50, 0.15
CHANNEL_SPREAD, CLUSTER = 0.6, 0.5
THRESHOLD = 0.01

MUL_ADD = {"op": "mul-add"}
SELECT = {"op": "select", "threshold": THRESHOLD}


def add_feature_map(tensor):
    return {"op": "add", "operand": "feature_map", "tensor": tensor}


def conv(name, cin, cout, size, kernel, stride, epilogue, **more):
    return {
        "name": name, "type": "conv2d", "in_channels": cin, "out_channels": cout, "input_size": [size, size],
        "kernel": [kernel, kernel], "stride": [stride, stride], "padding": [kernel // 2, kernel // 2],
        **more, "epilogue": epilogue,
    }  # fmt: skip


def block(name, cin, width, size, stride, bottleneck):
    """The layers of one residual block; the downsample before the convolution that adds its output."""
    cout = width * 4 if bottleneck else width
    reduced = size // stride
    tail = [MUL_ADD, SELECT]
    if bottleneck:
        layers = [
            conv(f"{name}.conv1", cin, width, size, 1, 1, tail),
            conv(f"{name}.conv2", width, width, size, 3, stride, tail),
        ]
    else:
        layers = [conv(f"{name}.conv1", cin, width, size, 3, stride, tail)]
    shortcut = f"{name}.conv1.activations"
    if stride != 1 or cin != cout:
        layers.append(conv(f"{name}.downsample", cin, cout, size, 1, stride, [MUL_ADD]))
        shortcut = f"{name}.downsample.output"
    last = [MUL_ADD, add_feature_map(shortcut), SELECT]
    if bottleneck:
        layers.append(conv(f"{name}.conv3", width, cout, reduced, 1, 1, last))
    else:
        layers.append(conv(f"{name}.conv2", width, cout, reduced, 3, 1, last))
    return layers, cout


def resnet(blocks, bottleneck, classes, fc_epilogue):
    """All layers of a ResNet whose four stages have so many blocks."""
    layers = [conv("conv1", 3, 64, 224, 7, 2, [MUL_ADD, SELECT], weight_format="full")]
    channels, size = 64, 56  # after the 3x3 stride-2 max-pooling
    for stage, (count, width) in enumerate(zip(blocks, STAGE_CHANNELS)):
        for i in range(count):
            stride = 2 if stage > 0 and i == 0 else 1
            added, channels = block(f"layer{stage + 1}.{i}", channels, width, size, stride, bottleneck)
            layers += added
            size //= stride
    layers.append({
        "name": "fc", "type": "linear", "in_features": channels, "out_features": classes, "weight_format": "full",
        "epilogue": fc_epilogue,
    })  # fmt: skip
    return layers


def is_downsample(layer):
    return layer["name"].endswith(".downsample")


def with_operands(layer, activations, weights):
    epilogue = layer.pop("epilogue")
    layer["operands"] = {"activations": activations, "weights": weights}
    layer["epilogue"] = epilogue


def add_synthetic_operands(layers):
    """Densities fall by equal steps from convolution to convolution; a downsample reads what its block's conv1 does."""
    convolutions = [layer["name"] for layer in layers[1:-1] if not is_downsample(layer)]
    dense = {"source": "dense"}
    for index, layer in enumerate(layers):
        if layer in (layers[0], layers[-1]):
            with_operands(layer, dense, dense)
            continue
        reader = layer["name"].replace(".downsample", ".conv1")
        depth = convolutions.index(reader) / (len(convolutions) - 1)
        density = round(FIRST_DENSITY + (LAST_DENSITY - FIRST_DENSITY) * depth, 4)
        with_operands(
            layer,
            {"source": "synthetic", "density": density, "channel_spread": CHANNEL_SPREAD, "cluster": CLUSTER,
             "seed": 2 * index},
            {"source": "synthetic", "density": WEIGHT_DENSITY, "seed": 2 * index + 1},
        )  # fmt: skip


def add_recorded_outputs(layers):
    """What the trained network computed next is what the consumer of an output recorded as its input."""
    main_path = [layer for layer in layers if not is_downsample(layer)]
    for layer, consumer in zip(main_path, main_path[1:]):
        if consumer["name"] == "fc":  # behind an average pooling
            continue
        layer["recorded_output"] = {"tensor": consumer["name"] + ".activations"}
        if layer["name"] == "conv1":
            layer["recorded_output"]["max_pool"] = {"kernel": [3, 3], "stride": [2, 2], "padding": [1, 1]}
    for layer in filter(is_downsample, layers):
        layer["recorded_output"] = {"tensor": layer["name"] + ".output"}


def synthetic_network(name, blocks, bottleneck):
    layers = resnet(blocks, bottleneck, 1000, [{"op": "add", "operand": "bias"}])
    add_synthetic_operands(layers)
    return {"name": name, "batch": 1, "layers": layers}


def traced_network(name, trace, blocks, classes):
    layers = resnet(blocks, False, classes, [])
    add_recorded_outputs(layers)
    sources = {"activations": {"source": "trace"}, "weights": {"source": "trace"}}
    return {"name": name, "batch": 1, "trace": trace, "operands": sources, "layers": layers}


NETWORKS = {
    "resnet18.json": lambda: synthetic_network("resnet18", (2, 2, 2, 2), False),
    "resnet34.json": lambda: traced_network("resnet34", "../traces/resnet34-inference.safetensors", (3, 4, 6, 3), 12),
    "resnet34-synthetic.json": lambda: synthetic_network("resnet34-synthetic", (3, 4, 6, 3), False),
    "resnet50.json": lambda: synthetic_network("resnet50", (3, 4, 6, 3), True),
    "resnet152.json": lambda: synthetic_network("resnet152", (3, 8, 36, 3), True),
}


def layer_text(layer):
    """A layer on a few lines: its shape, then a line for each of the longer keys."""
    shape = {key: value for key, value in layer.items() if key not in ("operands", "epilogue", "recorded_output")}
    lines = [json.dumps(shape)[1:-1]]
    if "operands" in layer:
        lines += ['"operands": {"activations": ' + json.dumps(layer["operands"]["activations"]),
                  '             "weights": ' + json.dumps(layer["operands"]["weights"]) + "}"]  # fmt: skip
    for key in ("epilogue", "recorded_output"):
        if key in layer:
            lines.append(f'"{key}": ' + json.dumps(layer[key]))
    return "    { " + ",\n      ".join(lines) + " }"


def workload_text(network):
    head = [f'  "{key}": {json.dumps(value)}' for key, value in network.items() if key != "layers"]
    layers = ",\n".join(layer_text(layer) for layer in network["layers"])
    return "{\n" + ",\n".join(head) + ',\n  "layers": [\n' + layers + "\n  ]\n}\n"


def sizes(layers):
    """Multiply-accumulates and weights of all layers; scale and bias are not weights."""
    macs = weights = 0
    for layer in layers:
        if layer["type"] == "linear":
            count, positions = layer["in_features"] * layer["out_features"], 1
        else:
            count = layer["in_channels"] * layer["out_channels"] * layer["kernel"][0] * layer["kernel"][1]
            positions = (layer["input_size"][0] // layer["stride"][0]) * (layer["input_size"][1] // layer["stride"][1])
        macs += count * positions
        weights += count
    return macs, weights


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--check", action="store_true", help="compare the files with what would be written")
    arguments = parser.parse_args()
    stale = []
    for name, build in NETWORKS.items():
        network = build()
        text = workload_text(network)
        assert json.loads(text) == network
        path = FOLDER / name
        if not arguments.check:
            path.write_text(text)
        elif not path.exists() or path.read_text() != text:
            stale.append(name)
        macs, weights = sizes(network["layers"])
        print(f"{name:<24} {len(network['layers']):>4} layers  {macs:>14,} MACs  {weights:>11,} weights")
    if stale:
        sys.exit("not as generated: " + ", ".join(stale))


if __name__ == "__main__":
    main()
