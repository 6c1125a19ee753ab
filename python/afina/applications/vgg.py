"""VGG16 and VGG19: 3 x 3 convolutions all the way (Simonyan and Zisserman 2014)."""

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
IMAGENET_16 = Pretrained("vgg16-397923af.pth", "397923af", ORIGIN)
IMAGENET_19 = Pretrained("vgg19-dcbb9e9d.pth", "dcbb9e9d", ORIGIN)
WIDTHS = (64, 128, 256, 512, 512)


def _network(name: str, depths: tuple[int, ...], published: Pretrained, request: tuple[Any, ...]) -> Model:
    net = Builder(Request(name, 224, published, *request), TORCH)
    x, place = net.start(), 0
    for block, (width, depth) in enumerate(zip(WIDTHS, depths, strict=True), 1):
        for number in range(1, depth + 1):
            word = f"block{block}_conv{number}"
            x = net.conv(x, width, 3, name=word, key=f"features.{place}", activation="relu", use_bias=True)
            place += 2  # torch counts the activations
        x = layers.MaxPooling2D(2, name=f"block{block}_pool")(x)
        place += 1
    asked = net.request
    if not asked.include_top:
        return net.finish(net.pooled(x), head="classifier")
    image = x.shape[1:]
    x = layers.Flatten(name="flatten")(x)
    x = net.dense(x, 4096, name="fc1", key="classifier.0", activation="relu", image=image)
    x = layers.Dropout(0.5, name="drop1")(x)
    x = net.dense(x, 4096, name="fc2", key="classifier.3", activation="relu")
    x = layers.Dropout(0.5, name="drop2")(x)
    x = net.dense(
        x, asked.classes, name="predictions", key="classifier.6", activation=asked.classifier_activation
    )
    return net.finish(x)


def VGG16(
    include_top: bool = True,
    weights: str | os.PathLike[str] | None = "imagenet",
    input_tensor: Any = None,
    input_shape: Any = None,
    pooling: str | None = None,
    classes: int = 1000,
    classifier_activation: Any = "softmax",
    name: str | None = None,
) -> Model:
    """VGG16 with torchvision's weights: images (n, 224, 224, 3) on the scale "torch", 138 million parameters.

    Arguments as for `MobileNetV2`; without the top 14.7 million parameters and features (n, 7, 7, 512).

    >>> VGG16(weights=None, include_top=False, input_shape=(32, 32, 3)).output_shape
    (None, 1, 1, 512)
    """
    request = (include_top, weights, input_tensor, input_shape, pooling, classes, classifier_activation, name)
    return _network("VGG16", (2, 2, 3, 3, 3), IMAGENET_16, request)


def VGG19(
    include_top: bool = True,
    weights: str | os.PathLike[str] | None = "imagenet",
    input_tensor: Any = None,
    input_shape: Any = None,
    pooling: str | None = None,
    classes: int = 1000,
    classifier_activation: Any = "softmax",
    name: str | None = None,
) -> Model:
    """VGG19 with torchvision's weights: images (n, 224, 224, 3) on the scale "torch", 144 million parameters.

    >>> VGG19(weights=None, include_top=False, input_shape=(32, 32, 3)).output_shape
    (None, 1, 1, 512)
    """
    request = (include_top, weights, input_tensor, input_shape, pooling, classes, classifier_activation, name)
    return _network("VGG19", (2, 2, 4, 4, 4), IMAGENET_19, request)
