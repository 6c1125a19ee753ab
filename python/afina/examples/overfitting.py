"""Training and test error against the complexity of the model (decks D3 and D4): how to spot overfitting.

Polynomials of growing degree, and radial basis features of growing number, fitted to a few noisy points. The
training error can only fall; the test error falls and rises again, and the training error under-estimates it
throughout.
"""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np

from .showing import figure, main

POINTS, NOISE = 16, 0.2


def polynomial(x: Any, degree: int) -> Any:
    """1, x, x^2, ... in Chebyshev's form, which keeps the fit well conditioned."""
    return np.polynomial.chebyshev.chebvander(x, degree)


def radial(x: Any, count: int) -> Any:
    """A constant and exp(-(x - mu_i)^2 / width) for `count` centres; a longer list contains the shorter
    ones."""
    order = np.argsort(
        [int(f"{n:05b}"[::-1], 2) for n in range(32)], kind="stable"
    )  # spread out from the start
    centres = np.linspace(-1, 1, 32)[order][:count]
    return np.hstack([np.ones((len(x), 1)), np.exp(-((x[:, None] - centres) ** 2) / 0.3)])


def errors(basis: Callable[[Any, int], Any], degrees: range, repeats: int) -> tuple[Any, Any]:
    """Mean training and test error of each degree, over `repeats` data sets."""
    generator = np.random.default_rng(0)
    train, test = np.zeros((2, len(degrees)))
    for _ in range(repeats):
        x = np.linspace(-1, 1, POINTS) + generator.uniform(-0.05, 0.05, POINTS)
        held = generator.uniform(-1, 1, 200)
        y, truth = (np.sin(3 * v) + NOISE * generator.normal(size=len(v)) for v in (x, held))
        for n, degree in enumerate(degrees):
            matrix = basis(x, degree)
            weights = np.linalg.lstsq(matrix, y, rcond=None)[0]
            train[n] += np.mean((matrix @ weights - y) ** 2) / repeats
            test[n] += min(float(np.mean((basis(held, degree) @ weights - truth) ** 2)), 1e6) / repeats
    return train, test


def run(quick: bool = False, picture: Path | None = None) -> dict[str, Any]:
    """Sweep the degree of a polynomial and the number of radial features."""
    repeats = 20 if quick else 200
    degrees = {"polynomial": range(12), "radial": range(1, 13)}
    curves = {
        "polynomial": errors(polynomial, degrees["polynomial"], repeats),
        "radial": errors(radial, degrees["radial"], repeats),
    }
    if picture is not None:
        made, axes = figure(2, size=(4.2, 3.2))
        for axis, (name, (train, test)) in zip(axes[0], curves.items(), strict=True):
            axis.plot(list(degrees[name]), train, "o-", color="#1f5fa8", label="training")
            axis.plot(list(degrees[name]), test, "o-", color="#d9622b", label="test")
            axis.set(xlabel=f"{name} features", ylabel="mean squared error", yscale="log")
            axis.legend(frameon=False)
        made.savefig(picture, dpi=110)
    found: dict[str, Any] = {}
    for name, (train, test) in curves.items():
        found[f"{name}_training_errors"] = train.tolist()
        found[f"{name}_test_errors"] = test.tolist()
        found[f"{name}_best"] = list(degrees[name])[int(np.argmin(test))]
    return found


if __name__ == "__main__":
    main(run, "overfitting")
