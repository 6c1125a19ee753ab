"""Maximum likelihood (deck D3): the best estimator of a mean, and what happens when the model is false.

Of unbiased estimators of a Gaussian's mean none has a mean squared error below sigma^2 / n (Cramer and Rao).
The mean attains it, the median needs pi / 2 = 1.571 times as many samples, the mid-range is far worse.

A model fitted by the cost -log-likelihood to data it does not describe ends where it is closest in the sense
of Kullback and Leibler (White 1982): a Gaussian fitted to a Laplace distribution has its mean and its
variance.
"""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np

from .. import Parameter, ops, optimizers, tensor, value_and_grad
from .showing import figure, main

SAMPLES = 101


def estimators(trials: int) -> dict[str, float]:
    """Mean squared errors times n / sigma^2 of mean, median and mid-range over `trials` sets of samples."""
    generator = np.random.default_rng(0)
    sums = np.zeros(3)
    for count in np.diff(np.linspace(0, trials, 11).astype(int)):
        x = generator.normal(0.0, 1.0, (count, SAMPLES))
        found = np.stack([x.mean(1), np.median(x, 1), (x.max(1) + x.min(1)) / 2])
        sums += np.square(found).sum(1)
    return dict(zip(("mean", "median", "mid_range"), (sums / trials * SAMPLES).tolist(), strict=True))


def negative_log_likelihood(x: Any, mean: Any, log_sigma: Any) -> Any:
    """The mean over x of -log N(x; mean, sigma^2)."""
    z = (x - mean) / ops.exp(log_sigma)
    return ops.mean(ops.square(z)) * 0.5 + ops.mean(log_sigma) + 0.5 * float(np.log(2 * np.pi))


def fit_gaussian(x: Any, steps: int) -> tuple[float, float]:
    """Mean and standard deviation of the Gaussian that gradient descent on the cost ends with."""
    data = tensor(np.asarray(x, "float64"))
    theta = [Parameter(np.zeros(1), "mean"), Parameter(np.zeros(1), "log_sigma")]
    optimizer = optimizers.Adam(0.05)
    cost = value_and_grad(lambda mean, log_sigma: negative_log_likelihood(data, mean, log_sigma), (0, 1))
    for _ in range(steps):
        _, slopes = cost(*theta)
        optimizer.apply(list(slopes), theta)
    return float(theta[0].item()), float(np.exp(theta[1].item()))


def run(quick: bool = False, picture: Path | None = None) -> dict[str, Any]:
    """Compare three estimators of a mean, and fit a Gaussian to data that are none."""
    errors = estimators(4_000 if quick else 40_000)
    scale, centre = 1.5, 2.0
    x = np.random.default_rng(1).laplace(centre, scale, 20_000)
    mean, sigma = fit_gaussian(x, 200 if quick else 400)
    if picture is not None:
        made, axes = figure(2, size=(4.2, 3.2))
        axes[0, 0].bar(list(errors), list(errors.values()), color="#1f5fa8")
        axes[0, 0].axhline(1.0, color="#d9622b", label="no unbiased one is below")
        axes[0, 0].set(ylabel="mean squared error * n / variance")
        axes[0, 0].legend(frameon=False)
        line = np.linspace(-6, 10, 300)
        axes[0, 1].hist(x, 120, range=(-6, 10), density=True, color="#cccccc", label="Laplace data")
        density = np.exp(-0.5 * ((line - mean) / sigma) ** 2) / sigma / np.sqrt(2 * np.pi)
        axes[0, 1].plot(line, density, color="#1f5fa8", label="closest Gaussian")
        axes[0, 1].legend(frameon=False)
        made.savefig(picture, dpi=110)
    return {
        **{f"{name}_error_over_bound": value for name, value in errors.items()},
        "fitted_mean": mean,
        "closest_mean": centre,
        "fitted_sigma": sigma,
        "closest_sigma": float(np.sqrt(2.0) * scale),
    }


if __name__ == "__main__":
    main(run, "maximum_likelihood")
