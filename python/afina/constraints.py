"""Rules that weights obey after every update: `w <- constraint(w)`."""

from __future__ import annotations

from typing import Any

from . import ops
from ._C import Tensor
from .checked import Checked
from .config import epsilon
from .errors import ArgumentError
from .registry import deserialize, find_class, register

Axes = int | tuple[int, ...]


class Constraint(Checked):
    """Base: a callable Tensor -> Tensor of the same shape."""

    _explains_calls = True

    def __call__(self, w: Tensor) -> Tensor:
        raise NotImplementedError

    def get_config(self) -> dict[str, Any]:
        """The constructor's arguments."""
        return {key: list(v) if isinstance(v, tuple) else v for key, v in vars(self).items()}

    @classmethod
    def from_config(cls, config: dict[str, Any]) -> Constraint:
        """A constraint with the arguments in `config`."""
        return cls(**config)


def _axes(axis: int | tuple[int, ...] | list[int]) -> Axes:
    return axis if isinstance(axis, int) else tuple(axis)


def _norms(w: Tensor, axis: Axes) -> Tensor:
    return ops.sqrt(ops.sum(ops.square(w), axis, True))


@register
class MaxNorm(Constraint):
    """w * min(1, max_value / norm2(w)), the norm taken over `axis` (0: each unit's incoming weights)."""

    def __init__(self, max_value: float = 2.0, axis: Axes = 0) -> None:
        if not max_value > 0:
            raise ArgumentError(f"MaxNorm: max_value must be positive, got {max_value}")
        self.max_value = max_value
        self.axis = _axes(axis)

    def __call__(self, w: Tensor) -> Tensor:
        norms = _norms(w, self.axis)
        return w * (ops.clip(norms, 0.0, self.max_value) / (norms + epsilon()))


@register
class NonNeg(Constraint):
    """max(w, 0)."""

    def __call__(self, w: Tensor) -> Tensor:
        return ops.relu(w)


@register
class UnitNorm(Constraint):
    """w / norm2(w), the norm taken over `axis`."""

    def __init__(self, axis: Axes = 0) -> None:
        self.axis = _axes(axis)

    def __call__(self, w: Tensor) -> Tensor:
        return w / (_norms(w, self.axis) + epsilon())


@register
class MinMaxNorm(Constraint):
    """Moves the norm n towards clip(n, min_value, max_value): w * (rate * clip(n) + (1 - rate) * n) / n."""

    def __init__(
        self, min_value: float = 0.0, max_value: float = 1.0, rate: float = 1.0, axis: Axes = 0
    ) -> None:
        if not 0 <= min_value <= max_value:
            raise ArgumentError(
                f"MinMaxNorm: needs 0 <= min_value <= max_value, got {min_value} and {max_value}"
            )
        if not 0 <= rate <= 1:
            raise ArgumentError(f"MinMaxNorm: rate must lie in [0, 1], got {rate}")
        self.min_value = min_value
        self.max_value = max_value
        self.rate = rate
        self.axis = _axes(axis)

    def __call__(self, w: Tensor) -> Tensor:
        norms = _norms(w, self.axis)
        wanted = self.rate * ops.clip(norms, self.min_value, self.max_value) + (1.0 - self.rate) * norms
        return w * (wanted / (norms + epsilon()))


_WORDS = {"max_norm": MaxNorm, "non_neg": NonNeg, "unit_norm": UnitNorm, "min_max_norm": MinMaxNorm}
max_norm, non_neg, unit_norm, min_max_norm = MaxNorm, NonNeg, UnitNorm, MinMaxNorm


def get(identifier: Any) -> Any:
    """A constraint from None, a name ('max_norm', 'MaxNorm'), a configuration or an object."""
    if identifier is None or callable(identifier):
        return identifier
    if isinstance(identifier, dict):
        return deserialize(identifier)
    if isinstance(identifier, str):
        found = _WORDS.get(identifier) or find_class(identifier)
        if issubclass(found, Constraint):
            return found()
    raise ArgumentError(
        f"constraint: must be None, one of {sorted(_WORDS)} or a callable, got {identifier!r}"
    )
