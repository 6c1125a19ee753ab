"""How much images are like those a network was trained on, told by the network alone (K5, K7)."""

from __future__ import annotations

from typing import Any

import numpy as np
import numpy.typing as npt

from ..errors import ArgumentError
from ..gradient import no_grad
from ..layers import BatchNormalization
from ..layers.watching import replaced_calls
from ..refusal import numbers
from ..training.batches import Maker, make_batches, shape_of

Array = npt.NDArray[Any]


def similarity(model: Any, x: Any, batch_size: int = 32) -> float:
    """From 0 to 1: how far the channels of `model` behave on `x` as they did on its training data.

    Every batch normalization remembers mean and variance of each channel in training. Where m1, s1 are those
    and m2, s2 the ones of `x`, the overlap of the two normal curves (Bhattacharyya 1943) is

        sqrt(2 s1 s2 / (s1^2 + s2^2)) * exp(-(m1 - m2)^2 / (4 (s1^2 + s2^2)))

    and the similarity its mean over all channels of all layers. `x`: images as the model expects them, a
    hundred or so. Raises `ArgumentError` for a model without batch normalization.

    >>> from afina import Sequential, layers
    >>> model = Sequential([layers.BatchNormalization(input_shape=(1,))])
    >>> x = np.array([[-1.0], [1.0]], "float32")  # mean 0 and variance 1, as the layer begins
    >>> similarity(model, x), round(similarity(model, x + 5), 3)
    (1.0, 0.044)
    """
    norms = [layer for layer in model.flatten_layers() if isinstance(layer, BatchNormalization)]
    if not norms:
        raise ArgumentError(
            f"similarity: {model.label} has no BatchNormalization to compare with; give similarity yourself"
        )
    sums: dict[str, tuple[Array, Array, int]] = {}

    def looking(layer: Any, call: Any) -> Any:
        def look(inputs: Any, *arguments: Any, **keywords: Any) -> Any:
            _add(sums, layer, inputs)
            return call(inputs, *arguments, **keywords)

        return look

    data = make_batches(Maker(shape_of(model), None), numbers("similarity", "x", x), batch_size=batch_size)
    with no_grad(), replaced_calls(norms, looking):
        for batch in data.epoch(0):
            model(batch.inputs, training=False)
    return float(np.mean(np.concatenate([_overlap(layer, *sums[layer.name]) for layer in norms])))


def _add(sums: dict[str, tuple[Array, Array, int]], layer: Any, inputs: Any) -> None:
    """The sums of values and of squares of each channel, in float64."""
    values = np.moveaxis(inputs.numpy(), layer.axis, -1)
    values = values.reshape(-1, values.shape[-1]).astype(np.float64)
    first, second, count = sums.get(layer.name, (0.0, 0.0, 0))
    sums[layer.name] = (first + values.sum(0), second + (values**2).sum(0), count + len(values))


def _overlap(layer: Any, first: Array, second: Array, count: int) -> Array:
    """Bhattacharyya's coefficient of each channel."""
    mean = first / count
    variance = np.maximum(second / count - mean**2, 1e-12)
    known_mean, known = layer.moving_mean.numpy(), np.maximum(layer.moving_variance.numpy(), 1e-12)
    both = variance + known
    found = np.sqrt(2 * np.sqrt(variance * known) / both) * np.exp(-((mean - known_mean) ** 2) / (4 * both))
    return np.asarray(found)
