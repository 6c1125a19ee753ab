"""The layers that operators on symbolic tensors record: a closed list of operations, and indexing."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np

from .. import ops
from .._C import Tensor
from ..errors import ArgumentError
from ..registry import register
from ..tensor import tensor
from .layer import Layer, TensorLayer
from .naming import unique_name
from .shape_inference import infer_shape
from .symbolic import SymbolicTensor

_BINARY: dict[str, Callable[[Any, Any], Tensor]] = {
    "add": lambda a, b: a + b,
    "subtract": lambda a, b: a - b,
    "multiply": lambda a, b: a * b,
    "divide": lambda a, b: a / b,
    "power": lambda a, b: a**b,
    "matmul": lambda a, b: a @ b,
}


def _matmul_shape(a: tuple[int, ...], b: tuple[int, ...]) -> tuple[int, ...]:
    if len(a) < 2 or len(b) < 2 or a[-1] != b[-2]:
        raise ValueError("a matrix product needs (..., n, k) and (..., k, m)")
    return (*np.broadcast_shapes(a[:-2], b[:-2]), a[-2], b[-1])


@register
class Operation(Layer):
    """`a op b` for two tensors, or for a tensor and a constant `operand` (a number or nested lists).

    >>> Operation("subtract", operand=1.0, reverse=True)([[0.25]]).tolist()
    [[0.75]]
    """

    def __init__(self, operation: str, operand: Any = None, reverse: bool = False, **kwargs: Any) -> None:
        if kwargs.get("name") is None:
            kwargs["name"] = unique_name(str(operation))
        super().__init__(**kwargs)
        if operation not in _BINARY and operation != "negative":
            raise ArgumentError(
                f"{self.label}: operation must be one of {[*_BINARY, 'negative']}, got {operation!r}"
            )
        self.operation = operation
        self.operand = operand.numpy() if isinstance(operand, Tensor) else operand
        self.reverse = reverse
        constant = np.asarray(self.operand, self.dtype) if operand is not None else None
        self._constant = (
            None if constant is None else float(constant) if constant.ndim == 0 else tensor(constant)
        )

    def build(self, input_shape: Any) -> None:
        """Check that there is one tensor, or two for an operation between tensors."""
        pair = self.operand is None and self.operation != "negative"
        fits = (
            isinstance(input_shape, list) and len(input_shape) == 2 and all(input_shape)
            if pair
            else isinstance(input_shape, tuple)
        )
        if not fits:
            wanted = "a list of two tensors" if pair else "one tensor"
            raise ArgumentError(f"{self.label}: inputs must be {wanted}, got shape {input_shape}")

    def call(self, inputs: Any) -> Tensor:
        """The operation."""
        if self.operation == "negative":
            return ops.negative(inputs)
        function = _BINARY[self.operation]
        if self.operand is None:
            return function(inputs[0], inputs[1])
        return function(self._constant, inputs) if self.reverse else function(inputs, self._constant)

    def compute_output_spec(self, inputs: Any, *args: Any, **kwargs: Any) -> Any:
        """NumPy's broadcasting, or the shape of a matrix product."""
        del args, kwargs
        if isinstance(inputs, SymbolicTensor):
            constant = () if self.operand is None else np.shape(self.operand)
            given = [constant, inputs.shape] if self.reverse else [inputs.shape, constant]
        else:
            given = [t.shape for t in inputs]
        function = _matmul_shape if self.operation == "matmul" else np.broadcast_shapes
        dtype = inputs.dtype if isinstance(inputs, SymbolicTensor) else inputs[0].dtype
        return SymbolicTensor(infer_shape(self.label, function, *given), dtype)

    def get_config(self) -> dict[str, Any]:
        """operation, operand (as a list when it is an array) and reverse."""
        operand = self.operand
        self_operand = operand.tolist() if isinstance(operand, np.ndarray) else operand
        return {
            "name": self.name,
            "dtype": self.dtype_policy.name,
            "operation": self.operation,
            "operand": self_operand,
            "reverse": self.reverse,
        }


@register
class Slice(TensorLayer):
    """inputs[key]: ints, slices, None and Ellipsis, in a tuple or alone; the first entry is the batch."""

    def __init__(self, key: Any, **kwargs: Any) -> None:
        super().__init__(**kwargs)
        self.key = _key_from_config(key)

    def call(self, inputs: Tensor) -> Tensor:
        """inputs[key]."""
        return inputs[self.key]

    def compute_output_spec(self, inputs: Any, *args: Any, **kwargs: Any) -> Any:
        """The shape NumPy gives, found on a view of one number; the dtype is the input's."""
        del args, kwargs

        def sliced(shape: tuple[int, ...]) -> tuple[int, ...]:
            found: tuple[int, ...] = np.broadcast_to(np.float32(0), shape)[self.key].shape
            return found

        return SymbolicTensor(infer_shape(self.label, sliced, inputs.shape), inputs.dtype)

    def get_config(self) -> dict[str, Any]:
        """The key, slices as {'slice': [start, stop, step]}."""
        parts = self.key if isinstance(self.key, tuple) else (self.key,)
        return {
            "name": self.name,
            "dtype": self.dtype_policy.name,
            "key": [_key_to_config(part) for part in parts],
        }


def _key_to_config(part: Any) -> Any:
    if isinstance(part, slice):
        return {"slice": [part.start, part.stop, part.step]}
    return "..." if part is Ellipsis else part


def _key_from_config(key: Any) -> Any:
    if isinstance(key, list):
        return tuple([_key_from_config(part) for part in key])
    if isinstance(key, dict):
        return slice(*key["slice"])
    if key == "...":
        return Ellipsis
    parts = key if isinstance(key, tuple) else (key,)
    for part in parts:
        if part is not None and part is not Ellipsis and not isinstance(part, int | slice):
            raise ArgumentError(f"indexing a symbolic tensor takes ints, slices, None and ..., got {part!r}")
    return key
