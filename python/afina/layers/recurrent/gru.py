"""The gated recurrent unit."""

from __future__ import annotations

from typing import Any

from ... import ops
from ..._C import Tensor
from ...activations import Activation
from ...registry import register
from .cell import RecurrentCell, States
from .cell_layer import CellLayer


@register
class GRUCell(RecurrentCell):
    """One step: z, r = recurrent_activation(x W + h U + b), each its own part, a candidate g, and
    h = z * h + (1 - z) * g (Cho et al. 2014).

    With reset_after g = activation(x W + b + r * (h U + c)), c the second row of the bias (2, 3 units);
    without g = activation(x W + (r * h) U + b), bias (3 units). x (batch, inputs), states [h] (batch, units);
    kernel W (inputs, 3 units) in the order z, r, g, recurrent_kernel U (units, 3 units). dropout,
    recurrent_dropout: of x and of h where they are multiplied.

    >>> import numpy as np
    >>> cell = GRUCell(4)
    >>> h, states = cell(np.ones((2, 3), "float32"), cell.get_initial_state(2))
    >>> h.shape, len(states)
    ((2, 4), 1)
    """

    gates = 3
    recurrent_activation: Activation
    reset_after: bool

    def __init__(
        self,
        units: int,
        activation: Any = "tanh",
        recurrent_activation: Any = "sigmoid",
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
        reset_after: bool = True,
        seed: int | None = None,
        **kwargs: Any,
    ) -> None:
        super().__init__(locals())

    @property
    def bias_shape(self) -> tuple[int, ...]:
        """(2, 3 * units) with reset_after, (3 * units,) without."""
        return (2, 3 * self.units) if self.reset_after else (3 * self.units,)

    def step(self, x: Tensor, states: States, state: Tensor) -> States:
        """[h] by the formula."""
        own: Tensor | None = self.bias
        inner: Tensor | None = None
        if self.reset_after and self.bias is not None:
            own, inner = self.bias[0], self.bias[1]
        of_x = ops.linear(x, self.kernel, own)
        xz, xr, xg = (self._part(of_x, k) for k in range(3))
        if self.reset_after:
            of_h = ops.linear(state, self.recurrent_kernel, inner)
        else:
            of_h = ops.matmul(state, self.recurrent_kernel[:, : 2 * self.units])
        z = self.recurrent_activation(xz + self._part(of_h, 0))
        r = self.recurrent_activation(xr + self._part(of_h, 1))
        if self.reset_after:
            shared = r * self._part(of_h, 2)
        else:
            shared = ops.matmul(r * state, self._part(self.recurrent_kernel, 2))
        return [z * states[0] + (1.0 - z) * self.activation(xg + shared)]

    def _part(self, of_all: Tensor, gate: int) -> Tensor:
        return of_all[:, gate * self.units : (gate + 1) * self.units]

    def _activations(self) -> list[Activation]:
        return [self.activation, self.recurrent_activation]

    def run_kernel(
        self, x: Tensor, states: States, mask: Tensor | None, scale: Tensor | None, go_backwards: bool
    ) -> list[Tensor]:
        """[every h, the last h]."""
        state, gate = self.kernel_activations() or ("", "")
        weights = (self.kernel, self.recurrent_kernel, self.bias)
        return ops.gru(x, *weights, states[0], mask, scale, go_backwards, state, gate, self.reset_after)


@register
class GRU(CellLayer):
    """GRUCell over sequences (batch, steps, inputs); the last output (batch, units), or with
    return_sequences=True every output (batch, steps, units).

    The arguments of the cell and of RNN together; see both. One kernel walks all steps, forward and back.
    unroll and use_cudnn choose nothing here: they are taken so that scripts written for Keras run.

    >>> import numpy as np
    >>> GRU(4, return_sequences=True)(np.ones((2, 5, 3), "float32")).shape
    (2, 5, 4)
    """

    cell_class = GRUCell

    def __init__(
        self,
        units: int,
        activation: Any = "tanh",
        recurrent_activation: Any = "sigmoid",
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
        seed: int | None = None,
        return_sequences: bool = False,
        return_state: bool = False,
        go_backwards: bool = False,
        stateful: bool = False,
        unroll: bool = False,
        reset_after: bool = True,
        use_cudnn: str | bool = "auto",
        **kwargs: Any,
    ) -> None:
        super().__init__(locals())
