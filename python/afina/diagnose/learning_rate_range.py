"""The learning-rate range test: one short run with a growing rate (Smith 2017)."""

from __future__ import annotations

import math
import os
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

from ..errors import ArgumentError
from ..training.batches import Maker, make_batches, shape_of
from ..training.options import check_counts
from ..training.preserved import check_compiled, preserved
from ..training.shuffle import new_key
from ..utils.optional import import_optional

RECENT = 5  # updates whose mean cost says whether the run has diverged
DIVERGED = 4.0  # times the lowest such mean: the run ends
WINDOWS = 20  # half widths of the smoothing window in the whole ladder


@dataclass(frozen=True)
class RangeTest:
    """Rates, costs of the batches, their smoothed curve, and the rate to begin with.

    suggestion: where the smoothed cost falls most steeply against log(rate). lowest: where it is lowest;
    beyond, training diverges.
    """

    rates: list[float]
    losses: list[float]
    smoothed: list[float]
    suggestion: float
    lowest: float

    def plot(self, path: str | os.PathLike[str] | None = None) -> Any:
        """Cost against rate with both marks; returns the matplotlib figure (`pip install 'afina[plots]'`)."""
        figure = import_optional("matplotlib.figure", "drawing the range test").Figure(
            figsize=(5.0, 3.4), layout="constrained"
        )
        axes = figure.subplots()
        axes.plot(self.rates, self.losses, color="#1f5fa8", alpha=0.25)
        axes.plot(self.rates, self.smoothed, color="#1f5fa8", label="cost")
        axes.axvline(self.suggestion, color="#d9622b", label=f"suggestion {self.suggestion:.2g}")
        axes.axvline(self.lowest, color="#999999", linestyle=":", label=f"lowest {self.lowest:.2g}")
        axes.set_xscale("log")
        axes.set_xlabel("learning rate")
        axes.set_ylabel("cost")
        axes.grid(alpha=0.3)
        axes.spines[["top", "right"]].set_visible(False)
        axes.legend(frameon=False)
        if path is not None:
            Path(path).parent.mkdir(parents=True, exist_ok=True)
            figure.savefig(path, dpi=120)
        return figure


def learning_rate_range_test(
    model: Any,
    x: Any,
    y: Any = None,
    *,
    low: float = 1e-6,
    high: float = 10.0,
    steps: int = 100,
    batch_size: int = 32,
) -> RangeTest:
    """Train on batches of x and y while the rate grows from `low` to `high`, equally in log; see the cost.

    Rate of update i: low (high / low)^(i / (steps - 1)). The run ends early once the mean cost of five
    updates is four times its lowest, or not finite. Weights, optimizer and random generator are left as they
    were.

    >>> import afina
    >>> from afina import layers
    >>> afina.utils.set_random_seed(0)
    >>> model = afina.Sequential([layers.Dense(1, input_shape=(3,))])
    >>> model.compile("sgd", "mse")
    >>> x = np.random.default_rng(0).normal(size=(64, 3))
    >>> found = learning_rate_range_test(model, x, x.sum(axis=1, keepdims=True))
    >>> 1e-3 < found.suggestion < 1.0
    True
    """
    who = "learning_rate_range_test"
    check_compiled(model, who)
    check_counts(who, 2, optional=False, steps=steps)
    if not all(isinstance(rate, (int, float)) for rate in (low, high)) or not 0 < low < high < math.inf:
        raise ArgumentError(f"{who}: needs 0 < low < high, got low={low!r}, high={high!r}")
    ladder = [low * (high / low) ** (step / (steps - 1)) for step in range(steps)]
    rates: list[float] = []
    losses: list[float] = []
    lowest = math.inf
    with preserved(model, who, *_first_rows(x, y)):
        data = make_batches(Maker(shape_of(model), None), x, y, batch_size=batch_size, key=new_key())
        model._ready(model._step.compiled)
        for rate, batch in zip(ladder, _endless(data), strict=False):
            model.optimizer.learning_rate = rate
            loss = _train(model, batch)
            if not math.isfinite(loss):
                break
            rates.append(rate)
            losses.append(loss)
            recent = sum(losses[-RECENT:]) / len(losses[-RECENT:])
            lowest = min(lowest, recent)
            if len(losses) >= RECENT and recent > DIVERGED * lowest + 1e-12:
                break
    if len(rates) < 3:
        raise ArgumentError(f"{who}: the cost was not finite after {len(rates)} updates; lower low={low!r}")
    smoothed = smooth(losses, max(1, steps // WINDOWS))
    return RangeTest(rates, losses, smoothed, *_marks(rates, smoothed))


def smooth(values: list[float], half: int) -> list[float]:
    """Means over windows of 2 half + 1 values, the middle counting most; shorter ones at the ends.

    >>> smooth([0.0, 4.0, 0.0], 1)
    [1.3333333333333333, 2.0, 1.3333333333333333]
    """
    weights = np.bartlett(2 * half + 3)[1:-1]
    total = np.convolve(values, weights)[half:-half]
    return (total / np.convolve(np.ones(len(values)), weights)[half:-half]).tolist()  # type: ignore[no-any-return]


def _marks(rates: list[float], smoothed: list[float]) -> tuple[float, float]:
    """The rates of the steepest fall before the lowest point, and of the lowest point."""
    lowest = max(int(np.argmin(smoothed)), 2)
    slopes = np.gradient(np.array(smoothed[: lowest + 1]), np.log(rates[: lowest + 1]))
    return rates[int(np.argmin(slopes))], rates[lowest]


def _train(model: Any, batch: Any) -> float:
    step = model._step
    step.check_labels(batch)
    step.reset()
    step.train(batch)
    return float(step.total / max(step.samples, 1))


def _endless(data: Any) -> Any:
    epoch = 0
    while True:
        yield from data.epoch(epoch)
        epoch += 1


def _first_rows(x: Any, y: Any) -> tuple[Any, Any]:
    """A few rows that show the model its shapes."""
    return tuple(None if part is None else np.asarray(part)[:2] for part in (x, y))  # type: ignore[return-value]
