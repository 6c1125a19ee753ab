"""Can the model learn a handful of examples by heart? If not, something in it is broken."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import Any

import numpy as np

from .._C import gradients
from ..errors import ArgumentError
from ..training.options import check_counts
from ..training.preserved import check_compiled, preserved


@dataclass(frozen=True)
class OverfitCheck:
    """Whether it passed, the last loss, the epochs it took, and the reason for a failure.

    unreached: weights that no gradient reaches.
    """

    passed: bool
    loss: float
    epochs: int
    reason: str
    unreached: tuple[str, ...] = ()

    def __bool__(self) -> bool:
        return self.passed


def overfit_check(
    model: Any, x: Any, y: Any, tol: float = 1e-2, epochs: int = 500, batch_size: int | None = None
) -> OverfitCheck:
    """Train on a small subset until its cost is below `tol`; the model is left as it was (deck D0: overfit a
    subset, then refine on more data).

    It fails when the cost stays above `tol` for all `epochs`, becomes NaN, or when the gradient of a
    trainable weight does not exist or is 0 throughout: a detached layer may well be hidden by the others'
    fit. batch_size: by default all rows at once. The result is true or false by itself.

    >>> import afina
    >>> from afina import layers
    >>> model = afina.Sequential([layers.Dense(16, "tanh", input_shape=(2,)), layers.Dense(1)])
    >>> model.compile(afina.optimizers.Adam(0.05), "mse")
    >>> x = np.random.default_rng(0).normal(size=(8, 2))
    >>> bool(overfit_check(model, x, x[:, :1] * x[:, 1:]))
    True
    """
    check_compiled(model, "overfit_check")
    check_counts("overfit_check", 1, optional=False, epochs=epochs)
    if isinstance(tol, bool) or not isinstance(tol, (int, float)) or not 0 < tol < math.inf:
        raise ArgumentError(f"overfit_check: tol must be a finite cost above 0, got {tol!r}")
    rows = len(x) if not isinstance(x, (list, tuple, dict)) else None
    size = batch_size or rows or 64
    with preserved(model, "overfit_check", x, y):
        unreached = _unreached(model, x, y)
        loss, used = math.inf, 0
        while used < epochs and not loss < tol and not math.isnan(loss):
            model.fit(x, y, batch_size=size, epochs=1, verbose=0)
            loss = float(np.ravel(model.evaluate(x, y, batch_size=size, verbose=0))[0])
            used += 1
    reason = ""
    if unreached:
        reason = f"no gradient reaches {', '.join(unreached)}"
    elif not loss < tol:
        reason = f"the cost is {loss:.4g} after {used} epochs, not below {tol:g}"
    return OverfitCheck(not reason, loss, used, reason, unreached)


def _unreached(model: Any, x: Any, y: Any) -> tuple[str, ...]:
    """Trainable weights whose gradient is missing, or 0 in every element, in inference mode (no dropout)."""
    step, batch = model._step, model._one_batch(x, y, None, None)
    step.check_labels(batch)
    trainable = step.compiled.trainable
    model._ready(step.compiled)
    loss, _, _ = step.computation.forward(batch)
    if not loss.requires_grad:
        return tuple(weight.path for weight in trainable)
    found = gradients(loss, trainable)
    return tuple(
        weight.path
        for weight, gradient in zip(trainable, found, strict=True)
        if gradient is None or not gradient.numpy().any()
    )
