"""The plain recurrent layer."""

from __future__ import annotations

from typing import Any

from ... import ops
from ..._C import Tensor
from ...registry import register
from .cell import RecurrentCell, States
from .cell_layer import CellLayer


@register
class SimpleRNNCell(RecurrentCell):
    """One step: h = activation(x W + h U + b) (Elman 1990).

    x (batch, inputs), states [h] (batch, units); kernel W (inputs, units), recurrent_kernel U (units, units),
    bias b (units). dropout, recurrent_dropout: of x and of h where they are multiplied.

    >>> import numpy as np
    >>> cell = SimpleRNNCell(4)
    >>> h, states = cell(np.ones((2, 3), "float32"), cell.get_initial_state(2))
    >>> h.shape, len(states)
    ((2, 4), 1)
    """

    gates = 1

    def __init__(
        self,
        units: int,
        activation: Any = "tanh",
        use_bias: bool = True,
        kernel_initializer: Any = "glorot_uniform",
        recurrent_initializer: Any = "orthogonal",
        bias_initializer: Any = "zeros",
        kernel_regularizer: Any = None,
        recurrent_regularizer: Any = None,
        bias_regularizer: Any = None,
        kernel_constraint: Any = None,
        recurrent_constraint: Any = None,
        bias_constraint: Any = None,
        dropout: float = 0.0,
        recurrent_dropout: float = 0.0,
        seed: int | None = None,
        **kwargs: Any,
    ) -> None:
        super().__init__(locals())

    def step(self, x: Tensor, states: States, state: Tensor) -> States:  # noqa: ARG002  h is not needed as it was
        """[h] by the formula."""
        z = ops.linear(x, self.kernel, self.bias) + ops.matmul(state, self.recurrent_kernel)
        return [self.activation(z)]

    def run_kernel(
        self, x: Tensor, states: States, mask: Tensor | None, scale: Tensor | None, go_backwards: bool
    ) -> list[Tensor]:
        """[every h, the last h]."""
        (state,) = self.kernel_activations() or ("",)
        weights = (self.kernel, self.recurrent_kernel, self.bias)
        return ops.simple_rnn(x, *weights, states[0], mask, scale, go_backwards, state)


@register
class SimpleRNN(CellLayer):
    """SimpleRNNCell over sequences (batch, steps, inputs); the last output (batch, units), or with
    return_sequences=True every output (batch, steps, units).

    The arguments of the cell and of RNN together; see both. One kernel walks all steps, forward and back.
    unroll chooses nothing here: it is taken so that scripts written for Keras run.

    >>> import numpy as np
    >>> SimpleRNN(4)(np.ones((2, 5, 3), "float32")).shape
    (2, 4)
    """

    cell_class = SimpleRNNCell

    def __init__(
        self,
        units: int,
        activation: Any = "tanh",
        use_bias: bool = True,
        kernel_initializer: Any = "glorot_uniform",
        recurrent_initializer: Any = "orthogonal",
        bias_initializer: Any = "zeros",
        kernel_regularizer: Any = None,
        recurrent_regularizer: Any = None,
        bias_regularizer: Any = None,
        activity_regularizer: Any = None,
        kernel_constraint: Any = None,
        recurrent_constraint: Any = None,
        bias_constraint: Any = None,
        dropout: float = 0.0,
        recurrent_dropout: float = 0.0,
        return_sequences: bool = False,
        return_state: bool = False,
        go_backwards: bool = False,
        stateful: bool = False,
        unroll: bool = False,
        seed: int | None = None,
        **kwargs: Any,
    ) -> None:
        super().__init__(locals())
