"""How much memory a batch takes, found out on a few of its rows before training."""

from __future__ import annotations

import functools
import operator
from typing import Any, NamedTuple

from .. import ops, random
from .._C import Tensor, current_device, gradients, memory_stats, reset_peak_memory
from ..errors import AfinaError, ArgumentError, OutOfMemoryError
from ..gradient import no_grad
from ..layers.nested import leaves, map_nested
from ..refusal import shown
from ..utils.formatting import format_bytes
from ..utils.memory import available_memory
from .batches import Maker, shape_of

TRIED = (4, 8)  # samples; what they differ by is what four take
SMALL = 1000  # inputs are seldom less than a thousandth of what a step makes of them


class BatchMemory(NamedTuple):
    """Bytes a training step takes beside what is in use: `fixed` ones, and so many for each sample."""

    fixed: int
    sample: int

    def of(self, samples: int) -> int:
        """Bytes for a batch of so many samples."""
        return self.fixed + self.sample * samples


def batch_memory(model: Any, x: Any, batch_size: int = 32) -> int:
    """Bytes a training step on `batch_size` of the samples `x` takes, beside model, optimizer and data.

    Forward and backward are run on four and on eight samples and continued in a straight line, to which the
    gradients of the weights are added. Deck D1: a batch must fit in memory; `fit` refuses one that does not,
    before it trains. Raises `ArgumentError` when x has fewer than eight samples.

    >>> import numpy as np
    >>> from afina import Sequential, layers
    >>> model = Sequential([layers.Dense(1000, "relu", input_shape=(10,)), layers.Dense(1)])
    >>> batch_memory(model, np.ones((8, 10)), 64) < batch_memory(model, np.ones((8, 10)), 128)
    True
    """
    if not isinstance(batch_size, int) or isinstance(batch_size, bool) or batch_size < 1:
        raise ArgumentError(
            f"batch_memory: batch_size must be a whole number of at least 1, got {shown(batch_size)}"
        )
    from ..layers import Layer  # layers know models, and models know this package

    if not isinstance(model, Layer):
        raise ArgumentError(f"batch_memory: model must be a model or a layer, got {shown(model)}")
    batch = Maker(shape_of(model), None).whole(x, None, None)
    if batch.size < TRIED[-1]:
        raise ArgumentError(f"batch_memory: x must have at least {TRIED[-1]} samples, got {batch.size}")
    return _measured(model, batch.inputs).of(batch_size)


def check_batch_memory(model: Any, inputs: Any, samples: int) -> None:
    """Raise `OutOfMemoryError` when a batch like `inputs` cannot fit: before training, with the bytes.

    Only a batch that takes more than a thousandth of what is free is looked at, and none on a CUDA device,
    whose allocator refuses by itself what it has not got.
    """
    if current_device() != "cpu" or samples <= TRIED[-1]:
        return
    free = available_memory()
    if sum(_bytes(leaf) for leaf in leaves(inputs) if isinstance(leaf, Tensor)) * SMALL < free:
        return
    try:
        needed = _measured(model, inputs)
    except AfinaError:
        return  # a model that takes only whole batches cannot be tried on parts
    if needed.of(samples) > free:
        fitting = max(0, free - needed.fixed) // max(1, needed.sample)
        bytes_needed, bytes_each = format_bytes(needed.of(samples)), format_bytes(needed.sample)
        raise OutOfMemoryError(
            f"fit: {model.label}: a batch of {samples} samples takes about {bytes_needed} ({bytes_each} a "
            f"sample), and {format_bytes(free)} are free; a batch_size up to about {fitting} fits"
        )


def _measured(model: Any, inputs: Any) -> BatchMemory:
    """What is in use at the peak of small steps; statistics and random numbers are left as they were."""
    with no_grad():
        model(_first(inputs, TRIED[0]), training=False)  # builds what is not built
    generator = random.get_state()
    statistics = [(weight, weight.copy()) for weight in model.variables if not weight.trainable]
    weights = [weight for weight in model.trainable_weights if weight.requires_grad]
    try:
        less, more = (_peak(model, _first(inputs, rows), weights) for rows in TRIED)
    finally:
        for weight, values in statistics:
            weight.copy_(values)
        random.set_state(generator)
    return BatchMemory(sum(map(_bytes, weights)), max(0, more - less) // (TRIED[1] - TRIED[0]))


def _peak(model: Any, inputs: Any, weights: list[Any]) -> int:
    """Bytes that forward and backward have in use at most.

    The way back goes to the inputs: on so few samples the gradients of the weights would hide the rest. Only
    where the inputs are integers, which have no gradient, it goes to the weights.
    """
    floats = [leaf for leaf in leaves(inputs) if leaf.dtype.startswith("float")]
    for tensor in floats:
        tensor.requires_grad = True
    for weight in weights if floats else ():
        weight.requires_grad = False
    try:
        reset_peak_memory()
        before = memory_stats()["in_use"]
        outputs = [leaf for leaf in leaves(model(inputs, training=True)) if leaf.requires_grad]
        if outputs:
            gradients(functools.reduce(operator.add, map(ops.mean, outputs)), floats or weights)
        return int(memory_stats()["peak"] - before)
    finally:
        for weight in weights:
            weight.requires_grad = True


def _first(inputs: Any, rows: int) -> Any:
    return map_nested(lambda leaf: leaf[:rows].detach(), inputs)


def _bytes(tensor: Tensor) -> int:
    return int(tensor.numpy().nbytes)
