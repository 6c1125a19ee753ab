"""What the networks share: their arguments, layers in the convention of their home, weights at the end."""

from __future__ import annotations

import os
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from .. import layers
from ..errors import ArgumentError
from ..layers.input import InputLayer
from ..layers.symbolic import SymbolicTensor
from ..models import Model
from . import imagenet
from .pretrained import Key, Pretrained, Read, find, load


@dataclass(frozen=True)
class Convention:
    """What the library a network comes from does about borders and the normalization.

    TensorFlow's "same" puts the odd zero of an even image to the right; torch puts as many on both sides.
    """

    tf_borders: bool
    epsilon: float
    momentum: float
    mode: str  # of the pixels, see PreparedImages


TORCH = Convention(tf_borders=False, epsilon=1e-5, momentum=0.9, mode="torch")


@dataclass(frozen=True)
class Request:
    """The arguments that every network takes, checked."""

    network: str
    size: int  # of the images it was made for
    pretrained: Pretrained | None
    include_top: bool
    weights: str | os.PathLike[str] | None
    input_tensor: Any
    input_shape: Any
    pooling: str | None
    classes: int
    classifier_activation: Any
    name: str | None

    def __post_init__(self) -> None:
        if self.pooling not in (None, "avg", "max"):
            raise ArgumentError(f"{self.network}: pooling must be None, 'avg' or 'max', got {self.pooling!r}")
        if not isinstance(self.classes, int) or self.classes < 1:
            raise ArgumentError(f"{self.network}: classes must be a positive int, got {self.classes!r}")
        if self.weights == "imagenet":
            if self.pretrained is None:
                raise ArgumentError(
                    f"{self.network}: there are no published weights for these arguments; give weights=None, "
                    "or the path of a file"
                )
            if self.include_top and self.classes != imagenet.COUNT:
                raise ArgumentError(
                    f"{self.network}: weights='imagenet' with the top has classes={imagenet.COUNT}, got "
                    f"{self.classes}; afina.transfer.Transfer(model, classes={self.classes}) changes the head"
                )
        elif self.weights is not None and not Path(self.weights).is_file():
            raise ArgumentError(
                f"{self.network}: weights must be None, 'imagenet' or an existing file, got {self.weights!r}"
            )


class Builder:
    """Adds layers to a graph and remembers where a state dict of torch has the weights of each."""

    def __init__(self, request: Request, convention: Convention, read: Read | None = None) -> None:
        self.request, self.convention, self.read = request, convention, read
        self.keys: dict[str, Key] = {}

    def start(self) -> Any:
        """The images: an Input, or the given one, and the check of their scale where weights are loaded."""
        request = self.request
        given = request.input_tensor
        if given is None:
            shape = request.input_shape or (request.size, request.size, 3)
            given = layers.Input(shape=tuple(shape), name="images")
        elif not isinstance(given, SymbolicTensor) or not isinstance(given.node.layer, InputLayer):
            raise ArgumentError(f"{request.network}: input_tensor must be what afina.Input returns")
        self.inputs = given
        if request.weights is None:
            return given
        return layers.PreparedImages(self.convention.mode, name="prepared")(given)

    # --- layers ---

    def _borders(self, size: Any, strides: int) -> Any:
        if self.convention.tf_borders or strides == 1:
            return "same"
        return ((size // 2, size // 2),) * 2

    def conv(
        self,
        x: Any,
        filters: int,
        size: Any,
        strides: int = 1,
        *,
        name: str,
        key: str,
        padding: Any = None,
        activation: Any = None,
        use_bias: bool = False,
    ) -> Any:
        """A convolution; without `padding` the image keeps its size but for the strides."""
        self.keys[name] = Key(key)
        borders = self._borders(size, strides) if padding is None else padding
        layer = layers.Conv2D(
            filters, size, strides, borders, use_bias=use_bias, activation=activation,
            kernel_initializer="he_normal", name=name,
        )  # fmt: skip
        return layer(x)

    def depthwise(self, x: Any, size: int, strides: int = 1, *, name: str, key: str) -> Any:
        """A convolution of every channel alone."""
        self.keys[name] = Key(key)
        borders = self._borders(size, strides)
        return layers.DepthwiseConv2D(size, strides, borders, use_bias=False, name=name)(x)

    def norm(self, x: Any, *, name: str, key: str, scale: bool = True) -> Any:
        """A batch normalization."""
        self.keys[name] = Key(key)
        momentum, epsilon = self.convention.momentum, self.convention.epsilon
        return layers.BatchNormalization(momentum=momentum, epsilon=epsilon, scale=scale, name=name)(x)

    def relu(self, x: Any, name: str, most: float | None = None) -> Any:
        """ReLU, or ReLU-6."""
        return layers.ReLU(most, name=name)(x)

    def dense(self, x: Any, units: int, *, name: str, key: str, activation: Any, image: Any = None) -> Any:
        """A dense layer; `image` is the shape of what was flattened before it."""
        self.keys[name] = Key(key, image)
        return layers.Dense(units, activation=activation, name=name)(x)

    # --- the end ---

    def classify(self, x: Any, *, key: str, dropout: float = 0.0) -> Model:
        """The usual end: pooling, with the top dropout and a dense layer of classes."""
        if not self.request.include_top:
            return self.finish(self.pooled(x), head=key)
        x = layers.GlobalAveragePooling2D(name="avg_pool")(x)
        if dropout:
            x = layers.Dropout(dropout, name="top_dropout")(x)
        activation = self.request.classifier_activation
        x = self.dense(x, self.request.classes, name="predictions", key=key, activation=activation)
        return self.finish(x)

    def pooled(self, x: Any) -> Any:
        """What a network without its top returns: features, or with `pooling` a row of them."""
        if self.request.pooling == "avg":
            return layers.GlobalAveragePooling2D(name="avg_pool")(x)
        if self.request.pooling == "max":
            return layers.GlobalMaxPooling2D(name="max_pool")(x)
        return x

    def finish(self, outputs: Any, *, head: str | tuple[str, ...] = ()) -> Model:
        """The model with its weights; `head`: prefixes of the file's tensors that it has no place for."""
        request = self.request
        model = Model(self.inputs, outputs, name=request.name or request.network.lower())
        if request.weights is not None:
            left_out = (head,) if isinstance(head, str) else head
            wanted = request.weights
            if wanted == "imagenet":
                assert request.pretrained is not None
                wanted = find(request.pretrained)
            load(model, wanted, self.keys, left_out, self.read)
        return model


def rounded(width: float, divisor: int = 8) -> int:
    """The multiple of `divisor` next to `width`, and not less than nine tenths of it.

    >>> rounded(32 * 0.35), rounded(24 * 1.1)
    (16, 24)
    """
    near = max(divisor, int(width + divisor / 2) // divisor * divisor)
    return near if near >= 0.9 * width else near + divisor
