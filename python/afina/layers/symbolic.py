"""Symbolic tensors: shapes that remember which layer made them, so that a Model can run the layers again.

>>> from afina.layers import Dense, Input
>>> x = Input(shape=(64,))
>>> Dense(32)(x).shape
(None, 32)
"""

from __future__ import annotations

import itertools
from typing import TYPE_CHECKING, Any

from ..errors import ArgumentError
from .nested import leaves

if TYPE_CHECKING:
    from .layer import Layer

SymbolicShape = tuple[int | None, ...]

_serial = itertools.count()


class Node:
    """One use of a layer: what it was called with and what came out."""

    def __init__(self, layer: Layer, inputs: Any, args: Any, kwargs: dict[str, Any], outputs: Any) -> None:
        self.layer = layer
        self.inputs = inputs
        self.args = args
        self.kwargs = kwargs
        self.outputs = outputs
        self.serial = next(_serial)
        for index, leaf in enumerate(leaves(outputs)):
            leaf.node = self
            leaf.index = index

    @property
    def parents(self) -> list[SymbolicTensor]:
        """The symbolic tensors that went in."""
        return [t for t in leaves([self.inputs, self.args, self.kwargs]) if isinstance(t, SymbolicTensor)]


class SymbolicTensor:
    """A shape (None = not known yet), a dtype and a history; layers and operators accept it.

    `+ - * / ** @`, negation and indexing record a layer. It holds no values.
    """

    __array_priority__ = 1000
    __array_ufunc__ = None  # so that numpy_array + symbolic comes to __radd__

    node: Node
    index: int

    def __init__(self, shape: SymbolicShape, dtype: str = "float32", name: str | None = None) -> None:
        self.shape = tuple(shape)
        self.dtype = dtype
        self.name = name or f"symbolic_{next(_serial)}"

    @property
    def ndim(self) -> int:
        """Number of axes, the batch included."""
        return len(self.shape)

    def __repr__(self) -> str:
        return f"<SymbolicTensor shape={self.shape} dtype={self.dtype} name={self.name}>"

    def __bool__(self) -> bool:
        raise ArgumentError(f"{self!r} has no value: it cannot decide an `if` or a `while`")

    def __iter__(self) -> Any:
        raise ArgumentError(f"{self!r} has no values to iterate over; index it or split it with a layer")

    def __len__(self) -> int:
        raise ArgumentError(f"{self!r} has no length; read its .shape")

    def __array__(self, *_args: Any, **_kwargs: Any) -> Any:
        raise ArgumentError(f"{self!r} has no values; build a Model and call it on data")

    def _binary(self, word: str, other: Any, *, reverse: bool = False) -> Any:
        from .operation import Operation

        if isinstance(other, SymbolicTensor):
            return Operation(word, dtype=_layer_dtype(self))([self, other])
        return Operation(word, operand=other, reverse=reverse, dtype=_layer_dtype(self))(self)

    def __add__(self, other: Any) -> Any:
        return self._binary("add", other)

    def __radd__(self, other: Any) -> Any:
        return self._binary("add", other, reverse=True)

    def __sub__(self, other: Any) -> Any:
        return self._binary("subtract", other)

    def __rsub__(self, other: Any) -> Any:
        return self._binary("subtract", other, reverse=True)

    def __mul__(self, other: Any) -> Any:
        return self._binary("multiply", other)

    def __rmul__(self, other: Any) -> Any:
        return self._binary("multiply", other, reverse=True)

    def __truediv__(self, other: Any) -> Any:
        return self._binary("divide", other)

    def __rtruediv__(self, other: Any) -> Any:
        return self._binary("divide", other, reverse=True)

    def __pow__(self, other: Any) -> Any:
        return self._binary("power", other)

    def __matmul__(self, other: Any) -> Any:
        return self._binary("matmul", other)

    def __neg__(self) -> Any:
        from .operation import Operation

        return Operation("negative", dtype=_layer_dtype(self))(self)

    def __getitem__(self, key: Any) -> Any:
        from .operation import Slice

        return Slice(key, dtype=_layer_dtype(self))(self)


KerasTensor = SymbolicTensor


def has_symbolic(*values: Any) -> bool:
    """Whether a symbolic tensor stands anywhere in `values`."""
    return any(isinstance(leaf, SymbolicTensor) for leaf in leaves(values))


def shapes_to_symbolic(shapes: Any, dtype: str) -> Any:
    """A shape, or lists, tuples and dicts of shapes, as symbolic tensors."""
    if isinstance(shapes, dict):
        return {key: shapes_to_symbolic(item, dtype) for key, item in shapes.items()}
    if isinstance(shapes, list | tuple) and any(isinstance(item, list | tuple) for item in shapes):
        return [shapes_to_symbolic(item, dtype) for item in shapes]
    return SymbolicTensor(tuple(shapes), dtype)


def _layer_dtype(t: SymbolicTensor) -> str | None:
    """The dtype of a layer that continues `t`; None (the default) for integers."""
    return t.dtype if t.dtype in ("float32", "float64") else None
