"""From training, development and human error to the next knob to turn (deck D2)."""

from __future__ import annotations

import math
from dataclasses import dataclass

from ..errors import ArgumentError
from ..refusal import shown

BIAS, VARIANCE, MISMATCH = "bias", "variance", "data mismatch"
OVERFITTED_DEV, NONE = "overfitted dev set", "none"
REAL_WORLD = "wrong goal"

# Orthogonalization: each goal has knobs of its own, so that turning one does not move the others.
GOALS = {
    BIAS: "fit the training set well",
    VARIANCE: "do as well on the dev set",
    MISMATCH: "do as well on data like the dev set's",
    OVERFITTED_DEV: "do as well on the test set",
    REAL_WORLD: "do well in the real world",
    NONE: "all goals are met",
}
REMEDIES = {
    BIAS: (
        "a bigger network",
        "train longer, or with a better optimizer (momentum, RMSprop, Adam)",
        "search for another architecture or other hyperparameters, another activation",
        "less regularization",
    ),
    VARIANCE: (
        "more data",
        "regularization: L2, dropout, data augmentation, early stopping",
        "search for another architecture or other hyperparameters",
        "a committee of several networks",
    ),
    MISMATCH: (
        "look at dev examples: what do they have that the training data have not?",
        "collect training data like the dev set's, or make some (augmentation, synthesis)",
        "move a part of the target data into training",
    ),
    OVERFITTED_DEV: ("a bigger dev set", "fewer decisions made on the same dev set"),
    REAL_WORLD: ("change the dev set", "change the cost function or the metric"),
    NONE: ("keep it, or set a harder goal",),
}
WORSE_THAN_HUMANS = (
    "get labels from humans",
    "look at errors by hand: why does a human do it right?",
    "analyse bias and variance again after each step",
)


@dataclass(frozen=True)
class Diagnosis:
    """The largest gap and what to do about it; `gaps` has them all, in the units of the errors.

    goal: what is not reached yet. remedies: the deck's knobs for it. advice: the remedies, and for a model
    that is worse than humans what they can do.
    """

    problem: str
    gaps: dict[str, float]
    worse_than_humans: bool

    @property
    def goal(self) -> str:
        """What is not reached yet."""
        return GOALS[self.problem]

    @property
    def remedies(self) -> tuple[str, ...]:
        """The knobs for that goal."""
        return REMEDIES[self.problem]

    @property
    def advice(self) -> tuple[str, ...]:
        """The remedies, and what humans can do while they are better."""
        return self.remedies + (WORSE_THAN_HUMANS if self.worse_than_humans else ())

    def __str__(self) -> str:
        gaps = ", ".join(f"{name} {gap:.4g}" for name, gap in self.gaps.items())
        lines = [f"work on {self.problem} ({gaps}): {self.goal}"]
        return "\n".join([*lines, *(f"  - {text}" for text in self.advice)])


def diagnose(
    train: float,
    dev: float,
    *,
    human: float = 0.0,
    train_dev: float | None = None,
    test: float | None = None,
    tolerance: float = 0.0,
    works_in_practice: bool = True,
) -> Diagnosis:
    """The next knob to turn, from error rates (all in one unit, percent say; smaller is better).

    bias = train - human: human error stands for the best possible (Bayes) error. variance = dev - train, or
    train_dev - train with an error on held-out data of the *training* distribution, when data mismatch = dev
    - train_dev. overfitted dev set = test - dev. The largest gap above `tolerance` is the problem; when all
    are below and `works_in_practice` is False, the dev set or the cost does not measure what matters.

    >>> diagnose(train=8, dev=10, human=1).problem, diagnose(train=8, dev=10, human=7.5).problem
    ('bias', 'variance')
    """
    errors = {"train": train, "dev": dev, "human": human, "train_dev": train_dev, "test": test}
    for name, value in [*errors.items(), ("tolerance", tolerance)]:
        if value is None and name in ("train_dev", "test"):
            continue
        if isinstance(value, bool) or not isinstance(value, (int, float)) or not 0 <= value < math.inf:
            raise ArgumentError(f"diagnose: {name} must be an error of at least 0, got {shown(value)}")
    middle = dev if train_dev is None else train_dev
    gaps = {BIAS: train - human, VARIANCE: middle - train}
    if train_dev is not None:
        gaps[MISMATCH] = dev - train_dev
    if test is not None:
        gaps[OVERFITTED_DEV] = test - dev
    problem = max(gaps, key=lambda name: gaps[name])
    if gaps[problem] <= tolerance:
        problem = NONE if works_in_practice else REAL_WORLD
    return Diagnosis(problem, gaps, dev > human)
