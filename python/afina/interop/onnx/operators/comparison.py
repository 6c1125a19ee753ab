"""Comparisons, logic, bits and choices: arrays of truths, without a gradient."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np

from .... import ops
from ...._C import Tensor
from ....tensor import tensor
from ..registry import Context, operator
from ..tensors import numpy_dtype
from ..values import Value, as_tensor, as_value, host

FUNCTIONS: dict[str, Callable[..., Any]] = {
    "Equal": np.equal,
    "Less": np.less,
    "LessOrEqual": np.less_equal,
    "Greater": np.greater,
    "GreaterOrEqual": np.greater_equal,
    "And": np.logical_and,
    "Or": np.logical_or,
    "Xor": np.logical_xor,
    "Not": np.logical_not,
    "IsNaN": np.isnan,
    "BitwiseAnd": np.bitwise_and,
    "BitwiseOr": np.bitwise_or,
    "BitwiseXor": np.bitwise_xor,
    "BitwiseNot": np.bitwise_not,
}


def _on_arrays(function: Callable[..., Any]) -> Callable[..., Value]:
    def run(context: Context, *inputs: Value) -> Value:
        del context
        return np.asarray(function(*[host(v) for v in inputs]))

    return run


for _name, _function in FUNCTIONS.items():
    operator(_name)(_on_arrays(_function))


@operator("IsInf")
def is_infinite(context: Context, x: Value) -> Value:
    """Infinite, of the signs that the attributes allow."""
    values = host(x)
    up = np.isposinf(values) & bool(context.get("detect_positive", 1))
    return up | (np.isneginf(values) & bool(context.get("detect_negative", 1)))


@operator("BitShift")
def bit_shift(context: Context, x: Value, by: Value) -> Value:
    """Bits moved LEFT or RIGHT; by as many as there are, none stays."""
    return np.left_shift(x, by) if context.need("direction") == "LEFT" else np.right_shift(x, by)


@operator("Where")
def where(context: Context, condition: Value, a: Value, b: Value) -> Value:
    """a where the condition holds, b elsewhere."""
    del context
    if not isinstance(a, Tensor) and not isinstance(b, Tensor):
        return np.where(condition, a, b)
    like = a if isinstance(a, Tensor) else b
    return ops.where(tensor(np.asarray(condition, bool)), as_tensor(a, like), as_tensor(b, like))


@operator("Cast")
def cast(context: Context, x: Value) -> Value:
    """Another element type; halves are computed as float32."""
    return _cast(x, numpy_dtype(context.need("to"), f"ONNX Cast {context.name!r}"))


@operator("CastLike")
def cast_like(context: Context, x: Value, like: Value) -> Value:
    """The element type of another value."""
    del context
    return _cast(x, np.dtype(like.dtype))


def _cast(x: Value, dtype: np.dtype[Any]) -> Value:
    if isinstance(x, Tensor) and dtype.kind == "f":
        wanted = "float64" if dtype == np.float64 else "float32"
        return x if x.dtype == wanted else ops.cast(x, wanted)
    with np.errstate(all="ignore"):
        return as_value(host(x).astype(dtype))
