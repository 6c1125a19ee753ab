"""Trials one after the other in this process, or several at a time in processes of their own."""

from __future__ import annotations

import contextlib
import multiprocessing
import pickle
import signal
import time
import traceback
import warnings
from collections.abc import Callable, Iterator, Mapping, Sequence
from multiprocessing.connection import wait
from typing import Any

import numpy as np

from ..errors import ArgumentError, DTypeError
from ..refusal import shown
from ..utils.seed import set_random_seed
from .trial import Outcome, Trial

Objective = Callable[[Trial], Any]
START_METHODS = ("fork", "forkserver", "spawn")


def execute(
    objective: Objective,
    trials: Sequence[Trial],
    workers: int | None,
    start_method: str,
    began: Callable[[Trial], None] | None,
) -> Iterator[Outcome]:
    """The outcomes as they come; `began` is told before each trial, if given."""
    if workers is None:
        for trial in trials:
            if began is not None:
                began(trial)
            yield attempt(objective, trial)
    else:
        yield from _in_processes(objective, trials, workers, start_method, began)


def attempt(objective: Objective, trial: Trial) -> Outcome:
    """Run one trial here; an exception becomes a failed outcome."""
    started = time.perf_counter()
    metrics: dict[str, float] = {}
    error = None
    try:
        set_random_seed(trial.seed)
        metrics = as_metrics(objective(trial))
    except Exception as raised:  # whatever a trial does wrong, the search goes on
        place = traceback.extract_tb(raised.__traceback__)[-1]
        error = f"{type(raised).__name__}: {raised} ({place.name}, line {place.lineno} of {place.filename})"
    return Outcome.of(trial, metrics, error, time.perf_counter() - started)


def as_metrics(value: Any) -> dict[str, float]:
    """A number as {"score": number}, a dict of numbers as it is.

    >>> as_metrics(0.5)
    {'score': 0.5}
    """
    given = value if isinstance(value, Mapping) else {"score": value}
    for name, one in given.items():
        if isinstance(one, bool) or not isinstance(one, (int, float, np.integer, np.floating)):
            raise ArgumentError(f"search: the objective must return numbers, got {name!r}: {shown(one)}")
    return {str(name): float(one) for name, one in given.items()}


def _in_processes(
    objective: Objective,
    trials: Sequence[Trial],
    workers: int,
    start_method: str,
    began: Callable[[Trial], None] | None,
) -> Iterator[Outcome]:
    """At most `workers` children at a time, one for each trial: one that dies takes nothing with it."""
    context = multiprocessing.get_context(start_method)
    waiting = list(reversed(trials))
    running: dict[Any, tuple[Any, Trial, float]] = {}
    try:
        while waiting or running:
            while waiting and len(running) < workers:
                trial = waiting.pop()
                if began is not None:
                    began(trial)
                ours, theirs = context.Pipe(duplex=False)
                process = context.Process(target=_child, args=(theirs, objective, trial))  # type: ignore[attr-defined]
                with warnings.catch_warnings():  # newer Pythons warn of forks beside threads; ours are safe
                    warnings.simplefilter("ignore", DeprecationWarning)
                    _start(process, start_method)
                theirs.close()
                running[ours] = (process, trial, time.perf_counter())
            ready: list[Any] = wait(list(running))
            for ours in ready:
                process, trial, started = running.pop(ours)
                yield _heard(ours, process, trial, time.perf_counter() - started)
    finally:  # also when the search is stopped by Ctrl-C
        for process, _, _ in running.values():
            process.terminate()
            process.join()


def _start(process: Any, start_method: str) -> None:
    """Start a child; what cannot be sent to it is named."""
    try:
        process.start()
    except (pickle.PicklingError, AttributeError, TypeError) as error:
        raise DTypeError(
            f"search.run: the objective cannot be sent to a process (start_method={start_method!r} pickles "
            f'it; "fork" does not): {error}'
        ) from error


def _heard(ours: Any, process: Any, trial: Trial, seconds: float) -> Outcome:
    """What the child sent, or how it died."""
    outcome = None
    with contextlib.suppress(EOFError, OSError):
        outcome = ours.recv()
    ours.close()
    process.join()
    if outcome is not None:
        return outcome  # type: ignore[no-any-return]
    code = process.exitcode
    reason = f"signal {signal.Signals(-code).name}" if code < 0 else f"exit status {code}"
    return Outcome.of(trial, {}, f"its process ended by {reason} without a result", seconds)


def _child(theirs: Any, objective: Objective, trial: Trial) -> None:
    signal.signal(signal.SIGINT, signal.SIG_IGN)  # Ctrl-C goes to the parent, which ends its children
    theirs.send(attempt(objective, trial))
    theirs.close()
