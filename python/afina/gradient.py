"""Gradients in Python: switching the record off, and derivatives of functions."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from contextlib import ContextDecorator
from typing import Any

from afina import _C
from afina._C import Tensor
from afina.errors import GradientError


class no_grad(_C.RecordingOff, ContextDecorator):
    """Results made inside do not remember how; works as `with no_grad():` and as a decorator.

    >>> x = _C.full((1,), 2.0, "float32")
    >>> x.requires_grad = True
    >>> with no_grad():
    ...     y = x.detach()
    >>> y.requires_grad
    False
    """

    def __init__(self) -> None:
        super().__init__()


def gradients(root: Tensor, inputs: Sequence[Tensor], seed: Tensor | None = None) -> list[Tensor | None]:
    """d root / d input for each of `inputs` (None where root does not depend on it); leaves `.grad` alone.

    `root` is a scalar unless `seed`, the gradient of root itself, is given.
    """
    return _C.gradients(root, list(inputs), seed)


def value_and_grad(
    function: Callable[..., Tensor], argnums: int | Sequence[int] = 0
) -> Callable[..., tuple[Tensor, Any]]:
    """A function that returns `function`'s value and its gradient(s) with respect to the arguments `argnums`.

    >>> from afina import ops, tensor
    >>> value, slope = value_and_grad(lambda x: ops.reshape(x, [1]))(tensor([3.0]))
    >>> slope.tolist()
    [1.0]
    """
    positions = [argnums] if isinstance(argnums, int) else list(argnums)

    def evaluate(*args: Any, **kwargs: Any) -> tuple[Tensor, Any]:
        arguments = list(args)
        for position in positions:
            if not -len(arguments) <= position < len(arguments):
                raise GradientError(
                    f"value_and_grad: argnums {position}, but {len(arguments)} positional arguments came"
                )
            if not isinstance(arguments[position], Tensor):
                kind = type(arguments[position]).__name__
                raise GradientError(f"value_and_grad: argument {position} is a {kind}, not a Tensor")
            leaf = arguments[position].detach()
            leaf.requires_grad = True
            arguments[position] = leaf
        value = function(*arguments, **kwargs)
        found = _C.gradients(value, [arguments[position] for position in positions])
        return value.detach(), found[0] if isinstance(argnums, int) else tuple(found)

    return evaluate
