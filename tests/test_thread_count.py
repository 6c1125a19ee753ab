"""The number of threads changes no bit of a result."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
import pytest

import afina
from afina import ops


def step(run: Callable[..., afina.Tensor], *arrays: Any, **kwargs: object) -> list[bytes]:
    """The bytes of the result and of every gradient."""
    arguments = [afina.tensor(a, requires_grad=True) if isinstance(a, np.ndarray) else a for a in arrays]
    inputs = [a for a in arguments if isinstance(a, afina.Tensor)]
    y = run(*arguments, **kwargs)
    seed = afina.tensor(np.random.default_rng(1).standard_normal(y.shape).astype("float32"))
    return [t.numpy().tobytes() for t in (y, *afina.gradients(y, inputs, seed)) if t is not None]


def drawn(*shape: int) -> np.ndarray:
    return np.random.default_rng(sum(shape)).standard_normal(shape).astype("float32")


STEPS = {
    "matmul": lambda: step(ops.matmul, drawn(300, 700), drawn(700, 200)),
    "matmul of a stack": lambda: step(ops.matmul, drawn(40, 50, 60), drawn(40, 60, 30)),
    "linear": lambda: step(ops.linear, drawn(128, 784), drawn(784, 300), drawn(300), activation="relu"),
    "conv2d": lambda: step(ops.conv2d, drawn(20, 16, 16, 20), drawn(3, 3, 20, 40), drawn(40), padding="same"),
    "conv2d with strides": lambda: step(ops.conv2d, drawn(9, 33, 33, 8), drawn(3, 3, 8, 70), None, 2),
    "conv2d of few pixels": lambda: step(ops.conv2d, drawn(40, 4, 4, 60), drawn(3, 3, 60, 100)),
    "conv2d 1 x 1": lambda: step(ops.conv2d, drawn(20, 16, 16, 60), drawn(1, 1, 60, 64), drawn(64)),
    "linear with one unit": lambda: step(ops.linear, drawn(3000, 500), drawn(500, 1), drawn(1)),
    "linear with many rows": lambda: step(ops.linear, drawn(20000, 24), drawn(24, 40), drawn(40)),
    "attention of many heads": lambda: step(
        ops.dot_product_attention, *[drawn(4, 150, 8, 20)] * 3, is_causal=True, dropout=0.2, seed=(1, 2)
    ),
    "attention of few heads": lambda: step(ops.dot_product_attention, *[drawn(1, 300, 2, 20)] * 3),
    "conv2d_transpose": lambda: step(
        ops.conv2d_transpose, drawn(9, 17, 16, 20), drawn(4, 3, 30, 20), drawn(30), 2, "same"
    ),
    "cumprod": lambda: step(ops.cumprod, drawn(300, 400), axis=0),
    "sort": lambda: step(ops.sort, drawn(300, 400)),
    "resize2d": lambda: step(ops.resize2d, drawn(3, 40, 30, 20), size=(80, 61)),
    "depthwise_conv2d": lambda: step(
        ops.depthwise_conv2d, drawn(3, 61, 43, 37), drawn(3, 3, 37, 1), drawn(37), padding="same"
    ),
    "depthwise_conv2d two pixels apart": lambda: step(
        ops.depthwise_conv2d, drawn(3, 61, 43, 37), drawn(3, 3, 37, 1), padding="same", strides=2
    ),
    "depthwise_conv2d with strides": lambda: step(
        ops.depthwise_conv2d,
        drawn(3, 61, 83, 37),
        drawn(5, 3, 37, 2),
        drawn(74),
        strides=2,
        activation="tanh",
    ),
}


@pytest.mark.parametrize("name", STEPS)
def test_results_are_the_same_bits_for_every_number_of_threads(name: str) -> None:
    before = afina.thread_count()
    try:
        found = []
        for threads in (1, 2, 3, 8):
            afina.set_thread_count(threads)
            found.append(STEPS[name]())
    finally:
        afina.set_thread_count(before)
    assert all(other == found[0] for other in found[1:])
