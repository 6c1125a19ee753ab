"""Sequences with holes, the recurrent layers by name, and gradients of all they return."""

from functools import partial

import numpy as np

import afina
from afina.layers import (
    GRU,
    LSTM,
    GRUCell,
    Layer,
    LSTMCell,
    SimpleRNN,
    SimpleRNNCell,
)

X = np.random.default_rng(5).standard_normal((4, 6, 3))


HOLES = np.random.default_rng(6).random((4, 6)) < 0.6


LAYERS = {
    "lstm": LSTM,
    "gru": GRU,
    "gru_reset_before": partial(GRU, reset_after=False),
    "simple_rnn": SimpleRNN,
}


CELLS = {
    "lstm": LSTMCell,
    "gru": GRUCell,
    "gru_reset_before": partial(GRUCell, reset_after=False),
    "simple_rnn": SimpleRNNCell,
}


class Plain(Layer):
    """A cell of which nobody knows that a kernel could do it: RNN calls it step by step."""

    def __init__(self, cell, **kwargs):
        super().__init__(dtype="float64", **kwargs)
        self.inner, self.state_size, self.output_size = cell, cell.state_size, cell.output_size

    def build(self, input_shape):
        self.inner.build(input_shape)

    def call(self, inputs, states, training=False):
        return self.inner(inputs, states, training=training)

    def compute_output_shape(self, input_shape, *_, **__):
        return self.inner.compute_output_shape(input_shape)


def varied(layer):
    """The layer with random weights, biases included."""
    layer.build((None, None, 3))
    rng = np.random.default_rng(1)
    layer.set_weights([rng.uniform(-0.8, 0.8, w.shape) for w in layer.weights])
    return layer


def gradients(layer, x, **call):
    """Outputs, then gradients of a weighted sum of all of them in x and the weights."""
    x = afina.tensor(x, requires_grad=True)
    found = layer(x, **call)
    found = list(found) if isinstance(found, tuple) else [found]
    total = sum((y * float(i + 1)).sum() + (y * y).sum() for i, y in enumerate(found))
    grads = afina.gradients(total, [x, *layer.trainable_weights])
    return [v.numpy() for v in [*found, *grads]]
