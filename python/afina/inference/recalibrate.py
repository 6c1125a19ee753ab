"""Statistics of normalization layers computed anew, for weights they were not collected with."""

from __future__ import annotations

from typing import Any

from ..errors import ArgumentError
from ..gradient import no_grad
from ..layers import BatchNormalization
from ..training.batches import Maker, make_batches, shape_of


def recalibrate_normalization(model: Any, x: Any, batch_size: int = 128) -> None:
    """Set the moving means and variances of every BatchNormalization to their means over the batches of x.

    After averaging weights (`StochasticWeightAverage`) the old statistics belong to other weights. Other
    weights are not changed.

    >>> import numpy as np
    >>> from afina import Sequential, layers
    >>> model = Sequential([layers.BatchNormalization(input_shape=(1,), name="norm")])
    >>> recalibrate_normalization(model, np.array([[1.0], [3.0]], "float32"))
    >>> model.get_layer("norm").moving_mean.tolist()
    [2.0]
    """
    if not hasattr(model, "flatten_layers"):
        raise ArgumentError(f"recalibrate_normalization: model must be a model, got {type(model).__name__}")
    data = make_batches(Maker(shape_of(model), None), x, batch_size=batch_size)
    layers = [one for one in model.flatten_layers() if isinstance(one, BatchNormalization)]
    momenta = [layer.momentum for layer in layers]
    try:
        with no_grad():
            for number, batch in enumerate(data.epoch(0)):
                for layer in layers:
                    layer.momentum = number / (number + 1)  # a running mean: the first batch replaces
                model(batch.inputs, training=True)
    finally:
        for layer, momentum in zip(layers, momenta, strict=True):
            layer.momentum = momentum
