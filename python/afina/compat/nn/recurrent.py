"""Torch's RNN: plain recurrent layers, one over the other, steps on the first axis."""

from __future__ import annotations

from typing import Any

from ... import layers, ops
from ..._C import Tensor
from ...errors import ArgumentError, ShapeError
from ...training.options import check_counts
from .module import Module
from .modules import uniform


class RNN(Module):
    """h_t = tanh(x_t W + h_(t-1) U + b), `num_layers` times; returns (every h of the last layer, the last h
    of all).

    x: (steps, n, input_size), or (n, steps, input_size) with batch_first; initial h, by default 0, and the
    last one: (num_layers, n, hidden_size). Torch keeps two biases whose sum is this one.

    >>> from afina import zeros
    >>> outputs, last = RNN(10, 20, num_layers=2)(zeros((5, 3, 10)))
    >>> outputs.shape, last.shape
    ((5, 3, 20), (2, 3, 20))
    """

    def __init__(
        self,
        input_size: int,
        hidden_size: int,
        num_layers: int = 1,
        nonlinearity: str = "tanh",
        bias: bool = True,
        batch_first: bool = False,
    ) -> None:
        super().__init__()
        check_counts("nn.RNN", 1, optional=False, input_size=input_size, hidden_size=hidden_size)
        check_counts("nn.RNN", 1, optional=False, num_layers=num_layers)
        if nonlinearity not in ("tanh", "relu"):
            raise ArgumentError(f'nn.RNN: nonlinearity must be "tanh" or "relu", got {nonlinearity!r}')
        self.input_size, self.hidden_size, self.num_layers = input_size, hidden_size, num_layers
        self.batch_first = bool(batch_first)
        start = uniform(hidden_size)
        self.chain = [
            layers.SimpleRNN(
                hidden_size, nonlinearity, bias, start, start, start, return_sequences=True, return_state=True
            )
            for _ in range(num_layers)
        ]
        for number, layer in enumerate(self.chain):
            layer.build((None, None, hidden_size if number else input_size))

    def forward(self, x: Any, initial: Any = None) -> tuple[Tensor, Tensor]:
        """Every output of the last layer, and the last of each layer."""
        if x.ndim != 3 or x.shape[2] != self.input_size:
            order = "(n, steps" if self.batch_first else "(steps, n"
            raise ShapeError(f"nn.RNN: x must have shape {order}, {self.input_size}), got {tuple(x.shape)}")
        h = x if self.batch_first else ops.transpose(x, (1, 0, 2))
        wanted = (self.num_layers, h.shape[0], self.hidden_size)
        if initial is not None and tuple(initial.shape) != wanted:
            raise ShapeError(f"nn.RNN: the initial h must have shape {wanted}, got {tuple(initial.shape)}")
        last = []
        for number, layer in enumerate(self.chain):
            states: dict[str, Any] = {} if initial is None else {"initial_state": [initial[number]]}
            h, state = layer(h, **states)
            last.append(state)
        return (h if self.batch_first else ops.transpose(h, (1, 0, 2))), ops.stack(last)
