"""Long short-term memory."""

from __future__ import annotations

from typing import Any

from ... import ops
from ..._C import Tensor
from ...activations import Activation
from ...parameter import Parameter
from ...registry import register
from .cell import RecurrentCell, States
from .cell_layer import CellLayer


@register
class LSTMCell(RecurrentCell):
    """One step: i, f, o = recurrent_activation(x W + h U + b), g = activation(x W + h U + b), each its own
    part; c = f * c + i * g, h = o * activation(c) (Hochreiter & Schmidhuber 1997, with a forget gate).

    x (batch, inputs), states [h, c] (batch, units); kernel W (inputs, 4 units) in the order i, f, g, o,
    recurrent_kernel U (units, 4 units), bias b (4 units). unit_forget_bias: the bias of f starts at 1
    (Jozefowicz et al. 2015). dropout, recurrent_dropout: of x and of h where they are multiplied.

    >>> import numpy as np
    >>> cell = LSTMCell(4)
    >>> h, states = cell(np.ones((2, 3), "float32"), cell.get_initial_state(2))
    >>> h.shape, len(states)
    ((2, 4), 2)
    """

    gates = 4
    recurrent_activation: Activation
    unit_forget_bias: bool

    def __init__(
        self,
        units: int,
        activation: Any = "tanh",
        recurrent_activation: Any = "sigmoid",
        use_bias: bool = True,
        kernel_initializer: Any = "glorot_uniform",
        recurrent_initializer: Any = "orthogonal",
        bias_initializer: Any = "zeros",
        unit_forget_bias: bool = True,
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

    @property
    def state_size(self) -> list[int]:
        """[units, units]: h and c."""
        return [self.units, self.units]

    def _weight(self, name: str, shape: tuple[int, ...], arguments: str) -> Parameter:
        weight = super()._weight(name, shape, arguments)
        if name == "bias" and self.unit_forget_bias:
            values = weight.numpy().copy()
            values[self.units : 2 * self.units] = 1.0
            weight.assign(values)
        return weight

    def step(self, x: Tensor, states: States, state: Tensor) -> States:
        """[h, c] by the formula."""
        z = ops.linear(x, self.kernel, self.bias) + ops.matmul(state, self.recurrent_kernel)
        i, f, g, o = [z[:, k * self.units : (k + 1) * self.units] for k in range(4)]
        gate = self.recurrent_activation
        c = gate(f) * states[1] + gate(i) * self.activation(g)
        return [gate(o) * self.activation(c), c]

    def _activations(self) -> list[Activation]:
        return [self.activation, self.recurrent_activation]

    def run_kernel(
        self, x: Tensor, states: States, mask: Tensor | None, scale: Tensor | None, go_backwards: bool
    ) -> list[Tensor]:
        """[every h, the last h, the last c]."""
        state, gate = self.kernel_activations() or ("", "")
        weights = (self.kernel, self.recurrent_kernel, self.bias)
        return ops.lstm(x, *weights, states[0], states[1], mask, scale, go_backwards, state, gate)


@register
class LSTM(CellLayer):
    """LSTMCell over sequences (batch, steps, inputs); the last output (batch, units), or with
    return_sequences=True every output (batch, steps, units).

    The arguments of the cell and of RNN together; see both. One kernel walks all steps, forward and back.
    unroll and use_cudnn choose nothing here: they are taken so that scripts written for Keras run.

    >>> import numpy as np
    >>> LSTM(128, input_shape=(60, 57))(np.zeros((1, 60, 57), "float32")).shape
    (1, 128)
    >>> outputs, h, c = LSTM(4, return_sequences=True, return_state=True)(np.ones((2, 5, 3), "float32"))
    >>> outputs.shape, h.shape, c.shape
    ((2, 5, 4), (2, 4), (2, 4))
    """

    cell_class = LSTMCell

    def __init__(
        self,
        units: int,
        activation: Any = "tanh",
        recurrent_activation: Any = "sigmoid",
        use_bias: bool = True,
        kernel_initializer: Any = "glorot_uniform",
        recurrent_initializer: Any = "orthogonal",
        bias_initializer: Any = "zeros",
        unit_forget_bias: bool = True,
        kernel_regularizer: Any = None,
        recurrent_regularizer: Any = None,
        bias_regularizer: Any = None,
        activity_regularizer: Any = None,
        kernel_constraint: Any = None,
        recurrent_constraint: Any = None,
        bias_constraint: Any = None,
        dropout: float = 0.0,
        recurrent_dropout: float = 0.0,
        seed: int | None = None,
        return_sequences: bool = False,
        return_state: bool = False,
        go_backwards: bool = False,
        stateful: bool = False,
        unroll: bool = False,
        use_cudnn: str | bool = "auto",
        **kwargs: Any,
    ) -> None:
        super().__init__(locals())
