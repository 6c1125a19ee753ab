"""SqueezeNet 1.1: AlexNet's accuracy of 2012 in 1.2 million parameters (Iandola et al. 2016)."""

from __future__ import annotations

import os
from typing import Any

from .. import layers
from ..models import Model
from .building import TORCH, Builder, Request
from .imagenet import decode_predictions as decode_predictions, preprocessing
from .pretrained import Pretrained

preprocess_input = preprocessing("torch")

# channels squeezed to, channels of each of the two expansions; None: pooling
FIRES = (None, (16, 64), (16, 64), None, (32, 128), (32, 128), None, *[(48, 192)] * 2, *[(64, 256)] * 2)
IMAGENET = Pretrained("squeezenet1_1-b8a52dc0.pth", "b8a52dc0", "https://download.pytorch.org/models/")


def SqueezeNet(
    include_top: bool = True,
    weights: str | os.PathLike[str] | None = "imagenet",
    input_tensor: Any = None,
    input_shape: Any = None,
    pooling: str | None = None,
    classes: int = 1000,
    classifier_activation: Any = "softmax",
    name: str | None = None,
) -> Model:
    """SqueezeNet 1.1 as torchvision has it: images (n, 224, 224, 3), 1.2 million parameters.

    The scale is "torch". Arguments as for `MobileNetV2`. Its classifier is a 1 x 1 convolution, `conv10`,
    averaged over the image.

    >>> SqueezeNet(weights=None, input_shape=(64, 64, 3), classes=7).output_shape
    (None, 7)
    """
    request = Request(
        "SqueezeNet", 224, IMAGENET, include_top, weights, input_tensor, input_shape, pooling, classes,
        classifier_activation, name,
    )  # fmt: skip
    net = Builder(request, TORCH)
    plain: dict[str, Any] = {"activation": "relu", "use_bias": True}
    x = net.conv(net.start(), 64, 3, 2, name="conv1", key="features.0", padding="valid", **plain)
    number = 1
    for place, widths in enumerate(FIRES, 2):
        if widths is None:
            x = _pool(x, f"pool{number}")
        else:
            number += 1
            x = _fire(net, x, f"fire{number}", f"features.{place}", *widths)
    if not include_top:
        return net.finish(net.pooled(x), head="classifier")
    x = layers.Dropout(0.5, name="drop9")(x)
    x = net.conv(x, classes, 1, name="conv10", key="classifier.1", **plain)
    x = layers.GlobalAveragePooling2D(name="avg_pool")(x)
    return net.finish(layers.Activation(classifier_activation or "linear", name="predictions")(x))


def _fire(net: Builder, x: Any, word: str, key: str, squeezed: int, expanded: int) -> Any:
    """Few channels by 1 x 1, many again by 1 x 1 and 3 x 3 side by side."""
    plain: dict[str, Any] = {"activation": "relu", "use_bias": True}
    x = net.conv(x, squeezed, 1, name=f"{word}_squeeze", key=f"{key}.squeeze", **plain)
    sides = [
        net.conv(x, expanded, 1, name=f"{word}_expand1x1", key=f"{key}.expand1x1", **plain),
        net.conv(x, expanded, 3, name=f"{word}_expand3x3", key=f"{key}.expand3x3", **plain),
    ]
    return layers.Concatenate(name=f"{word}_concat")(sides)


def _pool(x: Any, name: str) -> Any:
    """3 x 3 windows every 2 pixels, the last one over the border where it must be (torch's ceil_mode)."""
    over = tuple([(0, (size - 3) % 2 if size is not None else 0) for size in x.shape[1:3]])
    return layers.MaxPooling2D(3, 2, over if any(over) else "valid", name=name)(x)
