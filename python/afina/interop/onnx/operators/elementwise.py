"""Arithmetic, element by element, with NumPy's broadcasting."""

from __future__ import annotations

import functools
import math
from collections.abc import Callable
from typing import Any

import numpy as np

from .... import ops
from ...._C import Tensor
from ..registry import Context, operator
from ..values import Array, Image, Value, as_tensor, as_value, broadcast_to, host, plain, scalar


def pointwise(tensors: Callable[..., Tensor], arrays: Callable[..., Any] | None) -> Callable[..., Value]:
    """An operator from the function for tensors and the one for arrays (None: arrays become tensors).

    Images stay as they lie where all operands are images of one shape or single numbers.
    """

    def run(context: Context, *inputs: Value) -> Value:
        del context
        images = [v for v in inputs if isinstance(v, Image)]
        alike = len({v.shape for v in images}) == 1
        if alike and all(isinstance(v, Image) or v.ndim == 0 for v in inputs):
            like = images[0].last
            return Image(tensors(*[v.last if isinstance(v, Image) else as_tensor(v, like) for v in inputs]))
        inputs = tuple([plain(v) for v in inputs])
        given = [v for v in inputs if isinstance(v, Tensor)]
        if not given and arrays is not None:
            with np.errstate(all="ignore"):
                return as_value(arrays(*inputs))
        first = given[0] if given else None
        return tensors(*[as_tensor(v, first) for v in inputs])

    return run


def _tan(x: Tensor) -> Tensor:
    return ops.sin(x) / ops.cos(x)


def _sinh(x: Tensor) -> Tensor:
    grown = ops.expm1(x)
    return (grown + grown / (grown + 1.0)) * 0.5


def _cosh(x: Tensor) -> Tensor:
    return (ops.exp(x) + ops.exp(-x)) * 0.5


def _asinh(x: Tensor) -> Tensor:
    size = ops.abs(x)
    squared = size * size
    return ops.sign(x) * ops.log1p(size + squared / (ops.sqrt(squared + 1.0) + 1.0))


def _acosh(x: Tensor) -> Tensor:
    return ops.log(x + ops.sqrt(x * x - 1.0))


def _atanh(x: Tensor) -> Tensor:
    return ops.log1p(2.0 * x / (1.0 - x)) * 0.5


def _atan(x: Tensor) -> Tensor:
    """Halved three times to |t| <= tan(pi / 16), where ten terms of the series are exact in double."""
    far = ops.greater(ops.abs(x), 1.0)
    t = ops.where(far, ops.reciprocal(ops.where(far, x, 1.0)), x)
    for _ in range(3):
        t = t / (ops.sqrt(t * t + 1.0) + 1.0)
    squared = t * t
    series = squared * 0.0
    for k in range(11, 0, -1):
        series = squared * (series + (-1.0) ** k / (2 * k + 1))
    angle = 8.0 * t * (series + 1.0)
    return ops.where(far, ops.sign(x) * (math.pi / 2) - angle, angle)


def _asin(x: Tensor) -> Tensor:
    return _atan(x / ops.sqrt((1.0 - x) * (1.0 + x)))


def _acos(x: Tensor) -> Tensor:
    return math.pi / 2 - _asin(x)


def erf(x: Tensor) -> Tensor:
    """From gelu(y) = y (1 + erf(y / sqrt 2)) / 2; near 0, where that cancels, from its series."""
    near = ops.less(ops.abs(x), 0.03)
    y = ops.where(near, 1.0, x) * math.sqrt(2.0)
    squared = x * x
    series = x * (((squared * (-1 / 42) + 0.1) * squared - 1 / 3) * squared + 1.0) * (2 / math.sqrt(math.pi))
    return ops.where(near, series, ops.gelu(y) / y * 2.0 - 1.0)


UNARY: dict[str, tuple[Callable[..., Tensor], Callable[..., Any] | None]] = {
    "Abs": (ops.abs, np.abs),
    "Neg": (ops.negative, np.negative),
    "Sign": (ops.sign, np.sign),
    "Exp": (ops.exp, None),
    "Log": (ops.log, None),
    "Sqrt": (ops.sqrt, None),
    "Reciprocal": (ops.reciprocal, None),
    "Floor": (ops.floor, None),
    "Ceil": (ops.ceil, None),
    "Round": (ops.round, None),
    "Sin": (ops.sin, None),
    "Cos": (ops.cos, None),
    "Tan": (_tan, None),
    "Asin": (_asin, None),
    "Acos": (_acos, None),
    "Atan": (_atan, None),
    "Sinh": (_sinh, None),
    "Cosh": (_cosh, None),
    "Asinh": (_asinh, None),
    "Acosh": (_acosh, None),
    "Atanh": (_atanh, None),
    "Erf": (erf, None),
}


def _divided(a: Array, b: Array) -> Any:
    """Integers divide towards zero."""
    quotient = a // b
    return quotient + ((quotient < 0) & (quotient * b != a)).astype(quotient.dtype)


BINARY: dict[str, tuple[Callable[..., Tensor], Callable[..., Any]]] = {
    "Add": (ops.add, np.add),
    "Sub": (ops.subtract, np.subtract),
    "Mul": (ops.multiply, np.multiply),
    "Div": (ops.divide, _divided),
}

for _name, _functions in {**UNARY, **BINARY}.items():
    operator(_name, images=True)(pointwise(*_functions))


@operator("Pow")
def power(context: Context, base: Value, exponent: Value) -> Value:
    """base ** exponent in the type of the base."""
    del context
    if isinstance(base, Tensor):
        return ops.power(base, as_tensor(exponent, base))
    with np.errstate(all="ignore"):
        return np.power(base, host(exponent)).astype(base.dtype)


@operator("Mod")
def remainder(context: Context, a: Value, b: Value) -> Value:
    """a mod b with the sign of b, or with fmod=1 that of a; the gradient is a's."""
    function = np.fmod if context.get("fmod", 0) else np.mod
    with np.errstate(all="ignore"):
        result = function(host(a), host(b))
    if not isinstance(a, Tensor):
        return result
    a = broadcast_to(a, result.shape)
    return a - as_tensor(a.numpy() - result)


def _variadic(tensors: Callable[..., Tensor], arrays: Callable[..., Any]) -> Callable[..., Value]:
    step = pointwise(tensors, arrays)

    def run(context: Context, *inputs: Value) -> Value:
        return functools.reduce(lambda a, b: step(context, a, b), inputs)

    return run


operator("Sum", images=True)(_variadic(ops.add, np.add))
operator("Max")(_variadic(ops.maximum, np.maximum))
operator("Min")(_variadic(ops.minimum, np.minimum))


@operator("Mean")
def mean(context: Context, *inputs: Value) -> Value:
    """The mean of the operands."""
    del context
    return functools.reduce(ops.add, [as_tensor(v) for v in inputs]) * (1.0 / len(inputs))


@operator("Clip", images=True)
def clip(context: Context, x: Value, low: Value = None, high: Value = None) -> Value:
    """min(max(x, low), high); until opset 10 the bounds are attributes."""
    lowest = scalar(low, context.get("min"))
    highest = scalar(high, context.get("max"))
    if isinstance(plain(x), Tensor):
        bounds = (
            -math.inf if lowest is None else lowest,
            math.inf if highest is None else highest,
        )
        last = x.last if isinstance(x, Image) else x
        limited = ops.minimum(ops.maximum(last, bounds[0]), bounds[1])
        return Image(limited) if isinstance(x, Image) else limited
    if lowest is not None:
        x = np.maximum(x, np.asarray(lowest, x.dtype))
    return x if highest is None else np.minimum(x, np.asarray(highest, x.dtype))
