#!/usr/bin/env python3
"""Writes the workloads of this folder and prints their sizes.

    ./generate.py            write the files
    ./generate.py --check    write nothing; fail if a file is not what would be written

topologies.py has the layers of the networks, profiles.py where their operands come from.
"""

import argparse
import json
import pathlib
import sys

import profiles
import topologies

FOLDER = pathlib.Path(__file__).resolve().parent


def network(name, topology, **more):
    return {"name": name, "batch": 1, **more, "layers": topology.graph()}


def synthetic_network(name, topology):
    profiles.add_profile(topology)
    return network(name, topology, operands={"gradients": profiles.DENSE})


def pruned_network(name, topology, densities):
    profiles.add_published(topology, densities)
    return network(name, topology, operands={"gradients": profiles.DENSE})


def paper_network(name, topology):
    profiles.add_profile(topology, profiles.PAPER_ACTIVATIONS, profiles.PAPER_WEIGHTS, profiles.PAPER_GRADIENTS,
                         profiles.PAPER_CLUSTER)  # fmt: skip
    return network(name, topology)


def is_downsample(layer):
    return layer["name"].endswith(".downsample")


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


def inference_trace_network():
    topology = topologies.resnet(34, classes=12, fc_epilogue=[])
    add_recorded_outputs(topology.layers)
    sources = {"activations": profiles.TRACE, "weights": profiles.TRACE}
    return network("resnet34", topology, trace="../traces/resnet34-inference.safetensors", operands=sources)


def training_trace_network():
    topology = topologies.resnet(34, classes=12, fc_epilogue=[])
    # Of the classifier the trace holds the weights only.
    profiles.set_operands(topology.layers[-1], activations=profiles.DENSE, weights=profiles.TRACE,
                          gradients=profiles.DENSE)  # fmt: skip
    sources = {"activations": profiles.TRACE, "weights": profiles.TRACE, "gradients": profiles.TRACE}
    return network("resnet34-training", topology, trace="../traces/resnet34-training.safetensors", operands=sources)


def variants(name, topology, with_biases=False):
    """The ternary and the full-precision network, by file name."""
    return {
        f"{name}.json": lambda: synthetic_network(name, topology()),
        f"{name}-full.json": lambda: synthetic_network(
            f"{name}-full", topologies.full_precision(topology(), with_biases)
        ),
    }


def pruned(name, topology, densities):
    return {
        f"{name}-pruned.json": lambda: pruned_network(
            f"{name}-pruned", topologies.full_precision(topology(), with_biases=True), densities
        )
    }


NETWORKS = {
    "resnet34.json": inference_trace_network,
    "resnet34-training.json": training_trace_network,
    "paper-resnet34.json": lambda: paper_network("paper-resnet34", topologies.resnet(34)),
    "resnet34-synthetic.json": lambda: synthetic_network("resnet34-synthetic", topologies.resnet(34)),
    **variants("resnet18", lambda: topologies.resnet(18)),
    "resnet50.json": lambda: synthetic_network("resnet50", topologies.resnet(50)),
    "resnet152.json": lambda: synthetic_network("resnet152", topologies.resnet(152)),
    **variants("resnet18-cifar-stem", lambda: topologies.resnet(18, cifar_stem=True)),
    **variants("resnet20", topologies.resnet20),
    **variants("vgg-cifar10", topologies.vgg_cifar10),
    **variants("vgg16", topologies.vgg16, with_biases=True),
    **pruned("vgg16", topologies.vgg16, profiles.PRUNED_VGG16),
    **variants("alexnet", topologies.alexnet, with_biases=True),
    **pruned("alexnet", topologies.alexnet, profiles.PRUNED_ALEXNET),
    **variants("googlenet", topologies.googlenet, with_biases=True),
    **pruned("googlenet", topologies.googlenet, profiles.PRUNED_GOOGLENET),
    **variants("mobilenetv2", topologies.mobilenetv2),
    **variants("lenet", topologies.lenet, with_biases=True),
}


def layer_text(layer):
    """A layer or node on a few lines: its shape, then a line for each of the longer keys."""
    shape = {key: value for key, value in layer.items() if key not in ("operands", "epilogue", "recorded_output")}
    lines = [json.dumps(shape)[1:-1]]
    if "operands" in layer:
        sources = [f'"{operand}": {json.dumps(source)}' for operand, source in layer["operands"].items()]
        lines.append('"operands": {' + (",\n      " + " " * 13).join(sources) + "}")
    for key in ("epilogue", "recorded_output"):
        if key in layer:
            lines.append(f'"{key}": ' + json.dumps(layer[key]))
    return "    { " + ",\n      ".join(lines) + " }"


def workload_text(described):
    head = [f'  "{key}": {json.dumps(value)}' for key, value in described.items() if key != "layers"]
    layers = ",\n".join(layer_text(layer) for layer in described["layers"])
    return "{\n" + ",\n".join(head) + ',\n  "layers": [\n' + layers + "\n  ]\n}\n"


def is_layer(entry):
    return entry["type"] in ("conv2d", "linear")


def sizes(layers):
    """Multiply-accumulates, weights and parameters (weights, scales, biases) of all layers."""
    macs = weights = parameters = 0
    for layer in filter(is_layer, layers):
        if layer["type"] == "linear":
            channels, positions = layer["out_features"], 1
            count = layer["in_features"] * channels
        else:
            channels, positions = layer["out_channels"], 1
            count = layer["in_channels"] // layer.get("groups", 1) * channels * layer["kernel"][0] * layer["kernel"][1]
            for size, kernel, stride, padding in zip(*(layer[k] for k in ("input_size", "kernel", "stride", "padding"))):
                positions *= (size + 2 * padding - kernel) // stride + 1
        macs += count * positions
        weights += count
        per_channel = 2 * layer["epilogue"].count(topologies.MUL_ADD) + layer["epilogue"].count(topologies.ADD_BIAS)
        parameters += count + per_channel * channels
    return macs, weights, parameters


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--check", action="store_true", help="compare the files with what would be written")
    arguments = parser.parse_args()
    stale = []
    for name, build in NETWORKS.items():
        described = build()
        text = workload_text(described)
        assert json.loads(text) == described
        path = FOLDER / name
        if not arguments.check:
            path.write_text(text)
        elif not path.exists() or path.read_text() != text:
            stale.append(name)
        layers = described["layers"]
        macs, weights, parameters = sizes(layers)
        print(f"{name:<30} {sum(map(is_layer, layers)):>4} layers {macs:>15,} MACs {weights:>12,} weights {parameters:>12,} parameters")
    if stale:
        sys.exit("not as generated: " + ", ".join(stale))


if __name__ == "__main__":
    main()
