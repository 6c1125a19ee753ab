"""RMSprop."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

from .. import ops
from .._C import Tensor
from .optimizer import Common, LearningRate, Optimizer, _check, check_fraction

if TYPE_CHECKING:
    from typing_extensions import Unpack


class RMSprop(Optimizer):
    """s <- rho s + (1 - rho) g^2; theta <- theta - lr g / (sqrt(s) + epsilon) (Hinton 2012).

    Defaults are Keras's: lr 0.001, rho 0.9, epsilon 1e-7; `rho` 0.99 or 0.999 and epsilon 1e-8 are common
    elsewhere. `eps_inside_sqrt=True` divides by sqrt(s + epsilon). `centered=True` subtracts the square of
    the moving mean of g from s. With `momentum` m: v <- m v + lr g / (...), theta <- theta - v.
    Also under the name `RMSProp`.

    >>> from afina.optimizers import RMSprop
    >>> RMSprop(lr=0.001, rho=0.99).rho
    0.99
    """

    def __init__(
        self,
        learning_rate: LearningRate = 0.001,
        rho: float = 0.9,
        momentum: float = 0.0,
        epsilon: float = 1e-7,
        centered: bool = False,
        *,
        eps_inside_sqrt: bool = False,
        **common: Unpack[Common],
    ) -> None:
        super().__init__(learning_rate, **common)
        check_fraction("RMSprop", rho=rho, momentum=momentum)
        _check("RMSprop", "epsilon", epsilon, low=0.0)
        self.rho = rho
        self.momentum = momentum
        self.epsilon = epsilon
        self.centered = bool(centered)
        self.eps_inside_sqrt = bool(eps_inside_sqrt)
        self.slots = {"mean_square": []}
        if self.centered:
            self.slots["mean_gradient"] = []
        if momentum:
            self.slots["momentum"] = []

    @property
    def formula(self) -> str:  # type: ignore[override]
        """The update in force."""
        variance = "s - mean(g)^2" if self.centered else "s"
        root = f"sqrt({variance} + eps)" if self.eps_inside_sqrt else f"(sqrt({variance}) + eps)"
        step = (
            f"v <- m * v + lr * g / {root}; theta <- theta - v, m={self.momentum!r}"
            if self.momentum
            else f"theta <- theta - lr * g / {root}"
        )
        return f"s <- rho * s + (1 - rho) * g^2; {step}, rho={self.rho!r}, eps={self.epsilon!r}"

    def update(
        self,
        parameters: Sequence[Any],
        gradients: Sequence[Tensor],
        slots: dict[str, list[Tensor]],
        rate: float,
    ) -> None:
        ops.rmsprop_update(
            parameters,
            gradients,
            slots["mean_square"],
            slots.get("mean_gradient", []),
            slots.get("momentum", []),
            rate,
            self.rho,
            self.momentum,
            self.epsilon,
            self.centered,
            self.eps_inside_sqrt,
            self.weight_decay or 0.0,
            self.decoupled,
        )

    def get_config(self) -> dict[str, Any]:
        names = ("rho", "momentum", "epsilon", "centered", "eps_inside_sqrt")
        return {**super().get_config(), **{name: getattr(self, name) for name in names}}


RMSProp = RMSprop  # the spelling of the lecture listings
