"""What all metrics share: add up on the host, give a float."""

from __future__ import annotations

from typing import Any

import numpy as np
import numpy.typing as npt

from .._C import Tensor
from ..checked import Checked
from ..errors import ArgumentError, ShapeError
from ..masked import mask_of, masked_weights
from ..refusal import numbers

Array = npt.NDArray[Any]


class Metric(Checked):
    """Base class: `update_state(y_true, y_pred, sample_weight)` adds a batch, `result()` is the value so far.

    A subclass keeps its sums in attributes named by `state_names` (floats or arrays) and defines
    `reset_state`,
    `update` and `result`. Labels and outputs come as NumPy arrays without a copy.

    >>> from afina import metrics
    >>> m = metrics.MeanSquaredError()
    >>> m.update_state([[0.0], [0.0]], [[1.0], [3.0]])
    >>> m.result()
    5.0
    """

    state_names: tuple[str, ...] = ()

    def __init__(self, name: str | None = None) -> None:
        self.name = name or type(self).__name__.lower()
        self.reset_state()

    def __call__(self, *arguments: Any, **keywords: Any) -> float:
        """Add a batch and return the value so far."""
        self.update_state(*arguments, **keywords)
        return self.result()

    def update_state(self, y_true: Any, y_pred: Any, sample_weight: Any = None) -> None:
        """Add a batch; `sample_weight` has one value per sample, or per position.

        Positions that a mask of the outputs hides count nothing.
        """
        weights = self.weights_of(y_pred, sample_weight)
        self.update(host(y_true, self.name, "labels"), host(y_pred, self.name, "outputs"), weights)

    def weights_of(self, y_pred: Any, sample_weight: Any) -> Array | None:
        """`sample_weight` as an array, 0 where the mask of `y_pred` is False; None: all count 1."""
        weights = None if sample_weight is None else host(sample_weight, self.name, "sample_weight")
        mask = mask_of(y_pred)
        return weights if mask is None else masked_weights(mask, weights, keep_mean=False)

    def update(self, y_true: Array, y_pred: Array, sample_weight: Array | None) -> None:
        """Add a batch of arrays."""
        raise NotImplementedError(f"{type(self).__name__} must define update(y_true, y_pred, sample_weight)")

    def result(self) -> float:
        """The value over everything added since the last reset."""
        raise NotImplementedError(f"{type(self).__name__} must define result()")

    def reset_state(self) -> None:
        """Forget everything added."""

    def get_state(self) -> dict[str, Any]:
        """The sums in JSON's terms, so that a checkpoint can hold a half-finished epoch."""
        state = {}
        for name in self.state_names:
            value = getattr(self, name)
            state[name] = value.tolist() if isinstance(value, np.ndarray) else value
        return state

    def set_state(self, state: dict[str, Any]) -> None:
        """Put back what `get_state` returned."""
        for name, value in state.items():
            setattr(self, name, np.asarray(value, np.float64) if isinstance(value, list) else value)

    def get_config(self) -> dict[str, Any]:
        """The constructor's arguments."""
        return {"name": self.name}


class MeanOfValues(Metric):
    """A metric that is the (weighted) mean of one value per position; subclasses define `values`."""

    state_names = ("total", "count")

    def reset_state(self) -> None:
        self.total = 0.0
        self.count = 0.0

    def values(self, y_true: Array, y_pred: Array) -> Array:
        """One value per position of the batch."""
        raise NotImplementedError(f"{type(self).__name__} must define values(y_true, y_pred)")

    def update(self, y_true: Array, y_pred: Array, sample_weight: Array | None) -> None:
        values = self.values(y_true, y_pred)
        if sample_weight is None:
            self.total += float(values.sum(dtype=np.float64))
            self.count += values.size
        else:
            weights = spread_weights(self.name, sample_weight, values.shape)
            self.total += float((values * weights).sum(dtype=np.float64))
            self.count += float(weights.sum(dtype=np.float64))

    def result(self) -> float:
        return self.total / self.count if self.count else 0.0


def host(value: Any, owner: str = "metric", argument: str = "values") -> Array:
    """A NumPy array of numbers that shares memory with a CPU tensor."""
    found: Any = numbers(owner, argument, value)
    return found.numpy() if isinstance(found, Tensor) else np.asarray(found)


def same_shape(name: str, y_true: Array, y_pred: Array) -> None:
    """Raise `ShapeError` unless both have the same shape."""
    if y_true.shape != y_pred.shape:
        raise ShapeError(
            f"metric {name!r}: outputs have shape {y_pred.shape} but labels have shape {y_true.shape}"
        )


def class_labels(name: str, y_true: Array, y_pred: Array) -> Array:
    """Integer labels of the positions of `y_pred`; a last axis of 1 is dropped."""
    positions = y_pred.shape[:-1]
    if y_true.shape == (*positions, 1):
        return y_true.reshape(positions)
    if y_true.shape != positions:
        raise ShapeError(
            f"metric {name!r}: outputs have shape {y_pred.shape} but labels have shape {y_true.shape}, "
            f"expected {positions} or {(*positions, 1)}"
        )
    return y_true


def spread_weights(name: str, weights: Array, positions: tuple[int, ...]) -> Array:
    """Weights of the shape of the values; one weight per sample counts for all positions of the sample."""
    if weights.shape == positions:
        return weights
    if weights.shape == (*positions, 1):
        return weights.reshape(positions)
    if weights.ndim == 1 and weights.shape == positions[:1]:
        return np.broadcast_to(weights.reshape(-1, *(1 for _ in positions[1:])), positions)
    raise ShapeError(
        f"metric {name!r}: sample_weight has shape {weights.shape}, values have shape {positions}"
    )


def check_threshold(owner: str, threshold: float) -> None:
    """Raise unless the threshold lies in [0, 1]."""
    if not 0.0 <= threshold <= 1.0:
        raise ArgumentError(f"{owner}: thresholds must lie in [0, 1], got {threshold!r}")
