"""Adagrad."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

from .. import ops
from .._C import Tensor
from ..tensor import full
from .optimizer import Common, LearningRate, Optimizer, _check

if TYPE_CHECKING:
    from typing_extensions import Unpack

    from ..parameter import Parameter


class Adagrad(Optimizer):
    """s <- s + g^2; theta <- theta - lr g / (sqrt(s) + epsilon) (Duchi et al. 2011).

    Defaults: lr 0.001, s starts at `initial_accumulator_value` 0.1, epsilon 1e-7, as in Keras.

    >>> from afina.optimizers import Adagrad
    >>> Adagrad(0.01).initial_accumulator_value
    0.1
    """

    def __init__(
        self,
        learning_rate: LearningRate = 0.001,
        initial_accumulator_value: float = 0.1,
        epsilon: float = 1e-7,
        **common: Unpack[Common],
    ) -> None:
        super().__init__(learning_rate, **common)
        _check("Adagrad", "initial_accumulator_value", initial_accumulator_value, low=0.0)
        _check("Adagrad", "epsilon", epsilon, low=0.0)
        self.initial_accumulator_value = initial_accumulator_value
        self.epsilon = epsilon
        self.slots = {"accumulator": []}

    @property
    def formula(self) -> str:  # type: ignore[override]
        """The update in force."""
        return f"s <- s + g^2; theta <- theta - lr * g / (sqrt(s) + eps), eps={self.epsilon!r}"

    def new_slot(self, slot: str, parameter: Parameter) -> Tensor:  # noqa: ARG002
        return full(parameter.shape, self.initial_accumulator_value, parameter.dtype)

    def update(
        self,
        parameters: Sequence[Any],
        gradients: Sequence[Tensor],
        slots: dict[str, list[Tensor]],
        rate: float,
    ) -> None:
        ops.adagrad_update(
            parameters,
            gradients,
            slots["accumulator"],
            rate,
            self.epsilon,
            self.weight_decay or 0.0,
            decoupled=self.decoupled,
        )

    def get_config(self) -> dict[str, Any]:
        names = ("initial_accumulator_value", "epsilon")
        return {**super().get_config(), **{name: getattr(self, name) for name in names}}
