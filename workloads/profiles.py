"""Where the operands of a network's layers come from: synthetic densities by depth, or published ones layer by layer."""

CHANNEL_SPREAD, CLUSTER = 0.6, 0.5  # of every synthetic activation and gradient
DENSE = {"source": "dense"}
TRACE = {"source": "trace"}

# The default profile: two-bit weights by the threshold 0.7 * mean|W| keep 50 to 58 % of them; activations get sparser
# with depth. Pairs are the first and the last layer; what is between falls by equal steps.
DEFAULT_ACTIVATIONS = (0.50, 0.15)
TERNARY_WEIGHTS = (0.57, 0.57)
# The profile that meets the paper's fractions of operations on non-zero operands; README.md says where the ends come from.
PAPER_ACTIVATIONS = (0.58, 0.10)
PAPER_WEIGHTS = (0.577, 0.497)
PAPER_GRADIENTS = 0.80
PAPER_CLUSTER = 0.75

# Layers of a block that read the same tensor, or tensors equally far from the ReLU, have one density: by the last part
# of their names, the layer whose depth counts for them.
SAME_DEPTH = {"downsample": "conv1", "1x1": "3x3_reduce", "5x5_reduce": "3x3_reduce", "pool_proj": "3x3_reduce",
              "5x5": "3x3"}  # fmt: skip

# Density of weights and of inputs after pruning. Convolutions: NVlabs/timeloop, src/data/cnn/densities.csv, rounded;
# AlexNet's conv2 is the mean of its two groups (weights .37 and .39, inputs .91 and .97). Linear layers: benchmarks of
# Han et al., EIE, ISCA 2016, checked with a list in PolyArch/dsa-apps, spu-benchmarks/sparse-mv-2/run.py (2dd594a), not
# with the paper; VGG-16's fc3 is not in the list: from memory, not verified.
PRUNED_ALEXNET = {
    "conv1": (0.71, 1), "conv2": (0.38, 0.94), "conv3": (0.35, 0.53), "conv4": (0.37, 0.39), "conv5": (0.37, 0.43),
    "fc6": (0.09, 0.351), "fc7": (0.09, 0.353), "fc8": (0.25, 0.375),
}  # fmt: skip
PRUNED_VGG16 = {
    "conv1_1": (0.57, 1), "conv1_2": (0.22, 0.51), "conv2_1": (0.34, 0.90), "conv2_2": (0.35, 0.79),
    "conv3_1": (0.53, 0.81), "conv3_2": (0.24, 0.64), "conv3_3": (0.42, 0.69), "conv4_1": (0.32, 0.71),
    "conv4_2": (0.27, 0.50), "conv4_3": (0.34, 0.45), "conv5_1": (0.35, 0.39), "conv5_2": (0.29, 0.33),
    "conv5_3": (0.36, 0.31), "fc1": (0.04, 0.183), "fc2": (0.04, 0.375), "fc3": (0.23, 0.411),
}  # fmt: skip
# Of each inception module: 1x1, 3x3 reduce, 3x3, 5x5 reduce, 5x5, pool projection.
PRUNED_INCEPTION = {
    "3a": ((0.38, 0.71), (0.41, 0.71), (0.45, 0.66), (0.36, 0.71), (0.34, 0.77), (0.46, 0.96)),
    "3b": ((0.41, 0.53), (0.46, 0.53), (0.49, 0.52), (0.38, 0.53), (0.46, 0.65), (0.46, 0.87)),
    "4a": ((0.45, 0.55), (0.45, 0.55), (0.48, 0.62), (0.42, 0.55), (0.46, 0.76), (0.48, 0.87)),
    "4b": ((0.35, 0.22), (0.34, 0.22), (0.41, 0.72), (0.35, 0.22), (0.42, 0.79), (0.40, 0.56)),
    "4c": ((0.37, 0.51), (0.39, 0.51), (0.42, 0.57), (0.36, 0.51), (0.40, 0.65), (0.41, 0.82)),
    "4d": ((0.38, 0.43), (0.41, 0.43), (0.43, 0.44), (0.39, 0.43), (0.43, 0.64), (0.40, 0.75)),
    "4e": ((0.34, 0.25), (0.40, 0.25), (0.37, 0.64), (0.37, 0.25), (0.42, 0.81), (0.39, 0.54)),
    "5a": ((0.31, 0.50), (0.33, 0.50), (0.36, 0.57), (0.31, 0.50), (0.36, 0.69), (0.33, 0.80)),
    "5b": ((0.32, 0.31), (0.33, 0.31), (0.37, 0.30), (0.33, 0.31), (0.35, 0.46), (0.31, 0.57)),
}
INCEPTION_LAYERS = ("1x1", "3x3_reduce", "3x3", "5x5_reduce", "5x5", "pool_proj")
# The stem is not in the table: it has the means of those layers that are. The classifier was not pruned.
PRUNED_GOOGLENET = {
    "conv1": (0.39, 1), "conv2.3x3_reduce": (0.39, 0.56), "conv2.3x3": (0.39, 0.56), "fc": (1, 1),
} | {
    f"inception_{module}.{layer}": pair
    for module, pairs in PRUNED_INCEPTION.items()
    for layer, pair in zip(INCEPTION_LAYERS, pairs)
}  # fmt: skip


def feature_map(density, seed, cluster=CLUSTER):
    if density == 1:
        return DENSE
    return {"source": "synthetic", "density": density, "channel_spread": CHANNEL_SPREAD, "cluster": cluster,
            "seed": seed}  # fmt: skip


def weights(density, seed):
    return DENSE if density == 1 else {"source": "synthetic", "density": density, "seed": seed}


def set_operands(layer, **sources):
    """The epilogue stays the last key."""
    epilogue = layer.pop("epilogue")
    layer["operands"] = sources
    layer["epilogue"] = epilogue


def depths(layers):
    """0 for the first layer between the first and the last, 1 for the last of them, in equal steps."""
    inner = [layer["name"] for layer in layers[1:-1]]

    def counting(name):
        head, _, tail = name.rpartition(".")
        counted = f"{head}.{SAME_DEPTH[tail]}" if tail in SAME_DEPTH else name
        return counted if counted in inner else name

    steps = list(dict.fromkeys(map(counting, inner)))
    return {name: steps.index(counting(name)) / (len(steps) - 1) for name in inner}


def between(ends, depth):
    return round(ends[0] + (ends[1] - ends[0]) * depth, 4)


def add_profile(topology, activations=DEFAULT_ACTIVATIONS, ternary_weights=TERNARY_WEIGHTS, gradients=None, cluster=CLUSTER):
    """Densities by depth. Full-precision weights are dense; gradients are not mentioned without a density."""
    layers = topology.layers
    depth_of = {layers[0]["name"]: 0, layers[-1]["name"]: 1} | depths(layers)
    for index, layer in enumerate(layers):
        name = layer["name"]
        is_ternary = layer.get("weight_format") != "full"
        sources = {
            "activations": DENSE if name in topology.dense_inputs
            else feature_map(between(activations, depth_of[name]), 2 * index, cluster),
            "weights": weights(between(ternary_weights, depth_of[name]), 2 * index + 1) if is_ternary else DENSE,
        }  # fmt: skip
        if gradients is not None:
            is_last = index == len(layers) - 1
            sources["gradients"] = DENSE if is_last else feature_map(gradients, 2 * len(layers) + index, cluster)
        set_operands(layer, **sources)


def add_published(topology, densities):
    """`densities`: of each layer's weights and inputs."""
    for index, layer in enumerate(topology.layers):
        weight_density, input_density = densities[layer["name"]]
        set_operands(layer, activations=feature_map(input_density, 2 * index),
                     weights=weights(weight_density, 2 * index + 1))  # fmt: skip
