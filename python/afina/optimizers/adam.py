"""Adam and AdamW."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

from .. import ops
from .._C import Tensor
from .optimizer import Common, LearningRate, Optimizer, _check, check_fraction

if TYPE_CHECKING:
    from typing_extensions import Unpack


class Adam(Optimizer):
    """Adam (Kingma & Ba 2015), bias corrected; t counts updates from 1:

    m <- beta_1 m + (1 - beta_1) g; v <- beta_2 v + (1 - beta_2) g^2;
    theta <- theta - lr * (m / (1 - beta_1^t)) / (sqrt(v / (1 - beta_2^t)) + epsilon).

    Defaults: lr 0.001, beta_1 0.9, beta_2 0.999, epsilon 1e-8 (the paper's; Keras has 1e-7).
    `amsgrad=True` divides by the largest v so far.

    >>> from afina.optimizers import Adam
    >>> Adam(lr=0.001, beta_1=0.9, beta_2=0.999).epsilon
    1e-08
    """

    def __init__(
        self,
        learning_rate: LearningRate = 0.001,
        beta_1: float = 0.9,
        beta_2: float = 0.999,
        epsilon: float = 1e-8,
        amsgrad: bool = False,
        **common: Unpack[Common],
    ) -> None:
        super().__init__(learning_rate, **common)
        check_fraction(type(self).__name__, beta_1=beta_1, beta_2=beta_2)
        _check(type(self).__name__, "epsilon", epsilon, low=0.0)
        self.beta_1 = beta_1
        self.beta_2 = beta_2
        self.epsilon = epsilon
        self.amsgrad = bool(amsgrad)
        self.slots = {"m": [], "v": []}
        if self.amsgrad:
            self.slots["largest_v"] = []

    @property
    def formula(self) -> str:  # type: ignore[override]
        """The update in force."""
        largest = ", v the largest so far (AMSGrad)" if self.amsgrad else ""
        return (
            "m <- beta_1 * m + (1 - beta_1) * g; v <- beta_2 * v + (1 - beta_2) * g^2; "
            "theta <- theta - lr * (m / (1 - beta_1^t)) / (sqrt(v / (1 - beta_2^t)) + eps), "
            f"beta_1={self.beta_1!r}, beta_2={self.beta_2!r}, eps={self.epsilon!r}{largest}"
        )

    def update(
        self,
        parameters: Sequence[Any],
        gradients: Sequence[Tensor],
        slots: dict[str, list[Tensor]],
        rate: float,
    ) -> None:
        ops.adam_update(
            parameters,
            gradients,
            slots["m"],
            slots["v"],
            rate,
            self.beta_1,
            self.beta_2,
            self.epsilon,
            self.iterations + 1,
            self.weight_decay or 0.0,
            self.decoupled,
            slots.get("largest_v", []),
        )

    def get_config(self) -> dict[str, Any]:
        names = ("beta_1", "beta_2", "epsilon", "amsgrad")
        return {**super().get_config(), **{name: getattr(self, name) for name in names}}


class AdamW(Adam):
    """Adam whose weight decay is decoupled from the gradient (Loshchilov & Hutter 2019).

    theta <- theta - lr * weight_decay * theta, then Adam's update; weight_decay is 0.004 by default, as in
    Keras.

    >>> from afina.optimizers import AdamW
    >>> AdamW(1e-3).weight_decay
    0.004
    """

    def __init__(
        self,
        learning_rate: LearningRate = 0.001,
        weight_decay: float = 0.004,
        beta_1: float = 0.9,
        beta_2: float = 0.999,
        epsilon: float = 1e-8,
        amsgrad: bool = False,
        **common: Any,
    ) -> None:
        common["weight_decay"] = weight_decay
        super().__init__(learning_rate, beta_1, beta_2, epsilon, amsgrad, **common)
