"""Stochastic gradient descent with its three momentums."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING, Any

from .. import ops, schedules
from .._C import Tensor
from ..errors import ArgumentError
from ..schedules import Schedule
from .optimizer import Common, LearningRate, Optimizer, check_fraction

if TYPE_CHECKING:
    from typing_extensions import Unpack

FORMULAS = {
    "heavyball": "v <- m * v - lr * g; theta <- theta + v",
    "ema": "v <- m * v + (1 - m) * g; theta <- theta - lr * v",
    "torch": "v <- m * v + g; theta <- theta - lr * v",
}
NESTEROV_FORMULAS = {
    "heavyball": "v <- m * v - lr * g; theta <- theta + m * v - lr * g (Nesterov)",
    "ema": "v <- m * v + (1 - m) * g; theta <- theta - lr * (m * v + (1 - m) * g) (Nesterov)",
    "torch": "v <- m * v + g; theta <- theta - lr * (g + m * v) (Nesterov)",
}


class SGD(Optimizer):
    """theta <- theta - lr * g, with momentum m in one of three styles; v starts at 0.

    `style="heavyball"` (default, Keras's): v <- m v - lr g, theta <- theta + v.
    `style="ema"`, the moving average: v <- m v + (1 - m) g, theta <- theta - lr v.
    `style="torch"`: v <- m v + g, theta <- theta - lr v; equal to heavyball while lr is constant.
    `momentum` is a number in [0, 1), or a schedule of the update count such as `schedules.MomentumRamp`.

    >>> from afina.optimizers import SGD
    >>> SGD(lr=0.01, momentum=0.9).learning_rate
    0.01
    """

    def __init__(
        self,
        learning_rate: LearningRate = 0.01,
        momentum: float | Schedule | Callable[[int], float] = 0.0,
        nesterov: bool = False,
        *,
        style: str = "heavyball",
        **common: Unpack[Common],
    ) -> None:
        super().__init__(learning_rate, **common)
        if style not in FORMULAS:
            raise ArgumentError(f"SGD: style must be one of {list(FORMULAS)}, got {style!r}")
        self.momentum = momentum
        self.style = style
        self.nesterov = bool(nesterov)
        if self.nesterov and not self.has_momentum:
            raise ArgumentError("SGD: nesterov=True needs a momentum above 0")
        self.slots = {"velocity": []} if self.has_momentum else {}

    @property
    def momentum(self) -> float | Schedule:
        """The momentum, or its schedule; settable to another number."""
        return self._momentum

    @momentum.setter
    def momentum(self, value: float | Schedule | Callable[[int], float]) -> None:
        momentum = schedules.get(value)
        if not isinstance(momentum, Schedule):
            check_fraction("SGD", momentum=momentum)
        self._momentum = momentum
        if self.has_momentum and self.__dict__.get("slots") == {}:
            self.slots = {"velocity": [self.new_slot("velocity", p) for p in self.parameters]}

    @property
    def has_momentum(self) -> bool:
        """Whether there is a velocity at all."""
        return isinstance(self._momentum, Schedule) or self._momentum > 0.0

    @property
    def current_momentum(self) -> float:
        """The momentum the next update uses."""
        momentum = self._momentum
        return momentum(self.iterations) if isinstance(momentum, Schedule) else momentum

    @property
    def formula(self) -> str:  # type: ignore[override]
        """The update in force."""
        if not self.has_momentum:
            return "theta <- theta - lr * g (no momentum)"
        formula = (NESTEROV_FORMULAS if self.nesterov else FORMULAS)[self.style]
        momentum = self._momentum
        value = momentum.describe() if isinstance(momentum, Schedule) else repr(momentum)
        return f"{formula}, momentum style {self.style!r}, m={value}"

    def update(
        self,
        parameters: Sequence[Any],
        gradients: Sequence[Tensor],
        slots: dict[str, list[Tensor]],
        rate: float,
    ) -> None:
        ops.sgd_update(
            parameters,
            gradients,
            slots.get("velocity", []),
            rate,
            self.current_momentum,
            self.nesterov,
            self.style,
            self.weight_decay or 0.0,
            self.decoupled,
        )

    def get_state(self) -> dict[str, Any]:
        momentum = None if isinstance(self._momentum, Schedule) else self._momentum
        return {**super().get_state(), "momentum": momentum}

    def set_state(self, state: dict[str, Any]) -> None:
        super().set_state(state)
        if state.get("momentum") is not None:
            self.momentum = state["momentum"]

    def get_config(self) -> dict[str, Any]:
        momentum = schedules.serialize(self._momentum)
        return {**super().get_config(), "momentum": momentum, "nesterov": self.nesterov, "style": self.style}

    @classmethod
    def from_config(cls, config: dict[str, Any]) -> Optimizer:
        return super().from_config({**config, "momentum": schedules.get(config.get("momentum", 0.0))})
