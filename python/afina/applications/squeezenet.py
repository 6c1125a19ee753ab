"""SqueezeNet 1.1: AlexNet's accuracy of 2012 in 1.2 million parameters (Iandola et al. 2016)."""

from __future__ import annotations

import os
from collections.abc import Mapping
from dataclasses import replace
from typing import Any

import numpy as np

from .. import layers
from ..errors import FileFormatError
from ..interop.numpy_pickle import read_array_pickle
from ..models import Model
from .building import TORCH, Builder, Request
from .imagenet import decode_predictions as decode_predictions, preprocessing
from .pretrained import Key, Pretrained, is_here

preprocess_input = preprocessing("torch")

# channels squeezed to, channels of each of the two expansions; None: pooling
FIRES = (None, (16, 64), (16, 64), None, (32, 128), (32, 128), None, *[(48, 192)] * 2, *[(64, 256)] * 2)
# trained elsewhere, on images "caffe", in the package `ndf`
NDF = Pretrained(
    "squeezenet_weights.pkl",
    "f286bbf493e6389979ed3036f960f4404e0079acdb92156500df0d4a43d085f1",
    packages=("ndf",),
)
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

    The scale is "torch"; with the weights of the package `ndf`, taken where it is installed and torchvision's
    file is not there, "caffe" (see `prepare`). Arguments as for `MobileNetV2`. Its classifier is a
    1 x 1 convolution, `conv10`, averaged over the image.

    >>> SqueezeNet(weights=None, input_shape=(64, 64, 3), classes=7).output_shape
    (None, 7)
    """
    ndf = is_here(NDF) and not is_here(IMAGENET) if weights == "imagenet" else str(weights).endswith(".pkl")
    request = Request(
        "SqueezeNet", 224, NDF if ndf else IMAGENET, include_top, weights, input_tensor, input_shape, pooling,
        classes, classifier_activation, name,
    )  # fmt: skip
    net = Builder(request, replace(TORCH, mode="caffe") if ndf else TORCH, _ndf_state if ndf else None)
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


def _ndf_state(path: str | os.PathLike[str], keys: Mapping[str, Key]) -> dict[str, Any]:
    """The pickle's pairs of kernel (h, w, in, out) and bias, under torch's names and in torch's layout."""
    pairs = read_array_pickle(path)
    state = {}
    for name, key in keys.items():
        word = name.replace("_", "/").replace("/squeeze", "/squeeze1x1")
        if not isinstance(pairs, dict) or word not in pairs:
            raise FileFormatError(f"{path}: has no weights {word!r}; allowed: the file of the package ndf")
        kernel, bias = (np.asarray(part) for part in pairs[word])
        state[f"{key.prefix}.weight"] = np.moveaxis(kernel, (2, 3), (1, 0))
        state[f"{key.prefix}.bias"] = bias
    return state


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
