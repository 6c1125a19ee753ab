"""TensorFlow's adapter: ops as graph functions, forward only."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, ClassVar

import numpy as np
import tensorflow as tf

from ..case import Array, Case, Timing
from .base import Library, Runner


def _matmul(a: Any, b: Any, transpose_a: bool = False, transpose_b: bool = False) -> Any:
    return tf.matmul(a, b, transpose_a, transpose_b)


def _conv(x: Any, kernel: Any, strides: Any, padding: Any) -> Any:
    return tf.nn.conv2d(x, kernel, strides, [(0, 0), *padding, (0, 0)])


def _linear(x: Any, kernel: Any, bias: Any, activation: str = "linear") -> Any:
    y = tf.nn.bias_add(tf.matmul(x, kernel), bias)
    return tf.nn.relu(y) if activation == "relu" else y


class TensorFlow(Library):
    """Whatever is in this table."""

    OPS: ClassVar[dict[str, Callable[..., Any]]] = {
        "matmul": _matmul,
        "linear": _linear,
        "conv2d": _conv,
        "softmax": tf.nn.softmax,
        "relu": tf.nn.relu,
        "elu": tf.nn.elu,
        "gelu": tf.nn.gelu,
        "gelu_tanh": lambda x: tf.nn.gelu(x, True),
        "sigmoid": tf.nn.sigmoid,
        "tanh": tf.tanh,
        "exp": tf.exp,
        "add": tf.add,
        "multiply": tf.multiply,
        "sum": tf.reduce_sum,
        "dropout": tf.nn.dropout,
    }

    def supports(self, case: Case, timing: Timing) -> bool:
        """Ops of the table, forward."""
        return case.op in self.OPS and not timing.wanted

    def runner(self, case: Case, timing: Timing) -> Runner:
        """One graph function; on the CPU it has finished when it returns."""
        inputs = [tf.constant(a) for a in case.arrays()]
        op, settings = self.OPS[case.op], case.settings
        function = tf.function(lambda *a: op(*a, **settings))

        def results() -> list[Array]:
            return [np.asarray(function(*inputs))]

        return Runner(lambda: function(*inputs), results)
