"""How the next trials are chosen: each engine is a function of the trials that are finished.

`propose(space, finished, scores, seed)` returns the next round, which may run in any order and in parallel;
an empty round ends the search. Because nothing else is remembered, a search that was stopped goes on as if it
had not been, and parallel trials are the same as serial ones.
"""

from __future__ import annotations

import itertools
import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from ..checked import Checked
from ..data.order import generator
from ..errors import ArgumentError
from ..refusal import shown
from .spaces import SearchSpace, Space
from .trial import Outcome


@dataclass(frozen=True)
class Proposal:
    """A set of parameters to try, with the epochs to spend on it (None: the objective's own)."""

    configuration: int
    parameters: dict[str, Any]
    budget: int | None = None


class Engine(Checked):
    """Base of the engines."""

    def propose(
        self, space: SearchSpace, finished: Sequence[Outcome], scores: Sequence[float], seed: int
    ) -> list[Proposal]:
        """The next round after `finished`, whose scores (larger is better, -inf for failed) are `scores`."""
        raise NotImplementedError

    def describe(self) -> dict[str, Any]:
        """Class and arguments in JSON's types."""
        return {"class_name": type(self).__name__, **vars(self)}


def check_least(owner: str, bound: int, /, **counts: int) -> None:
    """Raise `ArgumentError` for a count below `bound`."""
    for name, count in counts.items():
        if count < bound:
            raise ArgumentError(f"{owner}: {name} must be at least {bound}, got {count!r}")


def sampled(space: SearchSpace, seed: int, number: int) -> dict[str, Any]:
    """The parameters of configuration `number`: a function of the seed and the number alone."""
    draws = generator(seed, 0, number)
    return {name: one.sample(draws) for name, one in space.items()}


class Grid(Engine):
    """Every combination once: `points` values of each interval, every option of each choice.

    `points` may be a dict by name. The last hyperparameter changes fastest.

    >>> from afina.search import Choice, Linear
    >>> space = {"rate": Linear(0.0, 0.5), "optimizer": Choice(["sgd", "adam"])}
    >>> [tuple(p.parameters.values()) for p in Grid(points=2).propose(space, [], [], 0)]
    [(0.0, 'sgd'), (0.0, 'adam'), (0.5, 'sgd'), (0.5, 'adam')]
    """

    def __init__(self, points: int | Mapping[str, int] = 3) -> None:
        counts = points.values() if isinstance(points, Mapping) else [points]
        for count in counts:
            if isinstance(count, bool) or not isinstance(count, int) or count < 1:
                raise ArgumentError(f"Grid: points must be whole numbers of at least 1, got {shown(points)}")
        self.points = dict(points) if isinstance(points, Mapping) else points

    def propose(
        self, space: SearchSpace, finished: Sequence[Outcome], scores: Sequence[float], seed: int
    ) -> list[Proposal]:
        if finished:
            return []
        if isinstance(self.points, dict):
            unknown = [name for name in self.points if name not in space]
            if unknown:
                raise ArgumentError(f"Grid: points names {unknown[0]!r}; the space has {list(space)}")
        axes = [one.grid(self._points(name)) for name, one in space.items()]
        products = itertools.product(*axes)
        return [Proposal(n, dict(zip(space, values, strict=True))) for n, values in enumerate(products)]

    def _points(self, name: str) -> int:
        return self.points if isinstance(self.points, int) else self.points.get(name, 3)


class Random(Engine):
    """`trials` independent draws from the space.

    >>> from afina.search import Log
    >>> len(Random(trials=5).propose({"rate": Log(1e-4, 1.0)}, [], [], 0))
    5
    """

    def __init__(self, trials: int = 20) -> None:
        check_least("Random", 1, trials=trials)
        self.trials = trials

    def propose(
        self, space: SearchSpace, finished: Sequence[Outcome], scores: Sequence[float], seed: int
    ) -> list[Proposal]:
        if finished:
            return []
        return [Proposal(number, sampled(space, seed, number)) for number in range(self.trials)]


class CoarseToFine(Engine):
    """Random draws, then again in a box around the best, `rounds` times (deck D2: zoom in, sample denser).

    After each round of `trials` the box becomes `shrink` times as wide on every scale, centred on the `keep`
    best trials so far and shifted to stay inside the box before; a choice keeps the options they have.

    >>> from afina.search import Linear
    >>> CoarseToFine(keep=1, shrink=0.5).zoomed({"x": Linear(0.0, 1.0)}, [{"x": 0.6}])
    {'x': Linear(low=0.35, high=0.85, integer=False)}
    """

    def __init__(self, trials: int = 10, rounds: int = 2, keep: int = 3, shrink: float = 0.4) -> None:
        check_least("CoarseToFine", 1, trials=trials, rounds=rounds, keep=keep)
        if not 0 < shrink < 1:
            raise ArgumentError(f"CoarseToFine: shrink must lie between 0 and 1, got {shrink!r}")
        self.trials = trials
        self.rounds = rounds
        self.keep = keep
        self.shrink = shrink

    def propose(
        self, space: SearchSpace, finished: Sequence[Outcome], scores: Sequence[float], seed: int
    ) -> list[Proposal]:
        done = len(finished) // self.trials
        if done >= self.rounds:
            return []
        box = self.box(space, finished, scores)
        first = done * self.trials
        numbers = range(first, first + self.trials)
        return [Proposal(number, sampled(box, seed, number)) for number in numbers]

    def box(self, space: SearchSpace, finished: Sequence[Outcome], scores: Sequence[float]) -> SearchSpace:
        """Where the round after `finished` is drawn from."""
        box = space
        for count in range(self.trials, len(finished) + 1, self.trials):
            best = sorted(range(count), key=lambda n: -scores[n])[: self.keep]
            inside = [finished[n].parameters for n in best if scores[n] > -math.inf]
            box = self.zoomed(box, inside) if inside else box
        return box

    def zoomed(self, space: SearchSpace, best: Sequence[Mapping[str, Any]]) -> dict[str, Space]:
        """The box around the parameter sets `best`."""
        return {name: one.zoomed([each[name] for each in best], self.shrink) for name, one in space.items()}


class SuccessiveHalving(Engine):
    """Many with few epochs, the best of them with `factor` times as many, and so on (Jamieson and Talwalkar
    2016).

    `trials` sets of parameters begin with `least` epochs (`trial.budget`); each round keeps the best 1 /
    `factor` and multiplies the epochs, up to `most`. An objective that keeps checkpoints in `trial.folder`
    goes on where the last round stopped: its configuration, and so its folder, are the same.

    >>> SuccessiveHalving(trials=9, least=1, most=9, factor=3).rounds()
    [(9, 1), (3, 3), (1, 9)]
    """

    def __init__(self, trials: int = 27, least: int = 1, most: int = 27, factor: int = 3) -> None:
        check_least("SuccessiveHalving", 1, trials=trials, least=least)
        check_least("SuccessiveHalving", 2, factor=factor)
        if most < least:
            raise ArgumentError(f"SuccessiveHalving: most must be at least least={least}, got {most!r}")
        self.trials = trials
        self.least = least
        self.most = most
        self.factor = factor

    def rounds(self) -> list[tuple[int, int]]:
        """(configurations, epochs) of each round."""
        found = [(self.trials, self.least)]
        while found[-1][0] // self.factor >= 1 and found[-1][1] < self.most:
            count, epochs = found[-1]
            found.append((count // self.factor, min(epochs * self.factor, self.most)))
        return found

    def propose(
        self, space: SearchSpace, finished: Sequence[Outcome], scores: Sequence[float], seed: int
    ) -> list[Proposal]:
        begin = 0
        survivors = [Proposal(n, sampled(space, seed, n)) for n in range(self.trials)]
        for count, epochs in self.rounds():
            wanted = [Proposal(p.configuration, p.parameters, epochs) for p in survivors[:count]]
            if begin >= len(finished):
                return wanted
            ranked = sorted(range(begin, begin + len(wanted)), key=lambda n: -scores[n])
            survivors = [wanted[n - begin] for n in ranked if scores[n] > -math.inf]
            begin += len(wanted)
            if not survivors:
                return []
        return []
