"""Stop at the first NaN or infinity, and say where it came from."""

from __future__ import annotations

import sys
from dataclasses import dataclass
from typing import Any

import numpy as np

from ..errors import ArgumentError
from ..gradient import no_grad
from ..layers.watching import watched_outputs
from .callback import Array, Callback, Logs, copy_weights, put_weights


@dataclass(frozen=True)
class Finding:
    """Where the first value that is not finite was seen."""

    epoch: int
    batch: int
    layer: str | None
    tensor: str
    count: int
    size: int

    def __str__(self) -> str:
        where = f"{self.tensor} of layer {self.layer!r}" if self.layer else self.tensor
        return (
            f"epoch {self.epoch + 1}, batch {self.batch}: {where} holds {self.count} of {self.size} values "
            "that are NaN or infinite"
        )


class TerminateOnNaN(Callback):
    """Stop training when the loss is NaN or infinite, before the update that would spread it.

    The report names the first layer and tensor with such values, the epoch and the batch, and how many there
    are; it is printed and kept in `self.finding`. The weights stay as they were before the bad batch.
    watch="loss" (default) looks at the loss only until it fails, and then computes the batch again layer by
    layer; watch="all" also looks at every gradient of every batch, and so finds an overflow in the backward
    pass before it reaches the weights.

    >>> from afina.callbacks import TerminateOnNaN
    >>> TerminateOnNaN().watch
    'loss'
    """

    def __init__(self, watch: str = "loss") -> None:
        super().__init__()
        if watch not in ("loss", "all"):
            raise ArgumentError(f'TerminateOnNaN: watch must be "loss" or "all", got {watch!r}')
        self.watch = watch
        self.finding: Finding | None = None
        self.epoch = 0
        self.batch = 0

    def on_train_begin(self, logs: Logs | None = None) -> None:
        self.finding = None

    def on_epoch_begin(self, epoch: int, logs: Logs | None = None) -> None:
        self.epoch = epoch

    def on_train_batch_begin(self, batch: int, logs: Logs | None = None) -> None:
        self.batch = batch

    @property
    def watches_gradients(self) -> bool:
        """Whether the training step should show every gradient."""
        return self.watch == "all"

    def bad_loss(self, inputs: Any, labels: Any) -> None:
        """The loss of this batch is not finite: find out why, report, stop. Called before the update."""
        self._report(*self._first_bad(inputs, labels))

    def check_gradients(self, gradients: list[Any], parameters: list[Any]) -> bool:
        """Whether all gradients are finite; reports and stops otherwise."""
        for gradient, parameter in zip(gradients, parameters, strict=True):
            if gradient is not None:
                count, size = bad_values(gradient)
                if count:
                    layer, _, name = parameter.path.rpartition("/")
                    self._report(layer or None, f"the gradient of {name!r}", count, size)
                    return False
        return True

    def _report(self, layer: str | None, tensor: str, count: int, size: int) -> None:
        self.finding = Finding(self.epoch, self.batch, layer, tensor, count, size)
        self.model.stop_training = True
        sys.stdout.write(f"TerminateOnNaN: {self.finding}; training stopped\n")

    def _first_bad(self, inputs: Any, labels: Any) -> tuple[str | None, str, int, int]:
        for index, value in enumerate(leaves(inputs)):
            if (found := bad_values(value))[0]:
                return None, f"input {index}", *found
        for index, value in enumerate(leaves(labels)):
            if (found := bad_values(value))[0]:
                return None, f"labels {index}", *found
        for weight in self.model.weights:
            if (found := bad_values(weight))[0]:
                layer, _, name = weight.path.rpartition("/")
                return layer or None, f"weight {name!r}", *found
        return self._first_bad_output(inputs) or (None, "the loss", 1, 1)

    def _first_bad_output(self, inputs: Any) -> tuple[str | None, str, int, int] | None:
        """Run the batch again with a look at each layer's output; weights and statistics are put back."""
        found: list[tuple[str | None, str, int, int]] = []
        layers = [layer for layer in self.model.flatten_layers() if layer is not self.model]
        before = copy_weights(self.model)

        def look(layer: Any, outputs: Any) -> None:
            for value in leaves(outputs):
                count, size = bad_values(value)
                if count and not found:
                    found.append((layer.name, "the output", count, size))

        try:
            with no_grad(), watched_outputs(layers, look):
                self.model(inputs, training=True)
        finally:
            put_weights(self.model, before)
        return found[0] if found else None


def leaves(value: Any) -> list[Any]:
    """The tensors inside lists, tuples and dicts."""
    if isinstance(value, dict):
        value = list(value.values())
    if isinstance(value, (list, tuple)):
        return [leaf for item in value for leaf in leaves(item)]
    return [] if value is None else [value]


def bad_values(value: Any) -> tuple[int, int]:
    """How many values are NaN or infinite, and how many there are."""
    array: Array = value.numpy() if hasattr(value, "numpy") else np.asarray(value)
    if array.dtype.kind != "f":
        return 0, array.size
    return int(array.size - np.isfinite(array).sum()), array.size
