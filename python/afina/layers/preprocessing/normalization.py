"""Scaling by the statistics of training data that `adapt` has seen: z-score and min-max."""

from __future__ import annotations

from abc import abstractmethod
from typing import Any

import numpy as np

from ... import ops
from ..._C import Tensor
from ...data.normalize import checked_range
from ...errors import ArgumentError, NotBuiltError, ShapeError
from ...gradient import no_grad
from ...parameter import Parameter
from ...refusal import numbers, shown
from ...registry import register
from ...tensor import tensor
from ..input_spec import InputSpec
from ..layer import TensorLayer
from ..symbolic import SymbolicShape


class _Adapted(TensorLayer):
    """Two statistics per feature: weights that no training changes, measured by `adapt`."""

    statistics: tuple[str, str]  # their names, also those of the constructor's arguments that give them

    def __init__(self, axis: Any, first: Any, second: Any, **kwargs: Any) -> None:
        super().__init__(**kwargs)
        axes = axis if isinstance(axis, (tuple, list)) else () if axis is None else (axis,)
        if any(isinstance(one, bool) or not isinstance(one, int) for one in axes):
            raise ArgumentError(f"{self.label}: axis must be None, one int or several, got {axis!r}")
        self.axis = list(axes) if isinstance(axis, (tuple, list)) else axis
        self._axes = tuple(axes)
        names = self.statistics
        if (first is None) != (second is None):
            raise ArgumentError(
                f"{self.label}: give {names[0]} and {names[1]} both or neither, got {first} and {second}"
            )
        self._given = [
            None if value is None else self._finite(name, value)
            for name, value in zip(names, (first, second), strict=True)
        ]
        self.input_spec = InputSpec(min_ndim=1)

    def _finite(self, name: str, value: Any) -> Any:
        array = np.asarray(numbers(self.label, name, value))
        if not np.isfinite(array).all():
            raise ArgumentError(f"{self.label}: {name} must be finite, got {shown(value)}")
        return array.astype(np.float64).tolist()

    @abstractmethod
    def _measure(self, data: np.ndarray[Any, Any], over: tuple[int, ...]) -> tuple[Any, Any]:
        """The two statistics of `data` over the axes `over`, in float64."""

    def build(self, input_shape: SymbolicShape) -> None:
        """The two statistics, shaped to broadcast, and the number of values they rest on."""
        rank = len(input_shape)
        kept = sorted(axis + rank if axis < 0 else axis for axis in self._axes)
        if any(not 1 <= axis < rank for axis in kept) or len(set(kept)) < len(kept):
            raise ShapeError(
                f"{self.label}: axis must name axes 1..{rank - 1} of inputs of shape {tuple(input_shape)}, "
                f"got {self.axis}"
            )
        sizes = {axis: input_shape[axis] for axis in kept}
        if any(size is None for size in sizes.values()):
            raise ShapeError(f"{self.label}: axis {self.axis} must have a known size, got {input_shape}")
        self.input_spec = InputSpec(ndim=rank, axes={axis: size for axis, size in sizes.items() if size})
        self._kept = tuple(kept)
        shape = tuple([sizes.get(axis) or 1 for axis in range(1, rank)])
        first, second = self.statistics
        self._first = self.add_weight(shape, "zeros", trainable=False, name=first)
        self._second = self.add_weight(shape, "ones", trainable=False, name=second)
        self._count = self.add_weight((1,), "zeros", trainable=False, name="count")
        if self._given[0] is None:
            return
        given = [np.asarray(value) for value in self._given]
        try:
            self._remember(np.broadcast_to(given[0], shape), np.broadcast_to(given[1], shape), 1)
        except ValueError as error:
            raise ShapeError(
                f"{self.label}: {first} {given[0].shape} and {second} {given[1].shape} must fit the "
                f"statistics' shape {shape}"
            ) from error

    def adapt(self, data: Any) -> None:
        """Measure the statistics on `data`, the training rows (n, ...), forgetting any from before."""
        rows = np.asarray(numbers(self.label, "data", data))
        if rows.ndim < 1 or rows.size == 0:
            raise ShapeError(f"{self.label}: adapt needs at least one row, got shape {rows.shape}")
        if not self.built:
            self._build((None, *rows.shape[1:]))
        self._check(rows)
        over = tuple([axis for axis in range(rows.ndim) if axis not in self._kept])
        if rows.dtype.kind == "f" and not np.isfinite(rows).all():
            raise ArgumentError(f"{self.label}: adapt: the data hold NaN or infinity")
        first, second = self._measure(rows.astype(np.float64, copy=False), over)
        self._remember(first, second, rows.size // max(first.size, 1))

    def _remember(self, first: Any, second: Any, count: int) -> None:
        with no_grad():
            for weight, value in ((self._first, first), (self._second, second)):
                weight.assign(np.reshape(np.asarray(value, weight.dtype), weight.shape))
            self._count.fill_(float(count))

    def _known(self) -> tuple[Parameter, Parameter]:
        if self._count.item() == 0:
            raise NotBuiltError(f"{self.label}: call adapt with the training data first")
        return self._first, self._second

    def _floating(self, inputs: Tensor) -> Tensor:
        return inputs if inputs.dtype == self.dtype else ops.cast(inputs, self.dtype)

    def compute_output_shape(self, input_shape: SymbolicShape) -> SymbolicShape:
        """The same shape."""
        return input_shape


@register
class Normalization(_Adapted):
    """(x - mean) / sqrt(variance) with the mean and variance of the data given to `adapt` (D0, D4: z-score).

    `axis`: the axes that keep statistics of their own, by default the last, so one mean for each feature or
    channel; None: one mean for everything. `mean` and `variance` may be given instead of `adapt`. The
    variance divides by n; a constant feature is only centred. `invert`: x * sqrt(variance) + mean. The
    statistics are weights, so they are saved with the model; `NotBuiltError` before `adapt`.

    >>> layer = Normalization()
    >>> layer.adapt(np.array([[1.0, 5.0], [3.0, 5.0]]))
    >>> layer([[3.0, 5.0]]).tolist()
    [[1.0, 0.0]]
    """

    statistics = ("mean", "variance")

    def __init__(
        self, axis: Any = -1, mean: Any = None, variance: Any = None, invert: bool = False, **kwargs: Any
    ) -> None:
        super().__init__(axis, mean, variance, **kwargs)
        self.mean, self.variance = self._given
        if self.variance is not None and (np.asarray(self.variance) < 0).any():
            raise ArgumentError(f"{self.label}: variance must not be negative, got {variance!r}")
        self.invert = bool(invert)

    def _measure(self, data: np.ndarray[Any, Any], over: tuple[int, ...]) -> tuple[Any, Any]:
        return data.mean(axis=over), data.var(axis=over)

    def call(self, inputs: Tensor) -> Tensor:
        """The scaled inputs, in the layer's dtype."""
        mean, variance = self._known()
        deviation = ops.sqrt(ops.where(variance > 0.0, variance, _one_like(variance)))
        x = self._floating(inputs)
        return x * deviation + mean if self.invert else (x - mean) / deviation


@register
class MinMaxNormalization(_Adapted):
    """low + (x - min) / (max - min) * (high - low), with min and max of the data given to `adapt` (D0, D4).

    `axis` as in `Normalization`; `feature_range` = (low, high); `minimum` and `maximum` may be given instead
    of `adapt`. A constant feature becomes `low`; values outside the data's range lie outside (low, high).

    >>> layer = MinMaxNormalization()
    >>> layer.adapt(np.array([[0.0], [4.0]]))
    >>> layer([[1.0]]).tolist()
    [[0.25]]
    """

    statistics = ("minimum", "maximum")

    def __init__(
        self,
        axis: Any = -1,
        feature_range: Any = (0.0, 1.0),
        minimum: Any = None,
        maximum: Any = None,
        **kwargs: Any,
    ) -> None:
        super().__init__(axis, minimum, maximum, **kwargs)
        self.minimum, self.maximum = self._given
        self.feature_range = list(checked_range(self.label, feature_range))

    def _measure(self, data: np.ndarray[Any, Any], over: tuple[int, ...]) -> tuple[Any, Any]:
        return data.min(axis=over), data.max(axis=over)

    def call(self, inputs: Tensor) -> Tensor:
        """The scaled inputs, in the layer's dtype."""
        least, most = self._known()
        span = ops.where(most > least, most - least, _one_like(most))
        low, high = self.feature_range
        return (self._floating(inputs) - least) * ((high - low) / span) + low


def _one_like(x: Tensor) -> Tensor:
    return tensor(np.ones(x.shape, x.dtype))
