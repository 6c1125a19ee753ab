"""Optuna as an engine."""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from typing import Any

from ..errors import ArgumentError
from ..refusal import shown
from ..utils.optional import import_optional
from .engines import Engine, Proposal, check_least
from .spaces import Choice, SearchSpace
from .trial import Outcome


class Optuna(Engine):
    """`trials` chosen by Optuna (`pip install 'afina[search]'`), `batch` at a time.

    sampler: "tpe" (Optuna's default: Bergstra et al. 2011), or a function of a seed that returns a sampler.
    Each time Optuna is told all finished trials and asked for the next ones with a seed that depends on their
    number alone, so that a search can be resumed. It sees intervals as the unit interval of their scale.
    """

    def __init__(self, trials: int = 20, batch: int = 1, sampler: str | Callable[[int], Any] = "tpe") -> None:
        check_least("Optuna", 1, trials=trials, batch=batch)
        if sampler != "tpe" and not callable(sampler):
            raise ArgumentError(
                f'Optuna: sampler must be "tpe" or a function of a seed, got {shown(sampler)}'
            )
        self.trials = trials
        self.batch = batch
        self.sampler = sampler

    def propose(
        self, space: SearchSpace, finished: Sequence[Outcome], scores: Sequence[float], seed: int
    ) -> list[Proposal]:
        count = min(self.batch, self.trials - len(finished))
        if count <= 0:
            return []
        optuna: Any = import_optional("optuna", "the engine Optuna")
        before = optuna.logging.get_verbosity()
        optuna.logging.set_verbosity(optuna.logging.WARNING)
        try:
            return self._ask(optuna, count, space, finished, scores, seed)
        finally:
            optuna.logging.set_verbosity(before)

    def _ask(
        self,
        optuna: Any,
        count: int,
        space: SearchSpace,
        finished: Sequence[Outcome],
        scores: Sequence[float],
        seed: int,
    ) -> list[Proposal]:
        scales = {
            name: optuna.distributions.CategoricalDistribution(range(len(one.options)))
            if isinstance(one, Choice)
            else optuna.distributions.FloatDistribution(0.0, 1.0)
            for name, one in space.items()
        }
        study = optuna.create_study(direction="maximize", sampler=self._sampler(optuna, seed + len(finished)))
        states = optuna.trial.TrialState
        for outcome, score in zip(finished, scores, strict=True):
            told = score > -math.inf
            places = {name: _place(one, outcome.parameters[name]) for name, one in space.items()}
            study.add_trial(
                optuna.trial.create_trial(
                    params=places,
                    distributions=scales,
                    value=score if told else None,
                    state=states.COMPLETE if told else states.FAIL,
                )
            )
        asked = [study.ask(scales).params for _ in range(count)]
        return [
            Proposal(len(finished) + n, {name: _value(one, places[name]) for name, one in space.items()})
            for n, places in enumerate(asked)
        ]

    def _sampler(self, optuna: Any, seed: int) -> Any:
        seed %= 1 << 32
        return self.sampler(seed) if callable(self.sampler) else optuna.samplers.TPESampler(seed=seed)

    def describe(self) -> dict[str, Any]:
        name = getattr(self.sampler, "__name__", self.sampler)
        return {**super().describe(), "sampler": str(name)}


def _place(one: Any, value: Any) -> Any:
    return one.options.index(value) if isinstance(one, Choice) else one.place(value)


def _value(one: Any, place: Any) -> Any:
    return one.options[place] if isinstance(one, Choice) else one.at(place)
