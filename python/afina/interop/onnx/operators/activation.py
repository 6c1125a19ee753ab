"""Activations."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np

from .... import ops
from ...._C import Tensor
from ..registry import Context, operator
from ..values import Image, Value, as_tensor, plain
from .elementwise import pointwise

Function = Callable[[Tensor], Tensor]


PLAIN: dict[str, Function] = {
    "Sigmoid": ops.sigmoid,
    "Tanh": ops.tanh,
    "Softplus": ops.softplus,
    "Softsign": ops.softsign,
    "HardSwish": lambda x: x * ops.hard_sigmoid(x),
    "Mish": lambda x: x * ops.tanh(ops.softplus(x)),
}
for _name, _function in PLAIN.items():
    operator(_name, images=True)(pointwise(_function, None))
operator("Relu", images=True)(pointwise(ops.relu, lambda x: np.maximum(x, 0)))


# From the node's attributes to the function of one tensor.
WITH_ATTRIBUTES: dict[str, Callable[[Context], Function]] = {
    "Elu": lambda c: lambda x: _elu(x, c.get("alpha", 1.0)),
    "Celu": lambda c: lambda x: _celu(x, c.get("alpha", 1.0)),
    "Selu": lambda c: (
        lambda x: c.get("gamma", 1.0507009873554805) * _elu(x, c.get("alpha", 1.6732632423543772))
    ),
    "LeakyRelu": lambda c: lambda x: ops.maximum(x, 0.0) + ops.minimum(x, 0.0) * c.get("alpha", 0.01),
    "ThresholdedRelu": lambda c: lambda x: ops.where(ops.greater(x, c.get("alpha", 1.0)), x, x * 0.0),
    "HardSigmoid": lambda c: lambda x: ops.clip(x * c.get("alpha", 0.2) + c.get("beta", 0.5), 0.0, 1.0),
    "Gelu": lambda c: lambda x: ops.gelu(x, c.get("approximate", "none") == "tanh"),
    "Swish": lambda c: lambda x: x * ops.sigmoid(x * c.get("alpha", 1.0)),
    "Shrink": lambda c: lambda x: _shrink(x, c.get("lambd", 0.5), c.get("bias", 0.0)),
}


def _elu(x: Tensor, alpha: float) -> Tensor:
    return ops.relu(x) + ops.expm1(ops.minimum(x, 0.0)) * alpha


def _celu(x: Tensor, alpha: float) -> Tensor:
    return ops.relu(x) + ops.expm1(ops.minimum(x, 0.0) * (1.0 / alpha)) * alpha


def _shrink(x: Tensor, limit: float, bias: float) -> Tensor:
    low = ops.where(ops.less(x, -limit), x + bias, x * 0.0)
    return ops.where(ops.greater(x, limit), x - bias, low)


def _with_attributes(make: Callable[[Context], Function]) -> Callable[..., Value]:
    def run(context: Context, x: Value) -> Value:
        function = make(context)
        if isinstance(x, Image):
            return Image(function(x.last))
        if isinstance(x, Tensor):
            return function(x)
        return function(as_tensor(x)).numpy().astype(x.dtype)  # Shrink alone takes integers

    return run


for _name, _make in WITH_ATTRIBUTES.items():
    operator(_name, images=True)(_with_attributes(_make))


@operator("PRelu")
def prelu(context: Context, x: Value, slope: Value) -> Value:
    """x, below 0 multiplied by the learned slope."""
    del context
    x = as_tensor(x)
    return ops.maximum(x, 0.0) + ops.minimum(x, 0.0) * as_tensor(slope, x)


def _over_axis(context: Context, x: Value, function: Callable[[Tensor, int], Tensor]) -> Tensor:
    """`function` along the axis; until opset 12 along all axes from it on, taken as one."""
    x = as_tensor(plain(x))
    if context.version >= 13:
        return function(x, context.get("axis", -1))
    axis = context.get("axis", 1) % max(x.ndim, 1)
    rows = int(np.prod(x.shape[:axis], dtype=int))
    return ops.reshape(function(ops.reshape(x, [rows, -1]), 1), list(x.shape))


@operator("Softmax")
def softmax(context: Context, x: Value) -> Tensor:
    """exp(x) over its sum."""
    return _over_axis(context, x, ops.softmax)


@operator("LogSoftmax")
def log_softmax(context: Context, x: Value) -> Tensor:
    """The logarithm of softmax."""
    return _over_axis(context, x, ops.log_softmax)


@operator("Hardmax")
def hardmax(context: Context, x: Value) -> Tensor:
    """1 at the first largest element, 0 elsewhere."""

    def ones(t: Tensor, axis: int) -> Tensor:
        values = t.numpy()
        result = np.zeros_like(values)
        np.put_along_axis(result, np.expand_dims(values.argmax(axis), axis), 1, axis)
        return as_tensor(result)

    return _over_axis(context, x, ones)
