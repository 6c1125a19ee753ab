"""Adadelta."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

from .. import ops
from .._C import Tensor
from .optimizer import Common, LearningRate, Optimizer, _check, check_fraction

if TYPE_CHECKING:
    from typing_extensions import Unpack


class Adadelta(Optimizer):
    """Adadelta (Zeiler 2012):

    s <- rho s + (1 - rho) g^2; d = g sqrt(u + epsilon) / sqrt(s + epsilon);
    u <- rho u + (1 - rho) d^2; theta <- theta - lr d.

    Defaults: lr 1.0 (the paper has none; Keras 2 had 1.0, Keras 3 has 0.001), rho 0.95, epsilon 1e-7.

    >>> from afina.optimizers import Adadelta
    >>> Adadelta().learning_rate
    1.0
    """

    def __init__(
        self,
        learning_rate: LearningRate = 1.0,
        rho: float = 0.95,
        epsilon: float = 1e-7,
        **common: Unpack[Common],
    ) -> None:
        super().__init__(learning_rate, **common)
        check_fraction("Adadelta", rho=rho)
        _check("Adadelta", "epsilon", epsilon, low=0.0)
        self.rho = rho
        self.epsilon = epsilon
        self.slots = {"mean_square": [], "mean_delta": []}

    @property
    def formula(self) -> str:  # type: ignore[override]
        """The update in force."""
        return (
            "s <- rho * s + (1 - rho) * g^2; d = g * sqrt(u + eps) / sqrt(s + eps); "
            f"u <- rho * u + (1 - rho) * d^2; theta <- theta - lr * d, rho={self.rho!r}, eps={self.epsilon!r}"
        )

    def update(
        self,
        parameters: Sequence[Any],
        gradients: Sequence[Tensor],
        slots: dict[str, list[Tensor]],
        rate: float,
    ) -> None:
        ops.adadelta_update(
            parameters,
            gradients,
            slots["mean_square"],
            slots["mean_delta"],
            rate,
            self.rho,
            self.epsilon,
            self.weight_decay or 0.0,
            self.decoupled,
        )

    def get_config(self) -> dict[str, Any]:
        return {**super().get_config(), "rho": self.rho, "epsilon": self.epsilon}
