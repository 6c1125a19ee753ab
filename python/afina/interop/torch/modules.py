"""What the modules of torch.nn compute, channels first as there."""

from __future__ import annotations

import math
from collections.abc import Callable
from typing import Any

from ... import ops
from ..._C import Tensor
from ...errors import UnsupportedOperatorError
from ...gradient import no_grad
from ...layers.spatial import to_channels_first, to_channels_last
from .table import module


def _pair(value: Any, rank: int) -> tuple[int, ...]:
    """An int or a list as numbers of two axes; one axis is the width of an image of height one."""
    values = (value,) * rank if isinstance(value, int) else tuple(value)
    return (1, *values) if rank == 1 else values


def _around(value: Any, rank: int) -> Any:
    numbers = (value,) * rank if isinstance(value, int) else tuple(value)
    pads = [(n, n) for n in numbers]
    return [(0, 0), *pads] if rank == 1 else pads


def _image(x: Tensor, rank: int) -> Tensor:
    last = to_channels_last(x)
    return ops.expand_dims(last, 1) if rank == 1 else last


def _back(y: Tensor, rank: int) -> Tensor:
    return to_channels_first(ops.squeeze(y, 1) if rank == 1 else y)


@module("Linear")
def linear(layer: Any, x: Tensor) -> Tensor:
    """x weight^T + bias."""
    y = ops.matmul(x, layer.get("weight"), transpose_b=True)
    bias = layer.get("bias")
    return y if bias is None else y + bias


@module("Conv1d", "Conv2d", options="stride padding dilation groups padding_mode kernel_size")
def convolution(layer: Any, x: Tensor) -> Tensor:
    """The cross-correlation with weight (out, in / groups, ...)."""
    given, weight = layer.options, layer.get("weight")
    rank = weight.ndim - 2
    if given["padding_mode"] != "zeros":
        layer.unsupported(f"padding_mode {given['padding_mode']!r}")
    padding = given["padding"]
    if isinstance(padding, str):
        spans = [(k - 1) * d for k, d in zip(given["kernel_size"], given["dilation"], strict=True)]
        sizes = [(s // 2, s - s // 2) for s in spans] if padding == "same" else [(0, 0)] * rank
        around: Any = [(0, 0), *sizes] if rank == 1 else sizes
    else:
        around = _around(padding, rank)
    kernel = ops.transpose(weight, [*range(2, weight.ndim), 1, 0])
    kernel = ops.expand_dims(kernel, 0) if rank == 1 else kernel
    strides, dilation = _pair(given["stride"], rank), _pair(given["dilation"], rank)
    y = ops.conv2d(_image(x, rank), kernel, layer.get("bias"), strides, around, dilation, given["groups"])
    return _back(y, rank)


@module(
    "ConvTranspose1d", "ConvTranspose2d", options="stride padding dilation groups output_padding kernel_size"
)
def transposed_convolution(layer: Any, x: Tensor) -> Tensor:
    """The transposed convolution with weight (in, out / groups, ...), group by group."""
    given, weight = layer.options, layer.get("weight")
    rank, groups = weight.ndim - 2, given["groups"]
    strides, dilation = _pair(given["stride"], rank), _pair(given["dilation"], rank)
    cut, size = _around(given["padding"], rank), _pair(given["kernel_size"], rank)
    more = _pair(given["output_padding"], rank) if rank == 2 else (0, *_pair(given["output_padding"], 1)[1:])
    images = _image(x, rank)
    channels = images.shape[-1] // groups
    parts = []
    for group in range(groups):
        own = weight[group * channels : (group + 1) * channels]
        kernel = ops.transpose(own, [*range(2, own.ndim), 1, 0])
        kernel = ops.expand_dims(kernel, 0) if rank == 1 else kernel
        part = images if groups == 1 else images[..., group * channels : (group + 1) * channels]
        whole = ops.conv2d_transpose(part, kernel, None, strides, "valid", None, dilation)
        parts.append(whole)
    y = parts[0] if groups == 1 else ops.concatenate(parts, -1)
    spans = [(k - 1) * d + 1 for k, d in zip(size, dilation, strict=True)]
    for axis, (n, s, span, (before, after), e) in enumerate(
        zip(images.shape[1:3], strides, spans, cut, more, strict=True), 1
    ):
        wanted = (n - 1) * s + span + e - before - after
        y = _window(y, axis, before, wanted)
    bias = layer.get("bias")
    return _back(y if bias is None else y + bias, rank)


def _window(y: Tensor, axis: int, start: int, count: int) -> Tensor:
    """`count` entries of an axis from `start` on, zeros where it ends before."""
    missing = max(start + count - y.shape[axis], 0)
    if missing:
        y = ops.pad(y, [(0, missing) if i == axis else (0, 0) for i in range(y.ndim)])
    starts, stops = [0] * y.ndim, list(y.shape)
    starts[axis], stops[axis] = start, start + count
    return ops.slice(y, starts, stops, [1] * y.ndim)


@module("BatchNorm1d", "BatchNorm2d", options="eps momentum")
def batch_norm(layer: Any, x: Tensor) -> Tensor:
    """Normalized channels; training moves the running statistics, the variance unbiased as in torch."""
    last = to_channels_last(x) if x.ndim > 2 else x
    gamma, beta = layer.get("weight"), layer.get("bias")
    mean, variance = layer.get("running_mean"), layer.get("running_var")
    if layer.training or mean is None:
        y, found_mean, found_variance = ops.batch_norm(last, gamma, beta, layer.options["eps"])
        if layer.training and mean is not None:
            _move(layer, last.size // last.shape[-1], (mean, found_mean), (variance, found_variance))
    else:
        y = ops.batch_norm_inference(last, mean, variance, gamma, beta, layer.options["eps"])
    return to_channels_first(y) if x.ndim > 2 else y


def _move(layer: Any, values: int, mean: Any, variance: Any) -> None:
    momentum = layer.options["momentum"]
    with no_grad():
        tracked = layer.get("num_batches_tracked")
        if tracked is not None:
            tracked.copy_(tracked + 1)
            momentum = 1.0 / tracked.item() if momentum is None else momentum
        unbiased = values / max(values - 1, 1)
        mean[0].copy_(mean[0] * (1.0 - momentum) + mean[1] * momentum)
        variance[0].copy_(variance[0] * (1.0 - momentum) + variance[1] * (momentum * unbiased))


@module("LayerNorm", options="eps normalized_shape")
def layer_norm(layer: Any, x: Tensor) -> Tensor:
    """The last axes normalized together."""
    count = len(layer.options["normalized_shape"])
    return ops.layer_norm(x, layer.get("weight"), layer.get("bias"), layer.options["eps"], count)


@module("GroupNorm", options="eps num_groups")
def group_norm(layer: Any, x: Tensor) -> Tensor:
    """Each group of channels of each sample normalized."""
    given, last = layer.options, to_channels_last(x)
    y = ops.group_norm(last, layer.get("weight"), layer.get("bias"), given["num_groups"], given["eps"])
    return to_channels_first(y)


@module("InstanceNorm1d", "InstanceNorm2d", options="eps track_running_stats")
def instance_norm(layer: Any, x: Tensor) -> Tensor:
    """Each channel of each sample normalized."""
    if layer.options["track_running_stats"]:
        layer.unsupported("track_running_stats")
    last = to_channels_last(x)
    return to_channels_first(
        ops.instance_norm(last, layer.get("weight"), layer.get("bias"), layer.options["eps"])
    )


@module("Embedding", options="max_norm")
def embedding(layer: Any, x: Tensor) -> Tensor:
    """Rows of weight."""
    if layer.options["max_norm"] is not None:
        layer.unsupported("max_norm")
    return ops.embedding(x, layer.get("weight"))


@module("PReLU")
def prelu(layer: Any, x: Tensor) -> Tensor:
    """One slope, or one for each channel."""
    weight: Tensor = layer.get("weight")
    if weight.size > 1:
        weight = ops.reshape(weight, [-1, *[1] * (x.ndim - 2)])
    return ops.prelu(x, weight)


@module("Dropout", options="p")
def dropout(layer: Any, x: Tensor) -> Tensor:
    """0 with probability p in training."""
    return ops.dropout(x, layer.options["p"]) if layer.training and layer.options["p"] else x


@module("Dropout1d", "Dropout2d", options="p")
def channel_dropout(layer: Any, x: Tensor) -> Tensor:
    """Whole channels 0 with probability p in training."""
    rate: float = layer.options["p"]
    if not layer.training or not rate:
        return x
    kept = ops.random_bernoulli((*x.shape[:2], *[1] * (x.ndim - 2)), 1.0 - rate)
    return x * (ops.cast(kept, x.dtype) * (1.0 / (1.0 - rate)))


POINTWISE: dict[str, tuple[str, Callable[..., Tensor]]] = {
    "ReLU": ("", lambda x: ops.relu(x)),
    "ReLU6": ("", lambda x: ops.relu6(x)),
    "Sigmoid": ("", lambda x: ops.sigmoid(x)),
    "Tanh": ("", lambda x: ops.tanh(x)),
    "SiLU": ("", lambda x: ops.silu(x)),
    "SELU": ("", lambda x: ops.selu(x)),
    "Softsign": ("", lambda x: ops.softsign(x)),
    "Hardsigmoid": ("", lambda x: ops.hard_sigmoid(x)),
    "Hardswish": ("", lambda x: x * ops.hard_sigmoid(x)),
    "Mish": ("", lambda x: x * ops.tanh(ops.softplus(x))),
    "Tanhshrink": ("", lambda x: x - ops.tanh(x)),
    "LogSigmoid": ("", lambda x: -ops.softplus(-x)),
    "Identity": ("", lambda x: x),
    "GELU": ("approximate", lambda x, approximate: ops.gelu(x, approximate == "tanh")),
    "ELU": ("alpha", lambda x, alpha: ops.elu(x, alpha)),
    "CELU": ("alpha", lambda x, alpha: ops.relu(x) + ops.expm1(ops.minimum(x, 0.0) / alpha) * alpha),
    "LeakyReLU": ("negative_slope", lambda x, slope: ops.leaky_relu(x, slope)),
    "Hardtanh": ("min_val max_val", lambda x, low, high: ops.clip(x, low, high)),
    "Softplus": (
        "beta threshold",
        lambda x, beta, limit: ops.where(
            ops.greater(x * beta, limit), x, ops.softplus(ops.minimum(x * beta, limit)) * (1.0 / beta)
        ),
    ),
    "Softmax": ("dim", lambda x, dim: ops.softmax(x, dim)),
    "LogSoftmax": ("dim", lambda x, dim: ops.log_softmax(x, dim)),
}


def _pointwise(function: Callable[..., Tensor], names: str) -> Callable[..., Tensor]:
    return lambda layer, x: function(x, *[layer.options[name] for name in names.split()])


for _name, (_options, _function) in POINTWISE.items():
    module(_name, options=_options)(_pointwise(_function, _options))


@module("Flatten", options="start_dim end_dim")
def flatten(layer: Any, x: Tensor) -> Tensor:
    """Axes start_dim to end_dim as one."""
    return flattened(x, layer.options["start_dim"], layer.options["end_dim"])


def flattened(x: Tensor, start: int = 0, end: int = -1) -> Tensor:
    """Axes start to end as one."""
    start, end = start % x.ndim, end % x.ndim
    return ops.reshape(x, [*x.shape[:start], math.prod(x.shape[start : end + 1]), *x.shape[end + 1 :]])


@module("MaxPool1d", "MaxPool2d", options="kernel_size stride padding dilation ceil_mode return_indices")
def max_pool(layer: Any, x: Tensor) -> Tensor:
    """The largest of each window."""
    return _pooled(layer, x, "max")


@module("AvgPool1d", "AvgPool2d", options="kernel_size stride padding ceil_mode count_include_pad")
def average_pool(layer: Any, x: Tensor) -> Tensor:
    """The mean of each window."""
    return _pooled(layer, x, "mean")


def _pooled(layer: Any, x: Tensor, kind: str) -> Tensor:
    given, rank = layer.options, x.ndim - 2
    if given["ceil_mode"] or given.get("return_indices"):
        layer.unsupported("ceil_mode or return_indices")
    if set(_pair(given.get("dilation", 1), 2)) != {1}:
        layer.unsupported("dilation")
    size = _pair(given["kernel_size"], rank)
    strides = size if given["stride"] is None else _pair(given["stride"], rank)
    around = _around(given["padding"], rank)
    images = _image(x, rank)
    if kind == "max":
        return _back(ops.max_pool2d(images, size, strides, around), rank)
    if given.get("count_include_pad"):
        images, around = ops.pad(images, [(0, 0), *around, (0, 0)]), [(0, 0), (0, 0)]
    return _back(ops.average_pool2d(images, size, strides, around), rank)


@module("AdaptiveAvgPool1d", "AdaptiveAvgPool2d", options="output_size")
def adaptive_average_pool(layer: Any, x: Tensor) -> Tensor:
    """Means of equal windows, as many as output_size says."""
    return _adaptive(layer, x, ops.average_pool2d)


@module("AdaptiveMaxPool2d", options="output_size")
def adaptive_max_pool(layer: Any, x: Tensor) -> Tensor:
    """The largest of equal windows."""
    return _adaptive(layer, x, ops.max_pool2d)


def _adaptive(layer: Any, x: Tensor, pool: Callable[..., Tensor]) -> Tensor:
    rank = x.ndim - 2
    images, wanted = _image(x, rank), layer.options["output_size"]
    counts = _pair(
        wanted if isinstance(wanted, int) else [n or s for n, s in zip(wanted, x.shape[2:], strict=True)],
        rank,
    )
    if any(have % count for have, count in zip(images.shape[1:3], counts, strict=True)):
        layer.unsupported(f"output_size {wanted} for inputs of shape {x.shape}, windows of different sizes,")
    size = [have // count for have, count in zip(images.shape[1:3], counts, strict=True)]
    return _back(pool(images, size, size), rank)


@module("ZeroPad2d", options="padding")
def zero_pad(layer: Any, x: Tensor) -> Tensor:
    """(left, right, top, bottom) zeros around."""
    left, right, top, bottom = layer.options["padding"]
    return ops.pad(x, [(0, 0), (0, 0), (top, bottom), (left, right)])


@module("Upsample", options="size scale_factor mode align_corners")
def upsample(layer: Any, x: Tensor) -> Tensor:
    """Nearest or bilinear, the corners not aligned."""
    given = layer.options
    if given["mode"] not in ("nearest", "bilinear") or given["align_corners"] or x.ndim != 4:
        layer.unsupported(f"mode {given['mode']!r} with align_corners={given['align_corners']}")
    factor = given["scale_factor"]
    factors = (factor, factor) if isinstance(factor, int | float) else factor
    size = given["size"] or [int(n * f) for n, f in zip(x.shape[2:], factors, strict=True)]
    size = [size, size] if isinstance(size, int) else list(size)
    whole = all(have and new % have == 0 for new, have in zip(size, x.shape[2:], strict=True))
    if given["mode"] == "nearest" and not whole:
        layer.unsupported("nearest upsampling by a fraction")
    return to_channels_first(ops.resize2d(to_channels_last(x), size, given["mode"]))


@module("LSTM", "GRU", options="num_layers bidirectional batch_first dropout hidden_size proj_size")
def recurrent(layer: Any, x: Tensor, states: Any = None) -> Any:
    """Every output, and the last states (layers * directions, batch, units)."""
    given = layer.options
    if given["dropout"] and given["num_layers"] > 1:
        layer.unsupported("dropout between layers")
    if given["proj_size"]:
        layer.unsupported("proj_size")
    two = layer.kind == "LSTM"
    x = x if given["batch_first"] else ops.transpose(x, [1, 0, 2])
    first = [None, None] if states is None else list(states) if two else [states, None]
    ends: list[list[Tensor]] = [[], []]
    for level in range(given["num_layers"]):
        outputs = []
        for way in range(2 if given["bidirectional"] else 1):
            place = len(ends[0])
            h, c = [None if s is None else s[place] for s in first]
            suffix = f"_l{level}" + ("_reverse" if way else "")
            every, *last = _walk(layer, x, suffix, h, c, bool(way))
            outputs.append(ops.flip(every, 1) if way else every)
            for column, end in zip(ends, last, strict=False):
                column.append(end)
        x = outputs[0] if len(outputs) == 1 else ops.concatenate(outputs, -1)
    y = x if given["batch_first"] else ops.transpose(x, [1, 0, 2])
    final = [ops.stack(column, 0) for column in ends if column]
    return y, (tuple(final) if two else final[0])


def _walk(layer: Any, x: Tensor, suffix: str, h: Any, c: Any, back: bool) -> list[Tensor]:
    """One layer in one direction, by the kernel of its kind."""
    w, r = (ops.transpose(layer.get(f"weight_{k}{suffix}")) for k in ("ih", "hh"))
    biases = [layer.get(f"bias_{k}{suffix}") for k in ("ih", "hh")]
    if layer.kind == "LSTM":  # gates i f g o, as the kernel has them
        bias = None if biases[0] is None else biases[0] + biases[1]
        return ops.lstm(x, w, r, bias, h, c, go_backwards=back)
    units = r.shape[0]

    def turned(t: Tensor) -> Tensor:  # torch's r z n as the kernel's z r n
        return ops.concatenate([t[..., units : 2 * units], t[..., :units], t[..., 2 * units :]], -1)

    both = None if biases[0] is None else ops.stack([turned(b) for b in biases], 0)
    return ops.gru(x, turned(w), turned(r), both, h, go_backwards=back)


@module("MultiheadAttention", options="num_heads batch_first dropout add_zero_attn _qkv_same_embed_dim")
def multihead_attention(
    layer: Any, query: Tensor, key: Tensor, value: Tensor, need_weights: bool = True, **rest: Any
) -> Any:
    """(the attended values, None): the probabilities are never formed."""
    given = layer.options
    if rest or given["add_zero_attn"] or not given["_qkv_same_embed_dim"] or layer.get("bias_k") is not None:
        layer.unsupported("a mask, bias_kv or sizes that differ")
    if need_weights:
        raise UnsupportedOperatorError(f"convert: {layer.name!r}: need_weights=True is not supported")
    size, heads = query.shape[-1], given["num_heads"]
    weight, bias = layer.get("in_proj_weight"), layer.get("in_proj_bias")
    parts = []
    for k, given_x in enumerate((query, key, value)):
        x = given_x if given["batch_first"] else ops.transpose(given_x, [1, 0, 2])
        y = ops.matmul(x, weight[k * size : (k + 1) * size], transpose_b=True)
        y = y if bias is None else y + bias[k * size : (k + 1) * size]
        parts.append(ops.reshape(y, [*y.shape[:2], heads, size // heads]))
    rate = given["dropout"] if layer.training else 0.0
    y = ops.dot_product_attention(parts[0], parts[1], parts[2], dropout=rate)
    y = ops.matmul(ops.reshape(y, [*y.shape[:2], size]), layer.get("out_proj.weight"), transpose_b=True)
    offset = layer.get("out_proj.bias")
    y = y if offset is None else y + offset
    return (y if given["batch_first"] else ops.transpose(y, [1, 0, 2])), None
