"""Normalizations."""

from __future__ import annotations

from typing import Any

import numpy as np

from .... import ops
from ....gradient import no_grad
from ..registry import Context, operator
from ..values import Image, Value, as_tensor, channels_last, plain, sliced
from .reduction import as_index


@operator("BatchNormalization", images=True)
def batch_norm(context: Context, x: Value, scale: Value, bias: Value, mean: Value, variance: Value) -> Any:
    """Each channel normalized: with the statistics given, or with training_mode=1 those of the batch.

    The further outputs are the moving statistics, momentum * old + (1 - momentum) * of the batch. A graph
    without training_mode follows the caller's flag; the model then keeps the statistics itself.
    """
    epsilon, momentum = context.get("epsilon", 1e-5), context.get("momentum", 0.9)
    last = channels_last(x) if len(x.shape) > 2 else as_tensor(plain(x))
    gamma, beta = as_tensor(plain(scale), last), as_tensor(plain(bias), last)
    old_mean, old_variance = as_tensor(plain(mean), last), as_tensor(plain(variance), last)
    training = bool(context.get("training_mode", 0)) or context.training
    if not training:
        y = ops.batch_norm_inference(last, old_mean, old_variance, gamma, beta, epsilon)
        return Image(y) if last.ndim > 2 else y
    y, batch_mean, batch_variance = ops.batch_norm(last, gamma, beta, epsilon)
    with no_grad():
        new_mean = old_mean * momentum + batch_mean * (1.0 - momentum)
        new_variance = old_variance * momentum + batch_variance * (1.0 - momentum)
        for kept, new in ((mean, new_mean), (variance, new_variance)):
            if context.training and getattr(kept, "trainable", None) is False:
                kept.copy_(new)
    result = Image(y) if last.ndim > 2 else y
    return (result, new_mean, new_variance) if context.outputs > 1 else result


@operator("InstanceNormalization", images=True)
def instance_norm(context: Context, x: Value, scale: Value, bias: Value) -> Image:
    """Each channel of each image normalized by its own mean and variance."""
    last = channels_last(x)
    gamma, beta = [as_tensor(plain(v), last) for v in (scale, bias)]
    return Image(ops.instance_norm(last, gamma, beta, context.get("epsilon", 1e-5)))


@operator("GroupNormalization", images=True)
def group_norm(context: Context, x: Value, scale: Value, bias: Value) -> Image:
    """Each group of channels of each image normalized; until opset 20 with one scale for a group."""
    last, groups = channels_last(x), context.need("num_groups")
    gamma, beta = [as_tensor(plain(v), last) for v in (scale, bias)]
    channels = last.shape[-1]
    if context.version < 21:
        spread = np.repeat(np.arange(groups), channels // groups)
        gamma, beta = [ops.gather(p, as_index(spread)) for p in (gamma, beta)]
    return Image(ops.group_norm(last, gamma, beta, groups, context.get("epsilon", 1e-5)))


@operator("LayerNormalization")
def layer_norm(context: Context, x: Value, scale: Value, bias: Value = None) -> Any:
    """The axes from `axis` on normalized together; also the mean and 1 / deviation where asked for."""
    x = as_tensor(x)
    axis = context.get("axis", -1) % x.ndim
    epsilon = context.get("epsilon", 1e-5)
    shape = x.shape[axis:]
    gamma, beta = [None if v is None else ops.broadcast_to(as_tensor(v, x), shape) for v in (scale, bias)]
    y = ops.layer_norm(x, gamma, beta, epsilon, x.ndim - axis)
    if context.outputs == 1:
        return y
    over = list(range(axis, x.ndim))
    return y, ops.mean(x, over, True), ops.rsqrt(ops.var(x, over, True) + epsilon)


@operator("RMSNormalization")
def rms_norm(context: Context, x: Value, scale: Value) -> Value:
    """x / sqrt(mean(x^2) + epsilon) scale over the axes from `axis` on."""
    x = as_tensor(x)
    over = list(range(context.get("axis", -1) % x.ndim, x.ndim))
    return x * ops.rsqrt(ops.mean(x * x, over, True) + context.get("epsilon", 1e-5)) * as_tensor(scale, x)


@operator("MeanVarianceNormalization")
def mean_variance(context: Context, x: Value) -> Value:
    """(x - mean) / (deviation + 1e-9) over the axes."""
    x = as_tensor(x)
    over = list(context.get("axes", [0, 2, 3]))
    return (x - ops.mean(x, over, True)) / (ops.std(x, over, True) + 1e-9)


@operator("LpNormalization")
def lp_norm(context: Context, x: Value) -> Value:
    """x over its 1- or 2-norm along an axis; 0 where that is 0."""
    x, axis = as_tensor(x), context.get("axis", -1)
    if context.get("p", 2) == 1:
        norm = ops.sum(ops.abs(x), axis, True)
    else:
        norm = ops.sqrt(ops.sum(x * x, axis, True))
    return x / ops.where(ops.equal(norm, 0.0), norm * 0.0 + 1.0, norm)


@operator("LRN")
def local_response(context: Context, x: Value) -> Value:
    """x / (bias + alpha / size * sum of the squares of neighbouring channels)^beta."""
    x = as_tensor(x)
    size = context.need("size")
    before = (size - 1) // 2
    squares = ops.pad(x * x, [(0, 0), (before, size - 1 - before), *[(0, 0)] * (x.ndim - 2)])
    channels = x.shape[1]
    total = sliced(squares, 1, 0, channels)
    for k in range(1, size):
        total = total + sliced(squares, 1, k, k + channels)
    base = total * (context.get("alpha", 1e-4) / size) + context.get("bias", 1.0)
    return x / ops.power(base, context.get("beta", 0.75))
