"""The optimizers of ai.onnx.preview.training: weights and states in, weights and states out."""

from __future__ import annotations

import math
from collections.abc import Callable
from typing import Any

from .... import ops
from ...._C import Tensor
from ....gradient import no_grad
from ..registry import TRAINING, Context, operator
from ..values import Value, as_tensor, scalar


def _each(
    context: Context, inputs: tuple[Value, ...], groups: int, update: Callable[..., tuple[Tensor, ...]]
) -> tuple[Any, ...]:
    """`update` of every weight; inputs are all weights, all gradients, all first states, ..."""
    if len(inputs) % groups:
        context.refuse(f"needs {groups} tensors for each weight, got {len(inputs)}")
    count = len(inputs) // groups
    with no_grad():
        rows = [update(*[as_tensor(inputs[g * count + i]) for g in range(groups)]) for i in range(count)]
    return tuple([row[part] for part in range(groups - 1) for row in rows])


@operator("Momentum", domain=TRAINING)
def momentum(context: Context, rate: Value, step: Value, *inputs: Value) -> tuple[Any, ...]:
    """v = alpha v + beta g, x -= rate v; nesterov: x -= rate (g + alpha v)."""
    r, alpha = scalar(rate), context.need("alpha")
    beta = context.need("beta") if scalar(step) > 0 else 1.0
    nesterov = context.need("mode") == "nesterov"

    def update(x: Tensor, g: Tensor, v: Tensor) -> tuple[Tensor, ...]:
        g = g + x * context.need("norm_coefficient")
        v = v * alpha + g * beta
        return x - (g + v * alpha if nesterov else v) * r, v

    return _each(context, inputs, 3, update)


@operator("Adagrad", domain=TRAINING)
def adagrad(context: Context, rate: Value, step: Value, *inputs: Value) -> tuple[Any, ...]:
    """h += g^2, x -= rate g / (sqrt(h) + epsilon), the rate decaying as 1 / (1 + step decay_factor)."""
    r = scalar(rate) / (1.0 + scalar(step) * context.get("decay_factor", 0.0))

    def update(x: Tensor, g: Tensor, h: Tensor) -> tuple[Tensor, ...]:
        g = g + x * context.get("norm_coefficient", 0.0)
        h = h + g * g
        return x - g * r / (ops.sqrt(h) + context.get("epsilon", 1e-6)), h

    return _each(context, inputs, 3, update)


@operator("Adam", domain=TRAINING)
def adam(context: Context, rate: Value, step: Value, *inputs: Value) -> tuple[Any, ...]:
    """v = alpha v + (1 - alpha) g, h = beta h + (1 - beta) g^2, x -= rate v / (sqrt(h) + epsilon)."""
    alpha, beta = context.get("alpha", 0.9), context.get("beta", 0.999)
    r, t = scalar(rate), scalar(step)
    r = r * math.sqrt(1 - beta**t) / (1 - alpha**t) if t > 0 else r

    def update(x: Tensor, g: Tensor, v: Tensor, h: Tensor) -> tuple[Tensor, ...]:
        g = g + x * context.get("norm_coefficient", 0.0)
        v = v * alpha + g * (1 - alpha)
        h = h * beta + g * g * (1 - beta)
        x = x - v * r / (ops.sqrt(h) + context.get("epsilon", 1e-6))
        return x * (1 - context.get("norm_coefficient_post", 0.0)), v, h

    return _each(context, inputs, 4, update)
