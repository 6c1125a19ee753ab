"""Inception-ResNet-v2, in any depth and width: branches of several windows, added to their input.

The network of deck D0's transfer example (Szegedy et al. 2016), as Keras has it.
"""

from __future__ import annotations

import os
from typing import Any

from .. import layers
from ..models import Model
from .building import Builder, Convention, Request
from .imagenet import decode_predictions as decode_predictions, preprocessing

preprocess_input = preprocessing("tf")

KERAS = Convention(tf_borders=True, epsilon=1e-3, momentum=0.99, mode="tf")

# A branch is its convolutions in turn: (filters, window) or (filters, window, strides); strides mean "valid".
STEM = ((32, 3, 2), (32, 3, 1), (64, 3)), ((80, 1, 1), (192, 3, 1))  # a pooling after each
MIXED_5B = (((96, 1),), ((48, 1), (64, 5)), ((64, 1), (96, 3), (96, 3)))  # and a branch that pools first
MIXED_6A = (((384, 3, 2),), ((256, 1), (256, 3), (384, 3, 2)))
MIXED_7A = (((256, 1), (384, 3, 2)), ((256, 1), (288, 3, 2)), ((256, 1), (288, 3), (320, 3, 2)))
BLOCK_35 = (((32, 1),), ((32, 1), (32, 3)), ((32, 1), (48, 3), (64, 3)))
BLOCK_17 = (((192, 1),), ((128, 1), (160, (1, 7)), (192, (7, 1))))
BLOCK_8 = (((192, 1),), ((192, 1), (224, (1, 3)), (256, (3, 1))))
# the blocks of a stage, their share in the sum, and the reduction before them
STAGES = (
    ("block35", BLOCK_35, 0.17, None),
    ("block17", BLOCK_17, 0.1, MIXED_6A),
    ("block8", BLOCK_8, 0.2, MIXED_7A),
)


def InceptionResNetV2(
    include_top: bool = True,
    weights: str | os.PathLike[str] | None = None,
    input_tensor: Any = None,
    input_shape: Any = None,
    pooling: str | None = None,
    classes: int = 1000,
    classifier_activation: Any = "softmax",
    name: str | None = None,
    *,
    alpha: float = 1.0,
    repeats: tuple[int, int, int] = (10, 20, 10),
) -> Model:
    """Inception-ResNet-v2: images (n, 299, 299, 3) on the scale "tf", x / 127.5 - 1.

    `alpha`: factor of all widths; `repeats`: blocks of the three stages. The defaults are the published
    network of 55.9 million parameters; `alpha=0.25, repeats=(2, 4, 2)` is a small one of 1.6 million for
    small sets of images. No weights are published in a form that is read here: None, or an `.afina` file.

    >>> small = InceptionResNetV2(input_shape=(96, 96, 3), classes=4, alpha=0.25, repeats=(1, 1, 1))
    >>> small.output_shape
    (None, 4)
    """
    request = Request(
        "InceptionResNetV2", 299, None, include_top, weights, input_tensor, input_shape, pooling, classes,
        classifier_activation, name,
    )  # fmt: skip
    net = _Builder(request, alpha)
    x = net.start()
    for number, part in enumerate(STEM, 1):
        x = layers.MaxPooling2D(3, 2, name=f"stem_pool{number}")(net.branch(x, part, f"stem{number}"))
    x = net.mixed_5b(x)
    for (word, branches, share, reduction), count in zip(STAGES, repeats, strict=True):
        if reduction is not None:
            before = "mixed_6a" if word == "block17" else "mixed_7a"
            pooled = layers.MaxPooling2D(3, 2, name=f"{before}_pool")(x)
            x = net.joined([*net.branches(x, reduction, before), pooled], before)
        for number in range(1, count + 1):
            last = word == "block8" and number == count  # is added whole, and keeps its sign
            x = net.residual(x, branches, f"{word}_{number}", 1.0 if last else share, rectified=not last)
    x = net.unit(x, net.width(1536), 1, "conv_7b")
    return net.classify(x, key="classif")


class _Builder(Builder):
    """Convolution, normalization, ReLU; and bundles of branches of them."""

    def __init__(self, request: Request, alpha: float) -> None:
        super().__init__(request, KERAS)
        self.alpha = alpha

    def width(self, filters: int) -> int:
        """The filters, fewer or more by alpha."""
        return max(1, round(filters * self.alpha))

    def unit(self, x: Any, filters: int, size: Any, name: str, strides: int | None = None) -> Any:
        """With `strides` the window stays inside of the image."""
        padding = "same" if strides is None else "valid"
        x = self.conv(x, filters, size, strides or 1, name=name, key=name, padding=padding)
        return self.relu(self.norm(x, name=f"{name}_bn", key=f"{name}.bn", scale=False), f"{name}_ac")

    def branch(self, x: Any, steps: Any, name: str) -> Any:
        """Convolutions in turn."""
        for number, (filters, size, *strides) in enumerate(steps, 1):
            x = self.unit(x, self.width(filters), size, f"{name}_conv{number}", *strides)
        return x

    def branches(self, x: Any, table: Any, name: str) -> list[Any]:
        """Each branch of the same input."""
        return [self.branch(x, steps, f"{name}_branch{i}") for i, steps in enumerate(table)]

    def joined(self, parts: list[Any], name: str) -> Any:
        """The branches' channels side by side."""
        return layers.Concatenate(name=name)(parts)

    def mixed_5b(self, x: Any) -> Any:
        """Three branches, and one that averages first."""
        pooled = layers.AveragePooling2D(3, 1, "same", name="mixed_5b_pool")(x)
        fourth = self.unit(pooled, self.width(64), 1, "mixed_5b_branch3_conv1")
        return self.joined([*self.branches(x, MIXED_5B, "mixed_5b"), fourth], "mixed_5b")

    def residual(self, x: Any, table: Any, name: str, share: float, *, rectified: bool) -> Any:
        """x + share * (branches joined and brought back to x's channels)."""
        mixed = self.joined(self.branches(x, table, name), f"{name}_mixed")
        up = self.conv(mixed, x.shape[-1], 1, name=f"{name}_conv", key=f"{name}.conv", use_bias=True)
        up = layers.Rescaling(share, name=f"{name}_share")(up)
        x = layers.Add(name=f"{name}_add")([x, up])
        return self.relu(x, f"{name}_ac") if rectified else x
