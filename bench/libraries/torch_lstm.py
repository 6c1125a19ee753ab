"""The LSTM of the training cases in PyTorch's own style."""

from __future__ import annotations

from typing import Any

import torch
from torch import nn

from ..networks import LSTM_UNITS
from ..training import kernels


class LastState(nn.Module):
    """An LSTM over one-hot characters and a product of its last state."""

    def __init__(self, inputs: int, classes: int, exact: bool) -> None:
        super().__init__()
        self.rnn = nn.LSTM(inputs, LSTM_UNITS, batch_first=True)
        self.out = nn.Linear(LSTM_UNITS, classes)
        own, recurrent, out = kernels(
            [(inputs, 4 * LSTM_UNITS), (LSTM_UNITS, 4 * LSTM_UNITS), (LSTM_UNITS, classes)]
        )
        with torch.no_grad():
            self.rnn.weight_ih_l0.copy_(torch.from_numpy(own.T.copy()))
            self.rnn.weight_hh_l0.copy_(torch.from_numpy(recurrent.T.copy()))
            self.out.weight.copy_(torch.from_numpy(out.T.copy()))
            for bias in (self.rnn.bias_ih_l0, self.rnn.bias_hh_l0, self.out.bias):
                bias.zero_()
        if exact:  # Keras has one bias, torch the sum of two: each would take the whole step
            self.rnn.bias_hh_l0.requires_grad_(False)

    def forward(self, x: Any) -> Any:
        return self.out(self.rnn(x)[0][:, -1])
