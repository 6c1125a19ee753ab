"""What the page says first: where the run stands and what to turn next."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass

from ...errors import FileFormatError
from ..gaps import NONE, diagnose
from ..health_advice import health_advice
from .run_folder import RunFolder

ACCURACIES = ("accuracy", "acc", "binary_accuracy", "categorical_accuracy", "sparse_categorical_accuracy")
SMALL_ERROR = 0.02  # gaps below do not make a problem
STILL_FALLING = 0.01  # of the loss per epoch, in the last quarter
PAST_BEST = 0.25  # of the epochs since the best one


@dataclass(frozen=True)
class Advice:
    """One box: a headline, what was seen, what to do; `good` when there is nothing to do."""

    headline: str
    seen: str
    steps: tuple[str, ...] = ()
    good: bool = False


def advice_of(run: RunFolder) -> list[Advice]:
    """The boxes of the page, the most telling first."""
    found = [*_gap(run), *_health(run), *_epochs(run)]
    return found or [
        Advice("Nothing to advise", "the run left no validation curve and no health log", good=True)
    ]


def best_epoch(run: RunFolder) -> int | None:
    """The place of the lowest validation loss."""
    losses = run.curves.get("val_loss", [])
    finite = [n for n, value in enumerate(losses) if math.isfinite(value)]
    return min(finite, key=lambda n: losses[n]) if finite else None


def _gap(run: RunFolder) -> list[Advice]:
    """Bias against variance, from the accuracies of the best epoch."""
    errors = run.run.get("errors")
    if isinstance(errors, dict) and all(
        isinstance(errors.get(name), (int, float)) for name in ("training", "validation")
    ):
        return [_judged(float(errors["training"]), float(errors["validation"]), "of the finished model")]
    name = next((one for one in ACCURACIES if f"val_{one}" in run.curves and one in run.curves), None)
    place = best_epoch(run)
    if name is None or place is None:
        return []
    train, held = 1 - run.curves[name][place], 1 - run.curves[f"val_{name}"][place]
    if not (0 <= train <= 1 and 0 <= held <= 1):
        return []
    when = f"in epoch {run.epochs[place]:.0f}; dropout and augmentation raise the first"
    return [_judged(train, held, when)]


def _judged(train: float, held: float, when: str) -> Advice:
    if not (0 <= train <= 1 and 0 <= held <= 1):
        raise FileFormatError(f"report: errors must lie in [0, 1], got {train} and {held}")
    found = diagnose(train, held, tolerance=SMALL_ERROR)
    seen = (
        f"training error {train:.1%}, validation error {held:.1%} {when}, against an assumed human error of 0"
    )
    if found.problem == NONE:
        return Advice("Training and validation error are both low", seen, good=True)
    return Advice(f"Work on {found.problem}: {found.goal}", seen, found.remedies)


def _health(run: RunFolder) -> list[Advice]:
    """The findings of the last record."""
    if not run.health:
        return []
    found = health_advice(run.health[-1]["layers"])
    if not found:
        seen = "in the last batch that was looked at"
        return [Advice("Gradients and activations are healthy", seen, good=True)]
    return [Advice(one.problem.capitalize(), one.seen, tuple(one.remedy.split("; "))) for one in found]


def _epochs(run: RunFolder) -> list[Advice]:
    """Too few epochs, too many, or a cost that is no number."""
    losses, held = run.curves.get("loss", []), run.curves.get("val_loss", [])
    if any(not math.isfinite(value) for value in losses):
        steps = (
            "lower the learning rate",
            "clip gradients",
            "add TerminateOnNaN to see the layer and the batch",
        )
        return [Advice("The training cost became NaN or infinite", f"{len(losses)} epochs", steps)]
    place = best_epoch(run)
    if place is None or len(losses) < 4:
        return []
    since = len(held) - 1 - place
    if since >= max(2, PAST_BEST * len(held)):
        seen = (
            f"the validation cost was lowest in epoch {run.epochs[place]:.0f}, {since} epochs before the end"
        )
        return [
            Advice("Stop earlier", seen, ('EarlyStopping(patience=3, restore="best")', "more regularization"))
        ]
    if since == 0 and _slope(held) < -STILL_FALLING:
        seen = f"the validation cost still falls by {-_slope(held):.1%} an epoch"
        return [
            Advice(
                "Train longer", seen, ("more epochs: --resume continues this run", "a larger learning rate")
            )
        ]
    return []


def _slope(values: Sequence[float]) -> float:
    """Relative change per epoch over the last quarter."""
    part = values[-max(2, len(values) // 4) :]
    if not all(math.isfinite(value) and value > 0 for value in part):
        return 0.0
    return float((part[-1] / part[0]) ** (1 / (len(part) - 1)) - 1)
