"""Activation functions by name, each a plain function Tensor -> Tensor.

>>> from afina import tensor
>>> get("relu")(tensor([-1.0, 2.0])).tolist()
[0.0, 2.0]
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from . import ops
from ._C import Tensor
from .errors import ArgumentError
from .registry import deserialize, register
from .tensor import zeros_like

Activation = Callable[[Tensor], Tensor]

# the names that ops.linear and ops.conv2d apply inside their own kernel
FUSED = frozenset(
    [
        "elu",
        "gelu",
        "linear",
        "relu",
        "relu6",
        "selu",
        "sigmoid",
        "silu",
        "softplus",
        "softsign",
        "tanh",
    ]
)


@register
def linear(x: Tensor) -> Tensor:
    """x itself."""
    return x


@register
def relu(
    x: Tensor, negative_slope: float = 0.0, max_value: float | None = None, threshold: float = 0.0
) -> Tensor:
    """max(x, 0); in general x from `threshold` up to `max_value`, negative_slope * (x - threshold) below.

    >>> from afina import tensor
    >>> relu(tensor([-1.0, 3.0, 7.0]), max_value=6.0).tolist()
    [0.0, 3.0, 6.0]
    """
    if negative_slope == 0.0 and threshold == 0.0:
        return ops.relu(x) if max_value is None else ops.clip(x, 0.0, max_value)
    below = (x - threshold) * negative_slope if negative_slope else zeros_like(x)
    kept = ops.where(x < threshold, below, x)
    return kept if max_value is None else ops.minimum(kept, max_value)


@register
def relu6(x: Tensor) -> Tensor:
    """min(max(x, 0), 6)."""
    return ops.relu6(x)


@register
def sigmoid(x: Tensor) -> Tensor:
    """1 / (1 + exp(-x))."""
    return ops.sigmoid(x)


@register
def tanh(x: Tensor) -> Tensor:
    """(exp(x) - exp(-x)) / (exp(x) + exp(-x))."""
    return ops.tanh(x)


@register
def softmax(x: Tensor, axis: int = -1) -> Tensor:
    """exp(x) / sum(exp(x)) along `axis`."""
    return ops.softmax(x, axis)


@register
def log_softmax(x: Tensor, axis: int = -1) -> Tensor:
    """x - log(sum(exp(x))) along `axis`."""
    return ops.log_softmax(x, axis)


@register
def elu(x: Tensor, alpha: float = 1.0) -> Tensor:
    """x where x > 0, alpha * (exp(x) - 1) elsewhere."""
    return ops.elu(x, alpha)


@register
def leaky_relu(x: Tensor, negative_slope: float = 0.2) -> Tensor:
    """x where x > 0, negative_slope * x elsewhere (0.2 as in Keras's function; its layer has 0.3)."""
    return ops.leaky_relu(x, negative_slope)


@register
def selu(x: Tensor) -> Tensor:
    """1.0507 * (x where x > 0, 1.6733 * (exp(x) - 1) elsewhere)."""
    return ops.selu(x)


@register
def gelu(x: Tensor, approximate: bool = False) -> Tensor:
    """x * Phi(x), Phi the normal distribution function; `approximate` takes the tanh formula."""
    return ops.gelu(x, approximate)


@register
def silu(x: Tensor) -> Tensor:
    """x * sigmoid(x)."""
    return ops.silu(x)


@register
def softplus(x: Tensor) -> Tensor:
    """log(1 + exp(x))."""
    return ops.softplus(x)


@register
def softsign(x: Tensor) -> Tensor:
    """x / (1 + abs(x))."""
    return ops.softsign(x)


@register
def hard_sigmoid(x: Tensor) -> Tensor:
    """clip(x / 6 + 1/2, 0, 1)."""
    return ops.hard_sigmoid(x)


@register
def exponential(x: Tensor) -> Tensor:
    """exp(x)."""
    return ops.exp(x)


swish = silu
_FUNCTIONS: dict[str, Activation] = {
    f.__name__: f
    for f in (
        linear, relu, relu6, sigmoid, tanh, softmax, log_softmax, elu, leaky_relu, selu,
        gelu, silu, softplus, softsign, hard_sigmoid, exponential,
    )
}  # fmt: skip
_ALIASES: dict[str, Activation] = {"swish": silu, "exp": exponential, "identity": linear, "logistic": sigmoid}
_NAMES = {id(f): name for name, f in _FUNCTIONS.items()}


def get(identifier: Any) -> Activation:
    """The function for None (linear), a name, a layer, a configuration or a function.

    Raises ArgumentError for an unknown name, listing the known ones.
    """
    if identifier is None:
        return linear
    if isinstance(identifier, str):
        found = _FUNCTIONS.get(identifier) or _ALIASES.get(identifier)
        if found is None:
            raise ArgumentError(f"activation: must be one of {sorted(_FUNCTIONS)}, got {identifier!r}")
        return found
    if isinstance(identifier, dict):
        identifier = deserialize(identifier)
    if callable(identifier):
        return identifier  # type: ignore[no-any-return]
    raise ArgumentError(f"activation: must be a name, a function or a layer, got {identifier!r}")


def name_of(activation: Activation) -> str | None:
    """The name under which `get` finds this very function, or None; ops' own functions count as ours."""
    name = _NAMES.get(id(activation))
    if name is None:
        word = getattr(activation, "__name__", "")
        if word in _FUNCTIONS and activation is getattr(ops, word, None):
            return str(word)
    return name


def fused_or_after(activation: Activation) -> tuple[str, Activation | None]:
    """How to apply `activation` after a product: a name for the kernel, or "linear" and a function."""
    name = name_of(activation)
    return (name, None) if name in FUSED else ("linear", activation)
