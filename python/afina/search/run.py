"""The search itself: rounds of trials, run, written down, ranked."""

from __future__ import annotations

import dataclasses
import os
import sys
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from ..data.order import check_seed, raw_numbers
from ..errors import ArgumentError, DTypeError
from ..refusal import shown
from .engines import Engine, Proposal, Random
from .execution import START_METHODS, Objective, execute
from .goal import Constraint, Goal
from .journal import MOST_STARTS, Journal
from .result import SearchResult, score
from .spaces import Space, check_space
from .trial import FAILED, Outcome, Trial


def run(
    objective: Objective,
    space: Mapping[str, Space | Sequence[Any]],
    engine: Engine | None = None,
    *,
    metric: str = "score",
    mode: str = "auto",
    constraints: Sequence[str | Constraint] = (),
    folder: str | os.PathLike[str] | None = None,
    seed: int = 0,
    workers: int | None = None,
    start_method: str = "fork",
    verbose: bool = False,
) -> SearchResult:
    """Find the hyperparameters in `space` whose trial has the best `metric` under the `constraints`.

    objective: a function of a `Trial` that returns a number (the metric "score", which `mode="auto"`
    minimizes like a loss) or a dict of metrics; `Training` makes one from a model. space: name -> `Linear`,
    `Log`, `Beta`, `Choice` or a list of options. engine: `Random(20)` by default; `Grid`, `CoarseToFine`,
    `SuccessiveHalving`, `Optuna`. metric, mode, constraints: see `Goal`. folder: gets `trials.jsonl`, synced
    after every trial, and a subfolder for each configuration; run again with the same arguments, the search
    goes on where it stopped. seed: fixes the draws and the seed set before each trial. workers: None runs the
    trials here, one after the other; a number runs that many at a time in processes of their own
    (`start_method`: "fork" needs nothing pickled), with the same results. A trial that raises, or whose
    process dies, is recorded as failed and the search goes on.

    >>> from afina import search
    >>> found = search.run(lambda trial: (trial["x"] - 0.3) ** 2, {"x": search.Linear(0, 1)}, search.Grid(11))
    >>> round(found.best["x"], 2)
    0.3
    """
    space = check_space("search.run", space)
    engine = Random() if engine is None else engine
    if not callable(objective):
        raise DTypeError(f"search.run: objective must be a function of a Trial, got {shown(objective)}")
    if not isinstance(engine, Engine):
        raise DTypeError(f"search.run: engine must be an Engine such as Random(20), got {shown(engine)}")
    if workers is not None and (isinstance(workers, bool) or not isinstance(workers, int) or workers < 1):
        raise ArgumentError(
            f"search.run: workers must be None or a whole number from 1, got {shown(workers)}"
        )
    if start_method not in START_METHODS:
        raise ArgumentError(
            f"search.run: start_method must be one of {START_METHODS}, got {shown(start_method)}"
        )
    goal = Goal(metric, mode, constraints)
    seed = check_seed(seed, "search.run")
    place = None if folder is None else Path(folder)
    journal = None if place is None else Journal(place, _description(space, engine, goal, seed))
    finished: list[Outcome] = []
    while True:
        scores = [score(goal, outcome) for outcome in finished]
        proposals = engine.propose(space, finished, scores, seed)
        if not proposals:
            return SearchResult(finished, space, goal)
        trials = [_trial(len(finished) + n, one, seed, place) for n, one in enumerate(proposals)]
        found = _round(objective, trials, goal, journal, workers, start_method, verbose)
        finished += [found[trial.number] for trial in trials]


def _round(
    objective: Objective,
    trials: Sequence[Trial],
    goal: Goal,
    journal: Journal | None,
    workers: int | None,
    start_method: str,
    verbose: bool,
) -> dict[int, Outcome]:
    """The outcomes of a round by number: those the journal has, and the others run now."""
    found: dict[int, Outcome] = {}
    pending = []
    for trial in trials:
        if journal is not None and trial.number in journal.outcomes:
            found[trial.number] = _recalled(journal, trial)
        elif journal is not None and journal.gave_up(trial.number):
            error = f"it was begun {MOST_STARTS} times and took its process down each time"
            found[trial.number] = Outcome.of(trial, {}, error, 0.0)
            journal.ended(found[trial.number])
        else:
            pending.append(trial)
    began = None if journal is None else journal.began
    for outcome in execute(objective, pending, workers, start_method, began):
        checked = _checked(goal, outcome)
        found[checked.number] = checked
        if journal is not None:
            journal.ended(checked)
        if verbose:
            _say(goal, checked)
    return found


def _checked(goal: Goal, outcome: Outcome) -> Outcome:
    """A trial without the metrics of the goal has failed, too."""
    try:
        score(goal, outcome)
    except ArgumentError as error:
        return dataclasses.replace(outcome, status=FAILED, error=str(error))
    return outcome


def _recalled(journal: Journal, trial: Trial) -> Outcome:
    outcome = journal.outcomes[trial.number]
    if outcome.parameters != trial.parameters or outcome.budget != trial.budget:
        raise ArgumentError(
            f"{journal.path}: trial {trial.number} tried {outcome.parameters}, this search would try "
            f"{trial.parameters}; give another folder"
        )
    return outcome


def _trial(number: int, proposal: Proposal, seed: int, folder: Path | None) -> Trial:
    own = int(raw_numbers(1, seed, 1 + proposal.configuration)[0] >> 32)
    place = None if folder is None else folder / f"configuration-{proposal.configuration:04d}"
    return Trial(number, proposal.configuration, proposal.parameters, own, proposal.budget, place)


def _description(space: Mapping[str, Space], engine: Engine, goal: Goal, seed: int) -> dict[str, Any]:
    spaces = {name: one.describe() for name, one in space.items()}
    return {"space": spaces, "engine": engine.describe(), "goal": goal.describe(), "seed": seed}


def _say(goal: Goal, outcome: Outcome) -> None:
    value = outcome.error or f"{goal.metric} {goal.value(outcome.metrics):.4g}"
    parameters = ", ".join(f"{name} {one}" for name, one in outcome.parameters.items())
    sys.stdout.write(f"trial {outcome.number}: {value} ({parameters}; {outcome.seconds:.1f} s)\n")
