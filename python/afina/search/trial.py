"""One trial: what it was asked to try, and what came of it."""

from __future__ import annotations

import dataclasses
from dataclasses import dataclass
from pathlib import Path
from typing import Any

DONE, FAILED = "done", "failed"


@dataclass(frozen=True)
class Trial:
    """What the objective is given; `trial["learning_rate"]` is a hyperparameter.

    configuration: number of the set of parameters; successive halving tries one again with a larger budget.
    budget: epochs granted by the engine, None where it leaves them to the objective. seed: of this
    configuration. folder: a place of its own to keep checkpoints in, None for a search without a folder.
    """

    number: int
    configuration: int
    parameters: dict[str, Any]
    seed: int
    budget: int | None = None
    folder: Path | None = None

    def __getitem__(self, name: str) -> Any:
        return self.parameters[name]


@dataclass(frozen=True)
class Outcome:
    """A finished trial: its metrics, or why it failed."""

    number: int
    configuration: int
    parameters: dict[str, Any]
    seed: int
    budget: int | None
    status: str
    metrics: dict[str, float]
    error: str | None = None
    seconds: float = 0.0

    def __getitem__(self, name: str) -> Any:
        return self.parameters[name]

    @classmethod
    def of(cls, trial: Trial, metrics: dict[str, float], error: str | None, seconds: float) -> Outcome:
        """The outcome of `trial`."""
        status = DONE if error is None else FAILED
        return cls(
            *(trial.number, trial.configuration, trial.parameters, trial.seed, trial.budget),
            *(status, metrics, error, seconds),
        )

    def as_dict(self) -> dict[str, Any]:
        """In JSON's types."""
        return dataclasses.asdict(self)
