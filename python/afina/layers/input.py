"""Where a model begins: the shape, dtype and name of its data."""

from __future__ import annotations

from typing import Any

from .._C import Tensor
from ..config import floatx
from ..errors import ArgumentError
from ..registry import register
from .layer import Layer
from .symbolic import Node, SymbolicTensor

_DTYPES = ("float32", "float64", "int32", "int64", "uint8", "bool")


@register
class InputLayer(Layer):
    """A layer without weights that stands for the data; `Input` makes one and returns its output."""

    _same_shape = True

    def __init__(
        self,
        shape: Any = None,
        batch_size: int | None = None,
        dtype: str | None = None,
        batch_shape: Any = None,
        name: str | None = None,
        **kwargs: Any,
    ) -> None:
        if batch_shape is None and "input_shape" in kwargs:
            shape = kwargs.pop("input_shape")
        if (shape is None) == (batch_shape is None) and kwargs.get("batch_input_shape") is None:
            raise ArgumentError("Input: give either shape (without the batch) or batch_shape")
        if isinstance(shape, int):
            raise ArgumentError(f"Input: shape must be a tuple such as ({shape},), got {shape}")
        if dtype is not None and dtype not in _DTYPES:
            raise ArgumentError(f"Input: dtype must be one of {_DTYPES}, got {dtype!r}")
        super().__init__(name=name, **kwargs)
        self.input_dtype = dtype or floatx()
        self.batch_shape = tuple(batch_shape) if batch_shape is not None else self.batch_shape
        if self.batch_shape is None:
            self.batch_shape = (batch_size, *shape)
        for size in self.batch_shape:
            if size is not None and (not isinstance(size, int) or size < 1):
                raise ArgumentError(
                    f"Input: shape must hold positive ints or None, got {self.batch_shape} (with the batch)"
                )
        self.built = True
        output = SymbolicTensor(self.batch_shape, self.input_dtype, self.name)
        self._inbound_nodes.append(Node(self, [], (), {}, output))

    def call(self, inputs: Tensor) -> Tensor:
        """The data itself."""
        return inputs

    def get_config(self) -> dict[str, Any]:
        """batch_shape, dtype and name."""
        shape = list(self.batch_shape or ())
        return {"batch_shape": shape, "dtype": self.input_dtype, "name": self.name}


def Input(
    shape: Any = None,
    batch_size: int | None = None,
    dtype: str | None = None,
    *,
    batch_shape: Any = None,
    name: str | None = None,
) -> SymbolicTensor:
    """A symbolic tensor that opens a functional model; None in `shape` is a size that may vary.

    >>> Input(shape=(28, 28, 1)).shape
    (None, 28, 28, 1)
    """
    layer = InputLayer(shape, batch_size, dtype, batch_shape, name)
    output: SymbolicTensor = layer.output
    return output
