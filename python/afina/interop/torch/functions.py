"""The functions and methods between the modules of a traced torch network."""

from __future__ import annotations

import operator
from collections.abc import Callable
from typing import Any

from ... import ops
from ..._C import Tensor
from .modules import flattened


def _size(x: Tensor, dim: int | None = None) -> Any:
    return tuple(x.shape) if dim is None else x.shape[dim]


def _view(x: Tensor, *shape: Any) -> Tensor:
    sizes = shape[0] if len(shape) == 1 and not isinstance(shape[0], int) else shape
    return ops.reshape(x, list(sizes))


def _permute(x: Tensor, *dims: Any) -> Tensor:
    return ops.transpose(x, list(dims[0] if len(dims) == 1 and not isinstance(dims[0], int) else dims))


def _transpose(x: Tensor, dim0: int, dim1: int) -> Tensor:
    order = list(range(x.ndim))
    order[dim0], order[dim1] = order[dim1], order[dim0]
    return ops.transpose(x, order)


def _chunk(x: Tensor, chunks: int, dim: int = 0) -> list[Tensor]:
    size = -(-x.shape[dim] // chunks)
    key: list[Any] = [slice(None)] * x.ndim
    parts = []
    for start in range(0, x.shape[dim], size):
        key[dim] = slice(start, min(start + size, x.shape[dim]))
        parts.append(x[tuple(key)])
    return parts


def _reduced(word: str) -> Callable[..., Tensor]:
    return lambda x, dim=None, keepdim=False: getattr(ops, word)(x, dim, keepdim)


# By the names of torch.*, torch.nn.functional.*, operator.* and methods of Tensor, a word for one thing. Ops
# are looked up when they run, so that an export, which replaces them for a while, sees them.
FUNCTIONS: dict[str, Callable[..., Any]] = {
    **{word: getattr(operator, word) for word in ("add", "sub", "mul", "truediv", "floordiv", "matmul")},
    **{word: getattr(operator, word) for word in ("neg", "pow", "getitem")},
    "div": operator.truediv,
    "iadd": operator.add,
    "imul": operator.mul,
    "bmm": operator.matmul,
    "relu": lambda x, inplace=False: ops.relu(x),
    "relu_": lambda x: ops.relu(x),
    "gelu": lambda x, approximate="none": ops.gelu(x, approximate == "tanh"),
    "silu": lambda x, inplace=False: ops.silu(x),
    "elu": lambda x, alpha=1.0, inplace=False: ops.elu(x, alpha),
    "leaky_relu": lambda x, negative_slope=0.01, inplace=False: ops.leaky_relu(x, negative_slope),
    "sigmoid": lambda x: ops.sigmoid(x),
    "tanh": lambda x: ops.tanh(x),
    "exp": lambda x: ops.exp(x),
    "log": lambda x: ops.log(x),
    "sqrt": lambda x: ops.sqrt(x),
    "rsqrt": lambda x: ops.rsqrt(x),
    "abs": lambda x: ops.abs(x),
    "softmax": lambda x, dim=-1: ops.softmax(x, dim),
    "log_softmax": lambda x, dim=-1: ops.log_softmax(x, dim),
    "flatten": lambda x, start_dim=0, end_dim=-1: flattened(x, start_dim, end_dim),
    "cat": lambda tensors, dim=0: ops.concatenate(list(tensors), dim),
    "stack": lambda tensors, dim=0: ops.stack(list(tensors), dim),
    "chunk": _chunk,
    "mean": _reduced("mean"),
    "sum": _reduced("sum"),
    "reshape": _view,
    "view": _view,
    "permute": _permute,
    "transpose": _transpose,
    "unsqueeze": lambda x, dim: ops.expand_dims(x, dim if dim >= 0 else dim + x.ndim + 1),
    "squeeze": lambda x, dim=None: ops.squeeze(x, dim),
    "contiguous": lambda x: x,
    "clamp": lambda x, min=float("-inf"), max=float("inf"): ops.clip(x, min, max),
    "size": _size,
    "getattr": lambda x, name: getattr(x, name),
}  # fmt: skip
ATTRIBUTES = frozenset({"shape", "ndim"})
