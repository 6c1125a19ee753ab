"""Collinear features (deck D3): predictions are stable, coefficients are not, and ridge cures it.

Radial basis features exp(-(x - mu_i)^2 / lambda_i) with neighbouring mu_i are nearly copies of each other.
Fitted to resampled data, their coefficients swing wildly and cancel: the curve hardly moves, and a feature
may be pulled out without harm. A small penalty on the coefficients steadies them.
"""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np

from .. import Sequential, layers, optimizers, regularizers
from .showing import figure, main

CENTRES = np.linspace(0.0, 1.0, 7)
WIDTH = 0.5
RIDGE = 1e-2
NOISE = 0.05


def features(x: Any) -> Any:
    """exp(-(x - mu_i)^2 / lambda) for each centre mu_i."""
    return np.exp(-((x[:, None] - CENTRES) ** 2) / WIDTH)


def fit(matrix: Any, y: Any, ridge: float = 0.0) -> Any:
    """The coefficients w with the least mean (matrix w - y)^2 + ridge |w|^2."""
    if ridge == 0.0:
        return np.linalg.lstsq(matrix, y, rcond=None)[0]
    n, count = matrix.shape
    return np.linalg.solve(matrix.T @ matrix / n + ridge * np.eye(count), matrix.T @ y / n)


def fit_by_descent(matrix: Any, y: Any, ridge: float) -> Any:
    """The same by gradient descent on a Dense layer with an L2 penalty."""
    dense = layers.Dense(
        1, use_bias=False, kernel_regularizer=regularizers.L2(ridge), input_shape=(matrix.shape[1],),
        kernel_initializer="zeros", dtype="float64",
    )  # fmt: skip
    model = Sequential([dense], dtype="float64")
    model.compile(optimizers.SGD(0.1, momentum=0.9), "mse")
    model.fit(matrix, y[:, None], batch_size=len(y), epochs=1500, shuffle=False, verbose=0)
    return model.get_weights()[0].ravel()


def spread(ridge: float, resamples: int, left_out: int | None = None) -> dict[str, Any]:
    """How much coefficients and predictions vary over data sets with new noise."""
    x, grid = np.linspace(0, 1, 60), np.linspace(0.05, 0.95, 50)
    kept = [n for n in range(len(CENTRES)) if n != left_out]
    matrix, there = features(x)[:, kept], features(grid)[:, kept]
    generator = np.random.default_rng(0)
    truth = np.sin(2 * np.pi * x)
    coefficients = np.array(
        [fit(matrix, truth + NOISE * generator.normal(size=len(x)), ridge) for _ in range(resamples)]
    )
    predictions = coefficients @ there.T
    return {
        "coefficients": coefficients,
        "predictions": predictions,
        # relative: in units of the coefficients' size, and of the curve's
        "coefficient_std": float(coefficients.std(0).mean() / np.abs(coefficients.mean(0)).mean()),
        "prediction_std": float(predictions.std(0).mean() / np.abs(truth).mean()),
        "error": float(np.sqrt(np.mean((predictions - np.sin(2 * np.pi * grid)) ** 2))),
    }


def run(quick: bool = False, picture: Path | None = None) -> dict[str, Any]:
    """Fit collinear features with and without ridge to many noisy data sets."""
    resamples = 50 if quick else 400
    plain, ridge, pulled = (
        spread(0.0, resamples),
        spread(RIDGE, resamples),
        spread(0.0, resamples, left_out=3),
    )
    x = np.linspace(0, 1, 60)
    y = np.sin(2 * np.pi * x)
    by_descent, exact = fit_by_descent(features(x), y, RIDGE), fit(features(x), y, RIDGE)
    if picture is not None:
        made, axes = figure(2, size=(4.4, 3.2))
        for axis, part, title in zip(axes[0], (plain, ridge), ("no penalty", f"ridge {RIDGE}"), strict=True):
            axis.boxplot(part["coefficients"])
            axis.set(xlabel="coefficient", title=f"{title}: predictions vary by {part['prediction_std']:.1%}")
        made.savefig(picture, dpi=110)
    return {
        "coefficient_std": plain["coefficient_std"],
        "prediction_std": plain["prediction_std"],
        "ridge_coefficient_std": ridge["coefficient_std"],
        "error": plain["error"],
        "error_without_a_feature": pulled["error"],
        "descent_differs_from_the_solution_by": float(np.abs(by_descent - exact).max()),
    }


if __name__ == "__main__":
    main(run, "collinearity")
