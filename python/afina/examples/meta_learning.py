"""Learning to learn (deck D4): a start from which five gradient steps fit a new sine wave.

First-order MAML (Finn et al. 2017): for each task take a gradient step on ten of its points, then move the
start along the gradient that new points of the task have at the place reached.
"""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np

from .. import Sequential, gradients, layers, losses, ops, optimizers, tensor, utils
from .showing import figure, main

SHOTS, STEPS = 10, 5
INNER_RATE, META_RATE = 0.02, 0.003


class Task:
    """y = a sin(x + phi): a in [0.1, 5], phi in [0, pi]."""

    def __init__(self, generator: np.random.Generator) -> None:
        self.generator = generator
        self.amplitude, self.phase = generator.uniform(0.1, 5.0), generator.uniform(0.0, np.pi)

    def points(self, count: int) -> tuple[Any, Any]:
        """`count` random points of the wave."""
        return self.at(self.generator.uniform(-5, 5, (count, 1)))

    def at(self, x: Any) -> tuple[Any, Any]:
        """The wave's points at x."""
        y = self.amplitude * np.sin(x + self.phase)
        return tensor(x.astype("float32")), tensor(y.astype("float32"))


def network() -> Any:
    """1 -> 64 -> 64 -> 1 with tanh."""
    return Sequential([layers.Dense(64, "tanh", input_shape=(1,)), layers.Dense(64, "tanh"), layers.Dense(1)])


def slopes(model: Any, x: Any, y: Any) -> Any:
    """The gradient of the mean squared error."""
    return gradients(losses.mean_squared_error(y, model(x, training=True)).mean(), model.trainable_weights)


def adapt(model: Any, x: Any, y: Any, steps: int) -> None:
    """A few steps of gradient descent on one task."""
    for _ in range(steps):
        ops.sgd_update(model.trainable_weights, slopes(model, x, y), [], INNER_RATE)


def meta_train(model: Any, iterations: int, generator: np.random.Generator) -> None:
    """Move the start to where adapting works."""
    optimizer = optimizers.Adam(META_RATE)
    batch = 3
    for _ in range(iterations):
        start = [weight.copy() for weight in model.trainable_weights]
        total: list[Any] = []
        for _ in range(batch):
            task = Task(generator)
            adapt(model, *task.points(SHOTS), 1)
            found = slopes(model, *task.points(SHOTS))
            total = found if not total else [a + b for a, b in zip(total, found, strict=True)]
            for weight, values in zip(model.trainable_weights, start, strict=True):
                weight.copy_(values)
        optimizer.apply([g * (1.0 / batch) for g in total], model.trainable_weights)


def errors(model: Any, tasks: int) -> list[float]:
    """Mean squared error over new tasks after 0, 1, ... STEPS steps on ten points."""
    generator = np.random.default_rng(99)
    start = [weight.copy() for weight in model.trainable_weights]
    found = np.zeros(STEPS + 1)
    for _ in range(tasks):
        task = Task(generator)
        x, y = task.points(SHOTS)
        held = task.at(np.linspace(-5, 5, 100)[:, None])
        for step in range(STEPS + 1):
            if step:
                adapt(model, x, y, 1)
            found[step] += float(np.mean((model(held[0]).numpy() - held[1].numpy()) ** 2))
        for weight, values in zip(model.trainable_weights, start, strict=True):
            weight.copy_(values)
    return (found / tasks).tolist()  # type: ignore[no-any-return]


def run(quick: bool = False, picture: Path | None = None) -> dict[str, Any]:
    """Meta-train on sine waves, then fit new ones in five steps; beside a start that was not trained."""
    utils.set_random_seed(0)
    plain, model = network(), network()
    model.set_weights(plain.get_weights())
    meta_train(model, 1500 if quick else 15_000, np.random.default_rng(0))
    tasks = 100 if quick else 300
    before, after = errors(plain, tasks), errors(model, tasks)
    if picture is not None:
        made, axes = figure(2, size=(4.2, 3.2))
        axes[0, 0].plot(before, "o-", color="#999999", label="random start")
        axes[0, 0].plot(after, "o-", color="#1f5fa8", label="meta-trained start")
        axes[0, 0].set(xlabel="gradient steps on 10 points", ylabel="mean squared error")
        axes[0, 0].legend(frameon=False)
        _draw_task(axes[0, 1], model)
        made.savefig(picture, dpi=110)
    return {
        "error_after_5_steps_from_a_random_start": before[-1],
        "error_after_5_steps_from_the_meta_trained_start": after[-1],
        "share": after[-1] / before[-1],
    }


def _draw_task(axes: Any, model: Any) -> None:
    task = Task(np.random.default_rng(7))
    x, y = task.points(SHOTS)
    line, truth = task.at(np.linspace(-5, 5, 100)[:, None])
    axes.plot(line.numpy(), truth.numpy(), color="#cccccc", label="new task")
    axes.plot(line.numpy(), model(line).numpy(), ":", color="#1f5fa8", label="before")
    adapt(model, x, y, STEPS)
    axes.plot(line.numpy(), model(line).numpy(), color="#1f5fa8", label="after 5 steps")
    axes.plot(x.numpy(), y.numpy(), "o", color="#d9622b", label="10 points")
    axes.legend(frameon=False, fontsize=8)


if __name__ == "__main__":
    main(run, "meta_learning")
