"""Several augmentations in a row, neighbouring affine maps with one resampling."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np

from ..._C import Tensor
from ...augment.affine import compose
from ...errors import ArgumentError
from ...refusal import shown
from ...registry import deserialize, register
from ..input_spec import InputSpec
from ..symbolic import SymbolicShape
from .base import Augmentation, Draws, ImageAugmentation, check_rank, on_images
from .geometry import AffineAugmentation, resampled


@register
class Pipeline(Augmentation):
    """`layers`, image augmentations, one after the other; their own seeds are not used.

    Flips, turns, shifts, zooms and shears that follow each other with the same fill are multiplied into one
    matrix an image, so that the image is read between its pixels once: faster, and not blurred each time. Set
    apart in a model, each would resample.

    >>> from afina.layers import RandomCrop, RandomFlip
    >>> crop = Pipeline([RandomFlip("horizontal"), RandomCrop(24, 24)])
    >>> crop(np.zeros((8, 32, 32, 3), "float32"), training=True).shape
    (8, 24, 24, 3)
    """

    _same_shape = False
    _composite = True

    def __init__(self, layers: Sequence[Any], seed: int | None = None, **kwargs: Any) -> None:
        if isinstance(layers, str) or not isinstance(layers, Sequence) or not layers:
            raise ArgumentError(
                f"Pipeline: layers must be a list of image augmentations, got {shown(layers)}"
            )
        layers = [deserialize(layer) if isinstance(layer, Mapping) else layer for layer in layers]
        for layer in layers:
            if not isinstance(layer, ImageAugmentation):
                raise ArgumentError(f"Pipeline: layers must be image augmentations, got {shown(layer)}")
        layouts = {layer.data_format for layer in layers}
        if len(layouts) > 1:
            raise ArgumentError(f"Pipeline: layers must agree on data_format, got {sorted(layouts)}")
        super().__init__(seed, **kwargs)
        self.layers = layers
        self.data_format = layers[0].data_format
        self.input_spec = InputSpec(min_ndim=4)

    def _check(self, inputs: Any) -> None:
        check_rank(self.label, inputs.shape)

    def build(self, input_shape: SymbolicShape) -> None:
        """Builds the layers."""
        check_rank(self.label, input_shape)
        for layer in self.layers:
            if not layer.built:
                layer._build(input_shape)
            input_shape = layer.compute_output_shape(input_shape)

    def call(self, inputs: Tensor, training: bool = False) -> Tensor:
        """Every layer's change in training, their inference otherwise."""
        if training:
            return super().call(inputs, training)
        self._check(inputs)
        for layer in self.layers:
            inputs = layer(inputs, training=False)
        return inputs

    def transformed(self, x: Tensor, generator: np.random.Generator) -> Tensor:
        """A batch changed by all layers."""
        position = 0
        while position < len(self.layers):
            run = self._run(position)
            if len(run) == 1:
                x = self.layers[position].transformed(x, generator)
            else:
                x = self._resampled_once(x, run, generator)
            position += len(run)
        return x

    def _run(self, start: int) -> list[AffineAugmentation]:
        """The layer at `start` and those behind it that one resampling can do with it."""
        run: list[AffineAugmentation] = []
        fills = set()
        for layer in self.layers[start:]:
            if not isinstance(layer, AffineAugmentation):
                break
            fills |= set() if layer.fill_mode is None else {layer.resampling}
            if len(fills) > 1:
                break
            run.append(layer)
        return run if fills else self.layers[start : start + 1]  # mirror images alone need no resampling

    def _resampled_once(
        self, x: Tensor, run: list[AffineAugmentation], generator: np.random.Generator
    ) -> Tensor:
        fill = next(layer.resampling for layer in run if layer.fill_mode is not None)

        def draw(count: int, shape: tuple[int, ...]) -> Draws:
            maps = [
                layer.matrices(layer.draw(generator, count, shape), (shape[0], shape[1])) for layer in run
            ]
            return {"matrices": compose(*maps)}

        def apply(images: Tensor, drawn: Draws) -> Tensor:
            return resampled(images, drawn["matrices"], fill)

        return on_images(x, self.data_format == "channels_first", False, draw, apply)

    def compute_output_shape(self, input_shape: SymbolicShape) -> SymbolicShape:
        """That of the last layer."""
        for layer in self.layers:
            input_shape = layer.compute_output_shape(input_shape)
        return input_shape
