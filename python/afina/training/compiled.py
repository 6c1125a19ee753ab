"""What `compile` was told, and its match with the model's outputs."""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import Any

import numpy as np

from .. import losses as losses_module, metrics as metrics_module
from ..errors import AfinaError, ArgumentError
from ..losses import Loss
from ..metrics import Metric
from ..optimizers import Optimizer
from ..parameter import Parameter
from ..refusal import shown


class Output:
    """One output of the model: its loss, the loss's weight, and its metrics."""

    def __init__(self, name: str, loss: Loss | None, weight: float) -> None:
        self.name = name
        self.loss = loss
        self.weight = weight
        self.metrics: list[Metric] = []
        self.weighted_metrics: list[Metric] = []
        self.total = 0.0  # of the loss over the samples of this epoch, kept when there are several outputs

    @property
    def needs_labels(self) -> bool:
        """Whether this output is compared with anything."""
        return self.loss is not None or bool(self.metrics) or bool(self.weighted_metrics)


class Compiled:
    """Optimizer, losses and metrics; `bind` gives each output its own once names and shapes are known.

    `trainable` is the list of weights that were trainable when the model was compiled (or, for a model
    compiled before it was built, when it was built): freezing a layer later changes other models, not this
    one.
    """

    def __init__(
        self,
        optimizer: Optimizer,
        loss: Any,
        loss_weights: Any,
        metrics: Any,
        weighted_metrics: Any,
        run_eagerly: bool = False,
        jit_compile: bool | str = "auto",
    ) -> None:
        if jit_compile not in (True, False, "auto"):
            raise ArgumentError(
                f'compile: jit_compile must be True, False or "auto", got {shown(jit_compile)}'
            )
        if run_eagerly and jit_compile is True:
            raise ArgumentError("compile: run_eagerly=True and jit_compile=True contradict each other")
        self.captures_all = jit_compile is True
        self.runs_as_it_stands = (
            "run_eagerly=True" if run_eagerly else None if jit_compile else "jit_compile=False"
        )
        self.optimizer = optimizer
        self.loss = loss
        self.loss_weights = loss_weights
        self.metrics = metrics
        self.weighted_metrics = weighted_metrics
        self.trainable: list[Parameter] | None = None
        self.outputs: list[Output] | None = None
        self._check_names()

    def _check_names(self) -> None:
        """Resolve every name once, so that a misspelt loss or metric fails in `compile`."""
        for name in ("loss", "metrics", "weighted_metrics", "loss_weights"):
            for item in _items(getattr(self, name)):
                try:
                    _check_item(name, item)
                except AfinaError as error:
                    raise type(error)(f"compile: {name}: {error}") from error

    def bind(
        self,
        names: Sequence[str],
        label_shapes: Sequence[tuple[int, ...] | None],
        shapes: Sequence[tuple[int, ...]],
    ) -> list[Output]:
        """Make the outputs' losses and metrics."""
        loss_of = _per_output("loss", self.loss, names)
        weight_of = _per_output("loss_weights", self.loss_weights, names, default=1.0)
        made = []
        for index, name in enumerate(names):
            weight = weight_of[index]
            output = Output(name, losses_module.get(loss_of[index]), 1.0 if weight is None else float(weight))
            made.append(output)
        for attribute in ("metrics", "weighted_metrics"):
            wanted = _metrics_per_output(attribute, getattr(self, attribute), names)
            for index, output in enumerate(made):
                for item in wanted[index]:
                    labels = label_shapes[index] if index < len(label_shapes) else None
                    getattr(output, attribute).append(_metric(item, output, labels, shapes[index]))
        _check_distinct(made)
        self.outputs = made
        return made


def _check_item(name: str, item: Any) -> None:
    if name == "loss":
        losses_module.get(item)
    elif name == "loss_weights":
        if not isinstance(item, (int, float, np.integer, np.floating)) or not math.isfinite(item):
            raise ArgumentError(f"expected finite numbers, got {shown(item)}")
    elif not metrics_module.is_accuracy(item):
        metrics_module.get(item)


def _items(value: Any) -> list[Any]:
    if isinstance(value, dict):
        value = list(value.values())
    if isinstance(value, (list, tuple)):
        return [item for entry in value for item in _items(entry)]
    return [] if value is None else [value]


def _per_output(what: str, value: Any, names: Sequence[str], default: Any = None) -> list[Any]:
    if isinstance(value, dict):
        unknown = [key for key in value if key not in names]
        if unknown:
            raise ArgumentError(f"compile: {what} names {unknown[0]!r}; the outputs are {list(names)}")
        return [value.get(name, default) for name in names]
    if isinstance(value, (list, tuple)):
        if len(value) != len(names):
            raise ArgumentError(
                f"compile: {len(value)} entries in {what} for {len(names)} outputs {list(names)}"
            )
        return list(value)
    return [default if value is None else value] * len(names)


def _metrics_per_output(what: str, value: Any, names: Sequence[str]) -> list[list[Any]]:
    if isinstance(value, dict):
        return [_items(item) for item in _per_output(what, value, names)]
    entries = list(value) if isinstance(value, (list, tuple)) else _items(value)
    nested = any(isinstance(entry, (list, tuple)) or entry is None for entry in entries)
    if len(names) > 1 and nested:
        return [_items(item) for item in _per_output(what, entries, names)]
    items = _items(entries)
    if len(names) > 1 and any(isinstance(item, Metric) for item in items):
        raise ArgumentError(
            f"compile: several outputs cannot share a Metric object; give {what} as a dict {names}"
        )
    return [list(items) for _ in names]


def _metric(item: Any, output: Output, labels: tuple[int, ...] | None, shape: tuple[int, ...]) -> Metric:
    if metrics_module.is_accuracy(item):
        return metrics_module.accuracy_for(output.loss, labels or (), shape, item)
    return metrics_module.get(item)


def _check_distinct(outputs: Sequence[Output]) -> None:
    for output in outputs:
        names = [metric.name for metric in (*output.metrics, *output.weighted_metrics)]
        twice = {name for name in names if names.count(name) > 1}
        if twice:
            raise ArgumentError(f"compile: two metrics of output {output.name!r} are called {min(twice)!r}")
