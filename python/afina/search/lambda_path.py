"""The strength of a penalty chosen on validation data (deck D3)."""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from ..data.order import check_seed
from ..errors import ArgumentError
from ..refusal import shown
from ..regularizers import L2
from ..utils.seed import set_random_seed

LAMBDAS = (0.0, 0.01, 0.02, 0.04, 0.08, 0.16, 0.32, 0.64, 1.28, 2.56, 5.12, 10.0)


@dataclass(frozen=True)
class LambdaPath:
    """What each strength led to: cost without penalty on training and validation data, norm of the weights.

    best: the strength with the lowest validation cost; models: one for each strength.
    """

    lambdas: tuple[float, ...]
    training: tuple[float, ...]
    validation: tuple[float, ...]
    norms: tuple[float, ...]
    models: tuple[Any, ...]

    @property
    def best(self) -> float:
        """The strength with the lowest validation cost."""
        return self.lambdas[int(np.nanargmin(self.validation))]

    @property
    def best_model(self) -> Any:
        """The model of the best strength."""
        return self.models[int(np.nanargmin(self.validation))]

    def __str__(self) -> str:
        rows = zip(self.lambdas, self.training, self.validation, self.norms, strict=True)
        lines = [f"{one:8g} {train:12.5g} {held:12.5g} {norm:12.5g}" for one, train, held, norm in rows]
        return "\n".join(["  lambda     training   validation         norm", *lines, f"best: {self.best:g}"])


def lambda_path(
    build: Callable[[], Any],
    x: Any,
    y: Any,
    validation_data: tuple[Any, Any],
    lambdas: Sequence[float] = LAMBDAS,
    penalty: Callable[[float], Any] = L2,
    *,
    seed: int = 0,
    **fit: Any,
) -> LambdaPath:
    """Train a model for each strength of the penalty and keep the one that does best on the validation data.

    build(): a new compiled model; its `regularizer` is set to penalty(lambda), so biases stay out of it. The
    same seed is set before each. lambda = 0 is no regularization; a large one drives the weights to 0 (high
    bias). fit: options of `model.fit`, verbose=0 by default.

    >>> lambda_path.__defaults__[0]
    (0.0, 0.01, 0.02, 0.04, 0.08, 0.16, 0.32, 0.64, 1.28, 2.56, 5.12, 10.0)
    """
    if not callable(build) or not callable(penalty):
        raise ArgumentError(
            f"lambda_path: build and penalty must be functions, got {shown(build)}, {shown(penalty)}"
        )
    if not isinstance(validation_data, (tuple, list)) or len(validation_data) != 2:
        raise ArgumentError(f"lambda_path: validation_data must be (x, y), got {shown(validation_data)}")
    strengths = [lambdas] if isinstance(lambdas, (int, float)) else list(lambdas)
    for one in strengths:
        if isinstance(one, bool) or not isinstance(one, (int, float)) or not 0 <= one < math.inf:
            raise ArgumentError(f"lambda_path: lambdas must be finite and not negative, got {shown(one)}")
    if not strengths:
        raise ArgumentError("lambda_path: lambdas must have at least one value, got none")
    seed = check_seed(seed, "lambda_path")
    rows = [_train(build, x, y, validation_data, penalty(float(one)), seed, fit) for one in strengths]
    training, validation, norms, models = zip(*rows, strict=True)
    return LambdaPath(tuple(map(float, strengths)), training, validation, norms, models)


def _train(
    build: Callable[[], Any], x: Any, y: Any, held: Any, penalty: Any, seed: int, fit: dict[str, Any]
) -> tuple[float, float, float, Any]:
    set_random_seed(seed)
    model = build()
    if not hasattr(model, "fit"):
        raise ArgumentError(f"lambda_path: build must return a compiled model, got {shown(model)}")
    model.regularizer = penalty
    model.fit(x, y, **{"verbose": 0, **fit})
    weights = [weight.numpy() for weight in model.regularized_weights()]
    norm = math.sqrt(sum(float(np.square(weight, dtype=np.float64).sum()) for weight in weights))
    model.regularizer = None  # the costs are compared without it
    costs = [float(np.ravel(model.evaluate(*pair, verbose=0))[0]) for pair in ((x, y), held)]
    model.regularizer = penalty
    return costs[0], costs[1], norm, model
