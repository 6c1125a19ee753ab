"""Whole training steps: forward, loss, backward and update of networks from 2,410 to 11 million weights."""

from __future__ import annotations

from functools import partial

import numpy as np

from .case import Array, Case, Timing

# batch, shape of one sample, classes, optimizer, steps of one epoch of fit, GFLOP of a step (convolutions and
# products, without the first layer's input gradient)
_CASES = {
    "mlp128": (128, (784,), 10, "sgd", 60, 0.209),  # 784-512-10, ReLU
    "mlp32": (32, (784,), 10, "sgd", 100, 0.0524),
    "tiny32": (32, (64,), 10, "sgd", 400, 0.000324),  # 64-32-10, ReLU
    "cnn": (128, (28, 28, 1), 10, "adam", 2, 9.16),  # 3x3 to 32 and 64, pool, dropout, 128, dropout, 10
    "resnet20": (128, (32, 32, 3), 10, "sgd", 2, 31.2),
    "mobilenetv2": (32, (96, 96, 3), 1000, "sgd", 2, 10.7),
    "resnet18": (32, (64, 64, 3), 200, "sgd", 2, 27.8),  # with ImageNet's 7x7 stem
    "lstm": (
        128,
        (60, 60),
        60,
        "adam",
        5,
        3.97,
    ),  # one-hot characters, 128 units, a product of the last state
    "transformer": (16, (128,), 256, "adamw", 2, 42.7),  # causal, 4 layers of 4 heads of 64
}


def inputs(
    name: str, batch: int, shape: tuple[int, ...], classes: int, rng: np.random.Generator
) -> list[Array]:
    """Data and labels of a case: images, rows, one-hot characters, or tokens that are also the labels."""
    if name == "transformer":
        return [rng.integers(0, classes, (batch, *shape)).astype("int32") for _ in range(2)]
    if name == "lstm":
        x = np.eye(shape[1], dtype="float32")[rng.integers(0, shape[1], (batch, shape[0]))]
    else:
        x = rng.standard_normal((batch, *shape), dtype="float32")
    return [x, rng.integers(0, classes, batch).astype("int32")]


CASES = [
    Case(
        name,
        "training",
        partial(inputs, name, batch, shape, classes),
        (Timing("train_on_batch", flops=gflop * 1e9), Timing("fit", flops=gflop * 1e9)),
        {"shape": shape, "classes": classes, "optimizer": optimizer, "fit_steps": steps},
    )
    for name, (batch, shape, classes, optimizer, steps, gflop) in _CASES.items()
]

CHECKED_STEPS = 4


def kernels(shapes: list[tuple[int, ...]]) -> list[Array]:
    """He-normal kernels for shapes in Keras's layout, the same for every library; biases start at zero."""
    rng = np.random.default_rng(3)
    found = []
    for shape in shapes:
        depthwise = len(shape) == 4 and shape[3] == 1 and shape[2] > 1
        fan_in = int(np.prod(shape[:2] if depthwise else shape[:-1]))
        found.append(rng.standard_normal(shape, dtype="float32") * np.float32((2 / fan_in) ** 0.5))
    return found
