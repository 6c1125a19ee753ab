"""Layers of several inputs, and the functions that make one and call it: `add([a, b])`."""

from __future__ import annotations

import functools
from collections.abc import Callable
from typing import Any, ClassVar

import numpy as np

from .. import ops
from .._C import Tensor
from ..errors import ArgumentError, ShapeError
from ..registry import register
from ..tensor import tensor
from .layer import Layer
from .symbolic import SymbolicShape


class _Merge(Layer):
    """Takes a list of tensors and folds them with one op; sizes must be equal or 1."""

    least: ClassVar[int] = 2
    supports_masking = True

    def build(self, input_shape: Any) -> None:
        """Check that there is a list of shapes that fit."""
        if not isinstance(input_shape, list | tuple) or not all(
            isinstance(shape, list | tuple) for shape in input_shape
        ):
            raise ArgumentError(f"{self.label}: inputs must be a list of tensors, got shape {input_shape}")
        if len(input_shape) < self.least:
            raise ArgumentError(
                f"{self.label}: inputs must be a list of {self.least} tensors or more, got {len(input_shape)}"
            )
        self.check_shapes([tuple(shape) for shape in input_shape])

    def check_shapes(self, shapes: list[SymbolicShape]) -> None:
        """ShapeError unless the shapes broadcast to one."""
        functools.reduce(self._broadcast, shapes)

    def _broadcast(self, a: SymbolicShape, b: SymbolicShape) -> SymbolicShape:
        if len(a) != len(b):
            raise ShapeError(f"{self.label}: inputs must have equal ranks, got shapes {a} and {b}")
        merged: list[int | None] = []
        for m, n in zip(a, b, strict=True):
            if m is not None and n is not None and m != n and 1 not in (m, n):
                raise ShapeError(f"{self.label}: inputs of shapes {a} and {b} do not fit: {m} against {n}")
            merged.append(n if m == 1 or m is None else m)
        return tuple(merged)

    def merge(self, a: Tensor, b: Tensor) -> Tensor:
        """The op that takes two."""
        raise NotImplementedError

    def compute_mask(self, inputs: list[Tensor], mask: Any = None) -> Any:  # noqa: ARG002
        """A step counts when it counts in one of the inputs; None when one of them has no mask."""
        if mask is None or any(m is None for m in mask):
            return None
        return functools.reduce(ops.logical_or, mask)

    def call(self, inputs: list[Tensor]) -> Tensor:
        """All inputs folded from left to right."""
        return functools.reduce(self.merge, inputs)

    def compute_output_shape(self, input_shape: Any) -> SymbolicShape:
        """The common shape."""
        self.build(input_shape)
        return functools.reduce(self._broadcast, [tuple(shape) for shape in input_shape])


@register
class Add(_Merge):
    """a + b + ...

    >>> import numpy as np
    >>> Add()([np.ones((1, 2)), np.ones((1, 2))]).tolist()
    [[2.0, 2.0]]
    """

    def merge(self, a: Tensor, b: Tensor) -> Tensor:
        """a + b."""
        return ops.add(a, b)


@register
class Subtract(_Merge):
    """a - b; exactly two inputs."""

    def check_shapes(self, shapes: list[SymbolicShape]) -> None:
        """Two, and they fit."""
        if len(shapes) != 2:
            raise ArgumentError(f"{self.label}: inputs must be a list of two tensors, got {len(shapes)}")
        super().check_shapes(shapes)

    def merge(self, a: Tensor, b: Tensor) -> Tensor:
        """a - b."""
        return ops.subtract(a, b)


@register
class Multiply(_Merge):
    """a * b * ..., value by value."""

    def merge(self, a: Tensor, b: Tensor) -> Tensor:
        """a * b."""
        return ops.multiply(a, b)


@register
class Average(_Merge):
    """(a + b + ...) / number of inputs."""

    def merge(self, a: Tensor, b: Tensor) -> Tensor:
        """a + b; the division comes last."""
        return ops.add(a, b)

    def call(self, inputs: list[Tensor]) -> Tensor:
        """The mean of the inputs."""
        return super().call(inputs) * (1.0 / len(inputs))


@register
class Maximum(_Merge):
    """The largest, value by value."""

    def merge(self, a: Tensor, b: Tensor) -> Tensor:
        """max(a, b)."""
        return ops.maximum(a, b)


@register
class Minimum(_Merge):
    """The smallest, value by value."""

    def merge(self, a: Tensor, b: Tensor) -> Tensor:
        """min(a, b)."""
        return ops.minimum(a, b)


@register
class Concatenate(_Merge):
    """The inputs one after the other along `axis`; all other sizes must be equal."""

    least = 1

    def __init__(self, axis: int = -1, **kwargs: Any) -> None:
        super().__init__(**kwargs)
        self.axis = axis

    def check_shapes(self, shapes: list[SymbolicShape]) -> None:
        """Equal ranks and equal sizes outside the axis."""
        first = shapes[0]
        if not -len(first) <= self.axis < len(first):
            raise ShapeError(f"{self.label}: axis {self.axis} lies outside inputs of shape {first}")
        for shape in shapes[1:]:
            fits = len(shape) == len(first) and all(
                a == b or a is None or b is None or axis == self.axis % len(first)
                for axis, (a, b) in enumerate(zip(first, shape, strict=True))
            )
            if not fits:
                raise ShapeError(
                    f"{self.label}: inputs must agree outside axis {self.axis}, got {first} and {shape}"
                )

    def call(self, inputs: list[Tensor]) -> Tensor:
        """The inputs joined."""
        return ops.concatenate(list(inputs), self.axis)

    def compute_mask(self, inputs: list[Tensor], mask: Any = None) -> Any:
        """The masks joined like the inputs, True for one without; a step counts if one feature does."""
        if mask is None or all(m is None for m in mask):
            return None
        wide = []
        for x, m in zip(inputs, mask, strict=True):
            found = np.ones((1,) * x.ndim, bool) if m is None else np.asarray(m)
            wide.append(np.broadcast_to(found.reshape(found.shape + (1,) * (x.ndim - found.ndim)), x.shape))
        return tensor(np.concatenate(wide, self.axis).any(axis=-1))

    def compute_output_shape(self, input_shape: Any) -> SymbolicShape:
        """The sizes along the axis added up."""
        self.build(input_shape)
        shape = list(input_shape[0])
        sizes = [s[self.axis] for s in input_shape]
        shape[self.axis] = None if any(size is None for size in sizes) else sum(sizes)
        return tuple(shape)


@register
class Dot(_Merge):
    """Sums of products of two inputs (n, ...) along `axes`, sample by sample.

    `axes` is one axis or one per input; normalize=True divides by the lengths (cosine).
    """

    def __init__(self, axes: Any, normalize: bool = False, **kwargs: Any) -> None:
        super().__init__(**kwargs)
        if not isinstance(axes, int) and (len(axes) != 2 or not all(isinstance(a, int) for a in axes)):
            raise ArgumentError(f"Dot: axes must be an int or two of them, got {axes!r}")
        self.axes = axes if isinstance(axes, int) else tuple(axes)
        self.normalize = normalize

    def compute_mask(self, inputs: list[Tensor], mask: Any = None) -> None:
        """None: the steps are summed up."""

    def _positions(self, a: SymbolicShape, b: SymbolicShape) -> tuple[int, int]:
        first, second = (self.axes, self.axes) if isinstance(self.axes, int) else self.axes
        first, second = (first + len(a)) if first < 0 else first, (second + len(b)) if second < 0 else second
        if not (1 <= first < len(a) and 1 <= second < len(b)) or len(a) > 3 or len(b) > 3:
            raise ShapeError(
                f"{self.label}: needs two inputs of rank 2 or 3 and axes from 1 up, "
                f"got shapes {a} and {b}, axes {self.axes}"
            )
        if a[first] is not None and b[second] is not None and a[first] != b[second]:
            raise ShapeError(f"{self.label}: sizes along axes {self.axes} differ: shapes {a} and {b}")
        return first, second

    def check_shapes(self, shapes: list[SymbolicShape]) -> None:
        """Two inputs whose summed axes agree."""
        if len(shapes) != 2:
            raise ArgumentError(f"{self.label}: inputs must be a list of two tensors, got {len(shapes)}")
        self._positions(shapes[0], shapes[1])

    def call(self, inputs: list[Tensor]) -> Tensor:
        """The products summed, as batched matrix products."""
        a, b = inputs
        first, second = self._positions(a.shape, b.shape)
        if self.normalize:
            a = a * ops.rsqrt(ops.maximum(ops.sum(ops.square(a), first, True), 1e-12))
            b = b * ops.rsqrt(ops.maximum(ops.sum(ops.square(b), second, True), 1e-12))
        shape = self.compute_output_shape([a.shape, b.shape])
        if a.ndim == 2:
            a, first = ops.expand_dims(a, 1), 2
        if b.ndim == 2:
            b, second = ops.expand_dims(b, 2), 1
        y = ops.matmul(a, b, first == 1, second == 2)
        return ops.reshape(y, tuple([0 if size is None else size for size in shape]))

    def compute_output_shape(self, input_shape: Any) -> SymbolicShape:
        """(n, the other axes of both), or (n, 1) when there are none."""
        a, b = tuple(input_shape[0]), tuple(input_shape[1])
        first, second = self._positions(a, b)
        rest = [size for axis, size in enumerate(a) if axis not in (0, first)]
        rest += [size for axis, size in enumerate(b) if axis not in (0, second)]
        return (a[0], *(rest or [1]))


def _function(layer: Callable[..., Layer], doc: str) -> Callable[..., Any]:
    def merge(inputs: Any, *args: Any, **kwargs: Any) -> Any:
        return layer(*args, **kwargs)(inputs)

    merge.__doc__ = doc
    return merge


add = _function(Add, "a + b + ... of a list of tensors.")
subtract = _function(Subtract, "a - b of a list of two tensors.")
multiply = _function(Multiply, "a * b * ... of a list of tensors.")
average = _function(Average, "The mean of a list of tensors.")
maximum = _function(Maximum, "The largest, value by value, of a list of tensors.")
minimum = _function(Minimum, "The smallest, value by value, of a list of tensors.")
concatenate = _function(Concatenate, "A list of tensors joined along `axis` (-1).")
dot = _function(Dot, "Sums of products of two tensors along `axes`.")
