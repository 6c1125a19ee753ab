"""Penalties on weights, added to the loss.

The decks write the penalty in two ways; `half` chooses, and `formula` says which one is in force:

| name | half=False (Keras)    | half=True               |
|------|-----------------------|-------------------------|
| L2   | l2 * sum(w^2)         | l2 / 2 * sum(w^2)       |
| L1   | l1 * sum(abs(w))      | l1 / 2 * sum(abs(w))    |
"""

from __future__ import annotations

from typing import Any

from . import ops
from ._C import Tensor
from .changes import Counted
from .checked import Checked
from .errors import ArgumentError
from .registry import deserialize, find_class, register


class Regularizer(Counted, Checked):
    """Base: a callable Tensor -> scalar Tensor.

    `include_bias` matters when it is the regularizer of a whole model (`model.regularizer`): False leaves out
    biases and the scales and shifts of normalizations, True takes every trainable weight.
    """

    _explains_calls = True

    include_bias: bool = False

    def __call__(self, w: Tensor) -> Tensor:
        raise NotImplementedError

    @property
    def formula(self) -> str:
        """The penalty in words of arithmetic."""
        return type(self).__name__

    def get_config(self) -> dict[str, Any]:
        """The constructor's arguments."""
        return dict(vars(self))

    @classmethod
    def from_config(cls, config: dict[str, Any]) -> Regularizer:
        """A regularizer with the arguments in `config`."""
        return cls(**config)


def _weight(owner: str, name: str, value: float) -> float:
    if not 0 <= value < float("inf"):
        raise ArgumentError(f"{owner}: {name} must be finite and not negative, got {value}")
    return float(value)


@register
class L2(Regularizer):
    """l2 * sum(w^2), or l2 / 2 * sum(w^2) with half=True; gradient 2 * l2 * w, or l2 * w.

    >>> from afina import tensor
    >>> L2(0.1)(tensor([1.0, 2.0])).item(), L2(0.1, half=True)(tensor([1.0, 2.0])).item()
    (0.5, 0.25)
    """

    def __init__(self, l2: float = 0.01, half: bool = False, include_bias: bool = False) -> None:
        self.l2 = _weight("L2", "l2", l2)
        self.half = half
        self.include_bias = include_bias

    def __call__(self, w: Tensor) -> Tensor:
        return ops.sum(ops.square(w)) * (self.l2 / 2 if self.half else self.l2)

    @property
    def formula(self) -> str:
        """The penalty in words of arithmetic."""
        return f"{self.l2:g}{'/2' if self.half else ''} * sum(w^2)"


@register
class L1(Regularizer):
    """l1 * sum(abs(w)), or half of it with half=True; gradient l1 * sign(w), 0 at 0."""

    def __init__(self, l1: float = 0.01, half: bool = False, include_bias: bool = False) -> None:
        self.l1 = _weight("L1", "l1", l1)
        self.half = half
        self.include_bias = include_bias

    def __call__(self, w: Tensor) -> Tensor:
        return ops.sum(ops.abs(w)) * (self.l1 / 2 if self.half else self.l1)

    @property
    def formula(self) -> str:
        """The penalty in words of arithmetic."""
        return f"{self.l1:g}{'/2' if self.half else ''} * sum(abs(w))"


@register
class L1L2(Regularizer):
    """l1 * sum(abs(w)) + l2 * sum(w^2), or half of both with half=True."""

    def __init__(
        self, l1: float = 0.0, l2: float = 0.0, half: bool = False, include_bias: bool = False
    ) -> None:
        self.l1 = _weight("L1L2", "l1", l1)
        self.l2 = _weight("L1L2", "l2", l2)
        self.half = half
        self.include_bias = include_bias

    def __call__(self, w: Tensor) -> Tensor:
        scale = 0.5 if self.half else 1.0
        penalty = ops.sum(ops.abs(w)) * (self.l1 * scale)
        return penalty + ops.sum(ops.square(w)) * (self.l2 * scale)

    @property
    def formula(self) -> str:
        """The penalty in words of arithmetic."""
        half = "/2" if self.half else ""
        return f"{self.l1:g}{half} * sum(abs(w)) + {self.l2:g}{half} * sum(w^2)"


def l1_l2(l1: float = 0.01, l2: float = 0.01, half: bool = False) -> L1L2:
    """L1L2 in the old spelling, with its old defaults."""
    return L1L2(l1, l2, half)


l1, l2 = L1, L2
_WORDS: dict[str, Any] = {"l1": L1, "l2": L2, "l1_l2": l1_l2}


def get(identifier: Any) -> Any:
    """A regularizer from None, a name ('l2', 'L2'), a configuration or an object."""
    if identifier is None or callable(identifier):
        return identifier
    if isinstance(identifier, dict):
        return deserialize(identifier)
    if isinstance(identifier, str):
        if identifier in _WORDS:
            return _WORDS[identifier]()
        found = find_class(identifier)
        if issubclass(found, Regularizer):
            return found()
    raise ArgumentError(
        f"regularizer: must be None, one of {sorted(_WORDS)} or a callable, got {identifier!r}"
    )
