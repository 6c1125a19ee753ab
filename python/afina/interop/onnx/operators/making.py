"""Values from nothing: constants, ranges, random numbers."""

from __future__ import annotations

import numpy as np

from .... import ops
from ...._C import Tensor
from ..registry import Context, operator
from ..tensors import FLOAT, numpy_dtype
from ..values import Array, Value, as_tensor, as_value, host, ints, scalar


@operator("Constant")
def constant(context: Context) -> Value:
    """The attribute that is given: value, value_float(s), value_int(s)."""
    given = context.attributes
    if "value" in given:
        return as_value(given["value"])
    for name, dtype in (("value_float", np.float32), ("value_int", np.int64)):
        for key in (name, f"{name}s"):
            if key in given:
                return as_value(np.array(given[key], dtype))
    return context.unsupported(f"a value of {sorted(given)}")


@operator("ConstantOfShape")
def constant_of_shape(context: Context, shape: Value) -> Value:
    """One value everywhere."""
    value = context.get("value", np.zeros(1, np.float32))
    return as_value(np.full(ints(shape), value.reshape(-1)[0], value.dtype))


@operator("Range")
def arange(context: Context, start: Value, limit: Value, delta: Value) -> Value:
    """start, start + delta, ... up to but without limit."""
    del context
    first, last, step = [host(v).reshape(()) for v in (start, limit, delta)]
    count = max(0, int(np.ceil((last - first) / step)))
    return as_value((first + np.arange(count) * step).astype(first.dtype))


@operator("EyeLike")
def eye_like(context: Context, x: Value) -> Value:
    """1 on the k-th diagonal of a matrix of x's shape."""
    to = context.get("dtype")
    dtype = np.dtype(x.dtype) if to is None else numpy_dtype(to, "ONNX EyeLike")
    return as_value(np.eye(x.shape[0], x.shape[1], context.get("k", 0), dtype))


def _random_dtype(context: Context) -> str:
    dtype = numpy_dtype(context.get("dtype", FLOAT), f"ONNX {context.operator}")
    return "float64" if dtype == np.float64 else "float32"


def _uniform(context: Context, shape: tuple[int, ...], dtype: str) -> Tensor:
    return ops.random_uniform(shape, context.get("low", 0.0), context.get("high", 1.0), dtype)


def _normal(context: Context, shape: tuple[int, ...], dtype: str) -> Tensor:
    return ops.random_normal(shape, context.get("mean", 0.0), context.get("scale", 1.0), dtype)


@operator("RandomUniform")
def random_uniform(context: Context) -> Tensor:
    """Uniform in [low, high), from Afina's generator."""
    return _uniform(context, tuple(context.need("shape")), _random_dtype(context))


@operator("RandomNormal")
def random_normal(context: Context) -> Tensor:
    """Normal with mean and scale."""
    return _normal(context, tuple(context.need("shape")), _random_dtype(context))


@operator("RandomUniformLike")
def random_uniform_like(context: Context, x: Value) -> Tensor:
    """Uniform, in x's shape."""
    return _uniform(context, tuple(x.shape), _random_dtype(context))


@operator("RandomNormalLike")
def random_normal_like(context: Context, x: Value) -> Tensor:
    """Normal, in x's shape."""
    return _normal(context, tuple(x.shape), _random_dtype(context))


@operator("Bernoulli")
def bernoulli(context: Context, x: Value) -> Value:
    """1 with probability x."""
    drawn = ops.random_uniform(tuple(x.shape)).numpy() < host(x)
    to = context.get("dtype")
    dtype = np.dtype(x.dtype) if to is None else numpy_dtype(to, "ONNX Bernoulli")
    return as_value(drawn.astype(dtype))


@operator("Multinomial")
def multinomial(context: Context, x: Value) -> Value:
    """Classes drawn with probabilities softmax(x), sample_size for each row."""
    likely = ops.softmax(as_tensor(x)).numpy().cumsum(-1)
    draws = ops.random_uniform((x.shape[0], context.get("sample_size", 1))).numpy() * likely[:, -1:]
    found: Array = (draws[:, :, None] >= likely[:, None, :]).sum(-1)
    return found.astype(np.int64 if context.get("dtype", 6) == 7 else np.int32)


@operator("Dropout", images=True)
def dropout(
    context: Context, x: Value, ratio: Value = None, training_mode: Value = None
) -> tuple[Value, Value]:
    """x, or in training 0 with probability `ratio` and x / (1 - ratio) otherwise; and which were kept.

    A graph that says nothing about training follows the caller's flag.
    """
    from ..values import plain

    x = plain(x)
    rate = scalar(ratio, context.get("ratio", 0.5))
    training = context.training if training_mode is None else bool(scalar(training_mode))
    if not training or rate == 0:
        return x, np.ones(x.shape, bool)
    kept = ops.random_bernoulli(tuple(x.shape), 1.0 - rate)
    return ops.where(kept, x * (1.0 / (1.0 - rate)), x * 0.0), kept.numpy()
