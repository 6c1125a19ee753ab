"""Borders put around sequences and images, and cut away from them."""

from __future__ import annotations

from typing import Any, ClassVar

from .. import ops
from .._C import Tensor
from ..config import standardize_data_format
from ..errors import ShapeError
from ..registry import register
from .input_spec import InputSpec
from .reshaping import MovingLayer
from .spatial import Pair, join_shape, pair, split_shape
from .symbolic import SymbolicShape


def _borders(owner: str, argument: str, value: Any, rank: int) -> tuple[Pair, ...]:
    """((before, after), ...) of every axis: from an int, an int for each, or the numbers in pairs.

    One axis takes an int or (before, after).
    """
    if rank == 1:
        return (pair(owner, argument, value, 0),)
    if (
        isinstance(value, list | tuple)
        and len(value) == 2
        and all(isinstance(v, list | tuple) for v in value)
    ):
        return pair(owner, argument, value[0], 0), pair(owner, argument, value[1], 0)
    height, width = pair(owner, argument, value, 0)
    return (height, height), (width, width)


class _ZeroPadding(MovingLayer):
    """Zeros before and after every spatial axis."""

    rank: ClassVar[int]

    def __init__(self, padding: Any = 1, data_format: str | None = None, **kwargs: Any) -> None:
        super().__init__(**kwargs)
        self._around = _borders(self.label, "padding", padding, self.rank)
        self.padding = self._around[0] if self.rank == 1 else self._around
        self.data_format = standardize_data_format(data_format)
        self.input_spec = InputSpec(ndim=self.rank + 2)

    def call(self, inputs: Tensor) -> Tensor:
        """The inputs with their border."""
        if self.data_format == "channels_first":
            return ops.pad(inputs, ((0, 0), (0, 0), *self._around))
        return ops.pad(inputs, ((0, 0), *self._around, (0, 0)))

    def compute_output_shape(self, input_shape: SymbolicShape) -> SymbolicShape:
        """The spatial axes grow by their borders."""
        batch, spatial, channels = split_shape(input_shape, self.data_format)
        grown = [n if n is None else n + sum(b) for n, b in zip(spatial, self._around, strict=True)]
        return join_shape(batch, tuple(grown), channels, self.data_format)


@register
class ZeroPadding1D(_ZeroPadding):
    """Zeros around the steps of (n, steps, c); `padding` is an int or (before, after).

    >>> ZeroPadding1D((0, 1))([[[1.0], [2.0]]]).tolist()
    [[[1.0], [2.0], [0.0]]]
    """

    rank = 1


@register
class ZeroPadding2D(_ZeroPadding):
    """A border of zeros; `padding` is an int, (height, width) or ((top, bottom), (left, right)).

    >>> ZeroPadding2D(((0, 0), (1, 0)))([[[[1.0], [2.0]]]]).tolist()
    [[[[0.0], [1.0], [2.0]]]]
    """

    rank = 2


class _Cropping(MovingLayer):
    """Cuts both ends of every spatial axis away."""

    rank: ClassVar[int]

    def __init__(self, cropping: Any, data_format: str | None, **kwargs: Any) -> None:
        super().__init__(**kwargs)
        self._around = _borders(self.label, "cropping", cropping, self.rank)
        self.cropping = self._around[0] if self.rank == 1 else self._around
        self.data_format = standardize_data_format(data_format)
        self.input_spec = InputSpec(ndim=self.rank + 2)

    def call(self, inputs: Tensor) -> Tensor:
        """The inner part of the inputs."""
        self.compute_output_shape(inputs.shape)
        first = 2 if self.data_format == "channels_first" else 1
        kept = [
            slice(before, inputs.shape[first + axis] - after)
            for axis, (before, after) in enumerate(self._around)
        ]
        return inputs[(*[slice(None)] * first, *kept)]

    def compute_output_shape(self, input_shape: SymbolicShape) -> SymbolicShape:
        """The spatial axes shrink by their borders."""
        batch, spatial, channels = split_shape(input_shape, self.data_format)
        kept = [n if n is None else n - sum(b) for n, b in zip(spatial, self._around, strict=True)]
        if any(n is not None and n < 1 for n in kept):
            raise ShapeError(
                f"{self.label}: cropping {self.cropping} leaves nothing of shape {tuple(input_shape)}"
            )
        return join_shape(batch, tuple(kept), channels, self.data_format)


@register
class Cropping1D(_Cropping):
    """Cuts steps away from (n, steps, c); `cropping` is an int or (before, after).

    >>> Cropping1D((1, 0))([[[1.0], [2.0]]]).tolist()
    [[[2.0]]]
    """

    rank = 1

    def __init__(self, cropping: Any = (1, 1), **kwargs: Any) -> None:
        super().__init__(cropping, "channels_last", **kwargs)


@register
class Cropping2D(_Cropping):
    """Cuts a border away; `cropping` is an int, (height, width) or ((top, bottom), (left, right)).

    >>> Cropping2D(((0, 0), (1, 0)))([[[[1.0], [2.0]]]]).tolist()
    [[[[2.0]]]]
    """

    rank = 2

    def __init__(
        self, cropping: Any = ((0, 0), (0, 0)), data_format: str | None = None, **kwargs: Any
    ) -> None:
        super().__init__(cropping, data_format, **kwargs)
