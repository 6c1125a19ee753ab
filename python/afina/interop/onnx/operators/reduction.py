"""Reductions over axes, and sums that grow along one."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np

from .... import ops
from ...._C import Tensor
from ..registry import Context, operator
from ..values import Value, as_tensor, as_value, axes_of, host, ints, scalar


def _log_sum(x: Tensor, axis: Any, keepdims: bool) -> Tensor:
    return ops.log(ops.sum(x, axis, keepdims))


def _extreme(function: Callable[..., Tensor], of_nothing: float) -> Callable[..., Tensor]:
    def run(x: Tensor, axis: Any, keepdims: bool) -> Tensor:
        if x.size:
            return function(x, axis, keepdims)
        shape = host(x).sum(tuple(axis) if axis is not None else None, keepdims=keepdims).shape
        return as_tensor(np.full(shape, of_nothing, x.dtype))

    return run


def _array_extreme(function: Any, largest: bool) -> Callable[..., Any]:
    def run(x: Any, axis: Any, keepdims: bool) -> Any:
        if x.dtype == bool:
            return function(x, axis, keepdims=keepdims, initial=not largest)
        limits = np.iinfo(x.dtype)
        return function(x, axis, keepdims=keepdims, initial=limits.min if largest else limits.max)

    return run


def _integer_mean(x: Any, axis: Any, keepdims: bool) -> Any:
    return np.trunc(np.mean(x, axis, keepdims=keepdims)).astype(x.dtype)


REDUCTIONS: dict[str, tuple[Callable[..., Tensor], Callable[..., Any] | None]] = {
    "ReduceSum": (ops.sum, lambda x, axis, keepdims: np.sum(x, axis, x.dtype, keepdims=keepdims)),
    "ReduceMean": (ops.mean, _integer_mean),
    "ReduceMax": (_extreme(ops.max, -np.inf), _array_extreme(np.max, True)),
    "ReduceMin": (_extreme(ops.min, np.inf), _array_extreme(np.min, False)),
    "ReduceProd": (ops.prod, lambda x, axis, keepdims: np.prod(x, axis, x.dtype, keepdims=keepdims)),
    "ReduceL1": (lambda x, axis, keepdims: ops.sum(ops.abs(x), axis, keepdims), None),
    "ReduceL2": (lambda x, axis, keepdims: ops.sqrt(ops.sum(x * x, axis, keepdims)), None),
    "ReduceSumSquare": (lambda x, axis, keepdims: ops.sum(x * x, axis, keepdims), None),
    "ReduceLogSum": (_log_sum, None),
    "ReduceLogSumExp": (_extreme(ops.logsumexp, -np.inf), None),
}


def _reduction(tensors: Callable[..., Tensor], arrays: Callable[..., Any] | None) -> Callable[..., Value]:
    def run(context: Context, x: Value, axes: Value = None) -> Value:
        given = ints(axes) if axes is not None else context.get("axes")
        if not given and context.get("noop_with_empty_axes", 0):
            # nothing is added up, and the squares, logarithms, ... are still taken
            return (
                tensors(ops.expand_dims(as_tensor(x), 0), [0], False) if context.operator not in _AS_IS else x
            )
        axis = axes_of(given, x.ndim) if given else None
        keepdims = bool(context.get("keepdims", 1))
        if isinstance(x, Tensor):
            return tensors(x, axis, keepdims)
        over = None if axis is None else tuple(axis)
        if arrays is not None:
            return np.asarray(arrays(x, over, keepdims))
        return host(tensors(as_tensor(x), axis, keepdims)).astype(x.dtype)

    return run


_AS_IS = frozenset({"ReduceSum", "ReduceMean", "ReduceMax", "ReduceMin", "ReduceProd"})
for _name, _functions in REDUCTIONS.items():
    operator(_name)(_reduction(*_functions))


def _position(context: Context, x: Value, function: Any) -> Value:
    values = host(x)
    axis = context.get("axis", 0)
    if context.get("select_last_index", 0):
        found = values.shape[axis] - 1 - function(np.flip(values, axis), axis)
    else:
        found = function(values, axis)
    return np.expand_dims(found, axis) if context.get("keepdims", 1) else np.asarray(found)


@operator("ArgMax")
def argmax(context: Context, x: Value) -> Value:
    """The first (or last) position of the largest element."""
    return _position(context, x, np.argmax)


@operator("ArgMin")
def argmin(context: Context, x: Value) -> Value:
    """The first (or last) position of the smallest element."""
    return _position(context, x, np.argmin)


def _running(
    context: Context, x: Value, axis: Value, functions: tuple[Callable[..., Tensor], Any], first: float
) -> Value:
    """x[0] o ... o x[k]; `exclusive` leaves x[k] away, `reverse` goes from the end."""
    at = scalar(axis) % x.ndim
    t = x if isinstance(x, Tensor) else None
    reverse, exclusive = bool(context.get("reverse", 0)), bool(context.get("exclusive", 0))
    if t is None:
        array = np.flip(x, at) if reverse else x
        array = functions[1](array, at, x.dtype)
        if exclusive:
            array = np.roll(array, 1, at)
            array[(slice(None),) * at + (slice(0, 1),)] = first
        return np.flip(array, at) if reverse else array
    t = ops.flip(t, at) if reverse else t
    if exclusive:
        paddings = [(0, 0)] * t.ndim
        paddings[at] = (1, 0)
        stops = list(t.shape)
        t = ops.slice(ops.pad(t, paddings, first), [0] * t.ndim, stops, [1] * t.ndim)
    t = functions[0](t, at)
    return ops.flip(t, at) if reverse else t


@operator("CumSum")
def cumsum(context: Context, x: Value, axis: Value) -> Value:
    """Running sums."""
    return _running(context, x, axis, (ops.cumsum, np.cumsum), 0.0)


@operator("CumProd")
def cumprod(context: Context, x: Value, axis: Value) -> Value:
    """Running products."""
    return _running(context, x, axis, (ops.cumprod, np.cumprod), 1.0)


@operator("TopK")
def top_k(context: Context, x: Value, k: Value = None) -> tuple[Value, Value]:
    """The k largest (or smallest) elements along an axis, and where they are."""
    count = context.need("k") if k is None else scalar(k)
    values, axis = host(x), context.get("axis", -1)
    keyed = (
        values
        if not context.get("largest", 1)
        else -values.astype(np.float64 if values.dtype.kind == "f" else np.int64)
    )
    order = np.argsort(keyed, axis, kind="stable").take(range(count), axis)
    if isinstance(x, Tensor):
        return ops.take_along_axis(x, as_index(order), axis), order
    return np.take_along_axis(values, order, axis), order


def as_index(array: Any) -> Tensor:
    """Indices as the kernels take them."""
    from ....tensor import tensor

    return tensor(np.asarray(array, np.int64))


@operator("NonZero")
def nonzero(context: Context, x: Value) -> Value:
    """The positions of all elements but zeros, a column each."""
    del context
    return np.array(np.nonzero(host(x)), np.int64)


@operator("Unique")
def unique(context: Context, x: Value) -> tuple[Value, ...]:
    """The different elements (or rows along an axis), where each is first, which each is, how many."""
    axis = context.get("axis")
    values, first, inverse, counts = np.unique(host(x), True, True, True, axis)
    if not context.get("sorted", 1):
        order = np.argsort(first)
        rank = np.empty_like(order)
        rank[order] = np.arange(len(order))
        values = np.take(values, order, 0 if axis is None else axis)
        first, counts, inverse = first[order], counts[order], rank[inverse]
    return (
        as_value(values),
        first.astype(np.int64),
        np.ravel(inverse).astype(np.int64),
        counts.astype(np.int64),
    )
