"""ResNet: blocks that are added to their input (He et al. 2015), with torchvision's strides in the 3 x 3."""

from __future__ import annotations

import os
from typing import Any

from .. import layers
from ..models import Model
from .building import TORCH, Builder, Request
from .imagenet import decode_predictions as decode_predictions, preprocessing
from .pretrained import Pretrained

preprocess_input = preprocessing("torch")

ORIGIN = "https://download.pytorch.org/models/"
IMAGENET_18 = Pretrained("resnet18-f37072fd.pth", "f37072fd", ORIGIN)
IMAGENET_50 = Pretrained("resnet50-0676ba61.pth", "0676ba61", ORIGIN)

# (window, width against the stage's) of the convolutions of a block; its first of 3 x 3 has the strides
BASIC = ((3, 1), (3, 1))
BOTTLENECK = ((1, 1), (3, 1), (1, 4))


def _network(name: str, block: Any, depths: tuple[int, ...], published: Pretrained, *arguments: Any) -> Model:
    net = Builder(Request(name, 224, published, *arguments), TORCH)
    x = net.conv(net.start(), 64, 7, 2, name="conv1_conv", key="conv1")
    x = net.relu(net.norm(x, name="conv1_bn", key="bn1"), "conv1_relu")
    x = layers.MaxPooling2D(3, 2, ((1, 1), (1, 1)), name="pool1_pool")(x)
    for stage, depth in enumerate(depths):
        for number in range(depth):
            strides = 2 if stage and not number else 1
            word, key = f"conv{stage + 2}_block{number + 1}", f"layer{stage + 1}.{number}"
            x = _block(net, x, word, key, block, 64 * 2**stage, strides)
    return net.classify(x, key="fc")


def _block(net: Builder, x: Any, word: str, key: str, block: Any, width: int, strides: int) -> Any:
    y, shortcut = x, x
    out = width * block[-1][1]
    if strides > 1 or x.shape[-1] != out:
        first, there = f"{word}_0_conv", f"{key}.downsample.0"
        shortcut = net.conv(x, out, 1, strides, name=first, key=there, padding="valid")
        shortcut = net.norm(shortcut, name=f"{word}_0_bn", key=f"{key}.downsample.1")
    for i, (size, wider) in enumerate(block, 1):
        step = strides if size == 3 else 1
        strides = 1 if size == 3 else strides
        y = net.conv(y, width * wider, size, step, name=f"{word}_{i}_conv", key=f"{key}.conv{i}")
        y = net.norm(y, name=f"{word}_{i}_bn", key=f"{key}.bn{i}")
        y = net.relu(y, f"{word}_{i}_relu") if i < len(block) else y
    return net.relu(layers.Add(name=f"{word}_add")([shortcut, y]), f"{word}_out")


def ResNet18(
    include_top: bool = True,
    weights: str | os.PathLike[str] | None = "imagenet",
    input_tensor: Any = None,
    input_shape: Any = None,
    pooling: str | None = None,
    classes: int = 1000,
    classifier_activation: Any = "softmax",
    name: str | None = None,
) -> Model:
    """ResNet-18: images (n, 224, 224, 3), 11.7 million parameters, features (n, 7, 7, 512).

    The scale is "torch". Arguments as for `MobileNetV2`; layer names in the manner of Keras's ResNets.

    >>> ResNet18(weights=None, include_top=False, input_shape=(64, 64, 3)).output_shape
    (None, 2, 2, 512)
    """
    return _network(
        "ResNet18", BASIC, (2, 2, 2, 2), IMAGENET_18, include_top, weights, input_tensor, input_shape,
        pooling, classes, classifier_activation, name,
    )  # fmt: skip


def ResNet50(
    include_top: bool = True,
    weights: str | os.PathLike[str] | None = "imagenet",
    input_tensor: Any = None,
    input_shape: Any = None,
    pooling: str | None = None,
    classes: int = 1000,
    classifier_activation: Any = "softmax",
    name: str | None = None,
) -> Model:
    """ResNet-50: images (n, 224, 224, 3), 25.6 million parameters, features (n, 7, 7, 2048).

    The scale is "torch". Arguments as for `MobileNetV2`. The strides are in the 3 x 3 convolutions, as in
    torchvision, and the convolutions have no biases; Keras's has its strides in the 1 x 1 ones.

    >>> ResNet50(weights=None, include_top=False, input_shape=(32, 32, 3)).output_shape
    (None, 1, 1, 2048)
    """
    return _network(
        "ResNet50", BOTTLENECK, (3, 4, 6, 3), IMAGENET_50, include_top, weights, input_tensor, input_shape,
        pooling, classes, classifier_activation, name,
    )  # fmt: skip
