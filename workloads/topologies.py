"""The layers of the networks, in the order in which they run: shapes, number formats, epilogues and what each reads, no
operands. What stands between the layers (pooling, concatenation) is kept beside them: nodes that stand in front of one.

Every topology is written as its ternary variant: two-bit weights but in the first layer and the classifier, a folded
batch normalisation (mul-add) behind every layer but the classifier. full_precision() makes the other variant of it.
"""

import dataclasses

RESNET_CHANNELS = (64, 128, 256, 512)
RESNET_BLOCKS = {18: (2, 2, 2, 2), 34: (3, 4, 6, 3), 50: (3, 4, 6, 3), 152: (3, 8, 36, 3)}
THRESHOLD = 0.01  # of the ternary networks' ReLU

MUL_ADD = {"op": "mul-add"}
SELECT = {"op": "select", "threshold": THRESHOLD}
ADD_BIAS = {"op": "add", "operand": "bias"}


@dataclasses.dataclass
class Topology:
    layers: list
    dense_inputs: set  # layers that do not read the output of a ReLU: images, means, linear bottlenecks
    nodes: dict = dataclasses.field(default_factory=dict)  # by the layer that they stand in front of

    def graph(self):
        """Layers and nodes, in the order of a file."""
        return [entry for layer in self.layers for entry in [*self.nodes.get(layer["name"], []), layer]]


def add_feature_map(source, tensor=None):
    """The output of `source`, which a trace has as the tensor of that name."""
    named = {} if tensor is None else {"tensor": tensor}
    return {"op": "add", "operand": "feature_map", "from": source, **named}


def node(name, kind, **more):
    return {"name": name, "type": kind, **more}


def pool(name, kernel, stride=None, padding=0, **more):
    """Maxima of square windows."""
    stride = kernel if stride is None else stride
    return node(name, "max_pool2d", kernel=[kernel] * 2, stride=[stride] * 2, padding=[padding] * 2, **more)


AVERAGE = [node("avgpool", "global_avg_pool")]


def conv(name, cin, cout, size, kernel, stride, epilogue, padding=None, **more):
    """A square convolution; without `padding` one that keeps the size of the image but for its stride."""
    padding = kernel // 2 if padding is None else padding
    return {
        "name": name, "type": "conv2d", "in_channels": cin, "out_channels": cout, "input_size": [size, size],
        "kernel": [kernel, kernel], "stride": [stride, stride], "padding": [padding, padding],
        **more, "epilogue": epilogue,
    }  # fmt: skip


def linear(name, fin, fout, epilogue, **more):
    return {"name": name, "type": "linear", "in_features": fin, "out_features": fout, **more, "epilogue": epilogue}


def classifier(name, fin, classes, epilogue=None):
    return linear(name, fin, classes, [ADD_BIAS] if epilogue is None else epilogue, weight_format="full")


def full_precision(topology, with_biases=False):
    """The variant with floats for all weights and the plain ReLU; `with_biases`: without batch normalisation."""
    for layer in topology.layers:
        epilogue = layer.pop("epilogue")
        layer["weight_format"] = "full"
        layer["epilogue"] = [
            SELECT | {"threshold": 0} if op == SELECT else ADD_BIAS if op == MUL_ADD and with_biases else op
            for op in epilogue
        ]
    return topology


def residual_block(name, source, cin, width, size, stride, bottleneck):
    """The layers of one block, which reads `source`; the downsample before the convolution that adds its output."""
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
    shortcut, more = add_feature_map(source, f"{name}.conv1.activations"), {}
    if stride != 1 or cin != cout:
        more = {"input": layers[-1]["name"]}
        layers.append(conv(f"{name}.downsample", cin, cout, size, 1, stride, [MUL_ADD], input=source))
        shortcut = add_feature_map(f"{name}.downsample")
    last = [MUL_ADD, shortcut, SELECT]
    if bottleneck:
        layers.append(conv(f"{name}.conv3", width, cout, reduced, 1, 1, last, **more))
    else:
        layers.append(conv(f"{name}.conv2", width, cout, reduced, 3, 1, last, **more))
    return layers, cout


def resnet(depth, classes=1000, fc_epilogue=None, cifar_stem=False):
    """A ResNet of four stages; `cifar_stem`: a 3x3 convolution without stride or pooling in front."""
    bottleneck = depth >= 50
    tail = [MUL_ADD, SELECT]
    if cifar_stem:
        layers, size, nodes = [conv("conv1", 3, 64, 224, 3, 1, tail, weight_format="full")], 224, {}
    else:
        layers, size = [conv("conv1", 3, 64, 224, 7, 2, tail, weight_format="full")], 56
        nodes = {"layer1.0.conv1": [pool("maxpool", 3, 2, 1)]}
    source = "conv1" if cifar_stem else "maxpool"
    channels = 64
    for stage, (count, width) in enumerate(zip(RESNET_BLOCKS[depth], RESNET_CHANNELS)):
        for i in range(count):
            stride = 2 if stage > 0 and i == 0 else 1
            added, channels = residual_block(f"layer{stage + 1}.{i}", source, channels, width, size, stride, bottleneck)
            layers += added
            source = layers[-1]["name"]
            size //= stride
    layers.append(classifier("fc", channels, classes, fc_epilogue))
    return Topology(layers, {"conv1", "fc"}, nodes | {"fc": AVERAGE})


def resnet20():
    """CIFAR-10; where a block changes shape its shortcut is every second pixel, padded with channels of zeros."""
    layers = [conv("conv1", 3, 16, 32, 3, 1, [MUL_ADD, SELECT], weight_format="full")]
    channels, size, nodes = 16, 32, {"fc": AVERAGE}
    for stage, width in enumerate((16, 32, 64)):
        for i in range(3):
            name, source = f"layer{stage + 1}.{i}", layers[-1]["name"]
            stride = width // channels
            shortcut, more = add_feature_map(source, f"{name}.conv1.activations"), {}
            if stride != 1:
                shortcut, more = add_feature_map(f"{name}.padded_shortcut"), {"input": f"{name}.conv1"}
                nodes[f"{name}.conv2"] = [
                    pool(f"{name}.every_second", 1, stride, input=source),
                    node(f"{name}.padded_shortcut", "pad", channels_after=width - channels),
                ]
            layers.append(conv(f"{name}.conv1", channels, width, size, 3, stride, [MUL_ADD, SELECT]))
            channels, size = width, size // stride
            layers.append(conv(f"{name}.conv2", width, width, size, 3, 1, [MUL_ADD, shortcut, SELECT], **more))
    layers.append(classifier("fc", 64, 10))
    return Topology(layers, {"conv1", "fc"}, nodes)


def vgg(size, features, hidden, classes):
    """VGG-16's thirteen convolutions (2 x 2 max-pooling behind each stage), then linear layers `hidden` wide."""
    layers, channels, nodes = [], 3, {}
    for stage, (count, width) in enumerate(((2, 64), (2, 128), (3, 256), (3, 512), (3, 512)), 1):
        for i in range(1, count + 1):
            more = {"weight_format": "full"} if not layers else {}
            if layers and i == 1:
                nodes[f"conv{stage}_1"] = [pool(f"pool{stage - 1}", 2)]
            layers.append(conv(f"conv{stage}_{i}", channels, width, size, 3, 1, [MUL_ADD, SELECT], **more))
            channels = width
        size //= 2
    for number, width in enumerate(hidden, 1):
        layers.append(linear(f"fc{number}", features, width, [MUL_ADD, SELECT]))
        features = width
    layers.append(classifier(f"fc{len(hidden) + 1}", features, classes))
    nodes["fc1"] = [pool("pool5", 2), node("flatten", "flatten")]
    return Topology(layers, {"conv1_1"}, nodes)


def vgg_cifar10():
    return vgg(32, 512, (512,), 10)


def vgg16():
    return vgg(224, 512 * 7 * 7, (4096, 4096), 1000)


def alexnet():
    """In one tower, with the two groups of the original; 3x3 stride-2 max-pooling behind conv1, conv2 and conv5."""
    tail = [MUL_ADD, SELECT]
    layers = [
        conv("conv1", 3, 96, 227, 11, 4, tail, padding=0, weight_format="full"),
        conv("conv2", 96, 256, 27, 5, 1, tail, groups=2),
        conv("conv3", 256, 384, 13, 3, 1, tail),
        conv("conv4", 384, 384, 13, 3, 1, tail, groups=2),
        conv("conv5", 384, 256, 13, 3, 1, tail, groups=2),
        linear("fc6", 256 * 6 * 6, 4096, tail),
        linear("fc7", 4096, 4096, tail),
        classifier("fc8", 4096, 1000),
    ]
    nodes = {
        "conv2": [pool("pool1", 3, 2)], "conv3": [pool("pool2", 3, 2)],
        "fc6": [pool("pool5", 3, 2), node("flatten", "flatten")],
    }  # fmt: skip
    return Topology(layers, {"conv1"}, nodes)


# Of each inception module: 1x1; 3x3 reduce, 3x3; 5x5 reduce, 5x5; projection behind the 3x3 stride-1 max-pooling.
INCEPTION_WIDTHS = {
    "3a": (64, 96, 128, 16, 32, 32), "3b": (128, 128, 192, 32, 96, 64), "4a": (192, 96, 208, 16, 48, 64),
    "4b": (160, 112, 224, 24, 64, 64), "4c": (128, 128, 256, 24, 64, 64), "4d": (112, 144, 288, 32, 64, 64),
    "4e": (256, 160, 320, 32, 128, 128), "5a": (256, 160, 320, 32, 128, 128), "5b": (384, 192, 384, 48, 128, 128),
}  # fmt: skip


MODULES = list(INCEPTION_WIDTHS)
# The first layer behind each.
INCEPTION_FOLLOWERS = dict(zip(MODULES, [*(f"inception_{module}.1x1" for module in MODULES[1:]), "fc"]))


def googlenet():
    """Without the auxiliary classifiers."""
    tail = [MUL_ADD, SELECT]
    layers = [
        conv("conv1", 3, 64, 224, 7, 2, tail, weight_format="full"),
        conv("conv2.3x3_reduce", 64, 64, 56, 1, 1, tail),
        conv("conv2.3x3", 64, 192, 56, 3, 1, tail),
    ]
    channels, source = 192, "pool2"
    nodes = {
        "conv2.3x3_reduce": [pool("pool1", 3, 2, ceil_mode=True)],
        "inception_3a.1x1": [pool("pool2", 3, 2, ceil_mode=True)],
        "fc": [node("avgpool", "global_avg_pool", input="inception_5b.concat")],
    }
    for module, widths in INCEPTION_WIDTHS.items():
        name, size = f"inception_{module}", {"3": 28, "4": 14, "5": 7}[module[0]]
        one, reduce3, three, reduce5, five, projection = widths
        if module in ("4a", "5a"):
            pooled = pool(f"pool{int(module[0]) - 1}", 3, 2, input=source, ceil_mode=True)
            nodes.setdefault(f"{name}.1x1", []).append(pooled)
            source = pooled["name"]
        nodes[f"{name}.pool_proj"] = [pool(f"{name}.pool", 3, 1, 1, input=source)]
        layers += [
            conv(f"{name}.1x1", channels, one, size, 1, 1, tail, input=source),
            conv(f"{name}.3x3_reduce", channels, reduce3, size, 1, 1, tail, input=source),
            conv(f"{name}.3x3", reduce3, three, size, 3, 1, tail),
            conv(f"{name}.5x5_reduce", channels, reduce5, size, 1, 1, tail, input=source),
            conv(f"{name}.5x5", reduce5, five, size, 5, 1, tail),
            conv(f"{name}.pool_proj", channels, projection, size, 1, 1, tail),
        ]
        channels = one + three + five + projection
        joined = node(f"{name}.concat", "concat", input=[f"{name}.{part}" for part in ("1x1", "3x3", "5x5", "pool_proj")])
        following = INCEPTION_FOLLOWERS[module]
        nodes.setdefault(following, []).insert(0, joined)
        source = joined["name"]
    layers.append(classifier("fc", channels, 1000))
    return Topology(layers, {"conv1", "fc"}, nodes)


# Expansion factor, output channels, blocks, stride of the first.
INVERTED_RESIDUALS = (
    (1, 16, 1, 1), (6, 24, 2, 2), (6, 32, 3, 2), (6, 64, 4, 2), (6, 96, 3, 1), (6, 160, 3, 2), (6, 320, 1, 1),
)  # fmt: skip


def mobilenetv2():
    """ReLU6 is its lower half: one select keeps what is above the threshold and nothing clamps at 6."""
    tail = [MUL_ADD, SELECT]
    layers = [conv("conv1", 3, 32, 224, 3, 2, tail, weight_format="full")]
    dense = {"conv1", "conv_last", "fc"}
    cin, size, number = 32, 112, 0
    for factor, cout, count, first_stride in INVERTED_RESIDUALS:
        for i in range(count):
            name, stride, width = f"block{number}", first_stride if i == 0 else 1, cin * factor
            if factor != 1:
                layers.append(conv(f"{name}.expand", cin, width, size, 1, 1, tail))
                dense.add(f"{name}.expand")
            layers.append(conv(f"{name}.depthwise", width, width, size, 3, stride, tail, groups=width))
            size //= stride
            before = f"block{number - 1}.project"
            shortcut = [add_feature_map(before, f"{name}.expand.activations")] if stride == 1 and cin == cout else []
            layers.append(conv(f"{name}.project", width, cout, size, 1, 1, [MUL_ADD, *shortcut]))
            cin, number = cout, number + 1
    layers.append(conv("conv_last", cin, 1280, size, 1, 1, tail))
    layers.append(classifier("fc", 1280, 1000))
    return Topology(layers, dense, {"fc": AVERAGE})


def lenet():
    """LeNet-5 on MNIST, with ReLU; every feature map of the second convolution reads all six of the first."""
    tail = [MUL_ADD, SELECT]
    layers = [
        conv("conv1", 1, 6, 28, 5, 1, tail, weight_format="full"),
        conv("conv2", 6, 16, 14, 5, 1, tail, padding=0),
        linear("fc1", 16 * 5 * 5, 120, tail),
        linear("fc2", 120, 84, tail),
        classifier("fc3", 84, 10),
    ]
    nodes = {"conv2": [pool("pool1", 2)], "fc1": [pool("pool2", 2), node("flatten", "flatten")]}
    return Topology(layers, {"conv1"}, nodes)
