"""What a search found: the best trial, a table, and what mattered."""

from __future__ import annotations

import math
import os
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import numpy as np

from ..errors import ArgumentError
from ..utils.optional import import_optional
from .goal import Goal
from .spaces import Choice, Space
from .trial import DONE, Outcome

COLOR, BEST_COLOR, FAILED_COLOR = "#1f5fa8", "#d9622b", "#999999"
PANEL_INCHES = (3.6, 3.0)
MOST_GROUPS = 4  # of a numeric hyperparameter's values, when asking how much it explains


class SearchResult:
    """`outcomes` in the order of their numbers, and what can be read from them."""

    def __init__(self, outcomes: Sequence[Outcome], space: Mapping[str, Space], goal: Goal) -> None:
        self.outcomes = list(outcomes)
        self.space = dict(space)
        self.goal = goal
        self.scores = [score(goal, outcome) for outcome in outcomes]

    @property
    def best(self) -> Outcome | None:
        """The outcome with the best metric among those that meet every constraint; None when none does."""
        place = max(range(len(self.outcomes)), key=lambda n: self.scores[n], default=None)
        return None if place is None or self.scores[place] == -math.inf else self.outcomes[place]

    @property
    def failed(self) -> list[Outcome]:
        """The trials that raised or died."""
        return [outcome for outcome in self.outcomes if outcome.status != DONE]

    def importance(self) -> dict[str, float]:
        """The share of the score's variance that each hyperparameter explains alone, largest first.

        omega^2 = (SSB - (k - 1) MSW) / (SST + MSW) over k groups of alike values (Hays 1963): 1 when the
        score is a function of the group, about 0 (cut there) when it does not matter. Groups are the options
        of a choice, or up to four equal parts of a numeric hyperparameter's values.
        """
        kept = [n for n, value in enumerate(self.scores) if math.isfinite(value)]
        values = np.array([self.scores[n] for n in kept])
        shares = {}
        for name, one in self.space.items():
            places = np.array([one.place(self.outcomes[n].parameters[name]) for n in kept])
            shares[name] = _omega_squared(_groups(places, isinstance(one, Choice)), values)
        return dict(sorted(shares.items(), key=lambda item: -item[1]))

    def table(self, rows: int | None = 20) -> str:
        """The trials as text, the best first; `rows=None` shows all."""
        order = sorted(range(len(self.outcomes)), key=lambda n: (-self.scores[n], n))
        metrics = list(dict.fromkeys(name for outcome in self.outcomes for name in outcome.metrics))
        head = ["trial", *self.space, *metrics, ""]
        lines = [head]
        for n in order[:rows]:
            outcome = self.outcomes[n]
            note = "" if math.isfinite(self.scores[n]) else outcome.error or "a constraint is not met"
            numbers = [_short(outcome.metrics.get(name)) for name in metrics]
            lines.append(
                [
                    str(outcome.number),
                    *(_short(outcome.parameters[name]) for name in self.space),
                    *numbers,
                    note[:60],
                ]
            )
        widths = [max(len(line[column]) for line in lines) for column in range(len(head))]
        texts = [
            "  ".join(cell.ljust(width) for cell, width in zip(line, widths, strict=True)) for line in lines
        ]
        if rows is not None and len(order) > rows:
            texts.append(f"... and {len(order) - rows} more")
        return "\n".join(text.rstrip() for text in texts)

    def plot(self, path: str | os.PathLike[str] | None = None) -> Any:
        """One panel for each hyperparameter, the one that mattered most first; returns the matplotlib figure.

        Needs matplotlib (`pip install 'afina[plots]'`); `ArgumentError` when no trial succeeded.
        """
        shares = self.importance()
        kept = [outcome for outcome in self.outcomes if self.goal.metric in outcome.metrics]
        if not kept:
            raise ArgumentError("SearchResult.plot: no trial has a result to draw")
        module = import_optional("matplotlib.figure", "drawing a search")
        columns = min(len(shares), 3)
        lines = -(-len(shares) // columns)
        size = (PANEL_INCHES[0] * columns, PANEL_INCHES[1] * lines)
        figure = module.Figure(figsize=size, layout="constrained")
        panels = figure.subplots(lines, columns, squeeze=False, sharey=True)
        for axes in panels.flat[len(shares) :]:
            axes.set_visible(False)
        for n, (axes, (name, share)) in enumerate(zip(panels.flat, shares.items(), strict=False)):
            self._draw(axes, name, kept)
            axes.set_title(f"{name}: explains {share:.0%}", fontsize=10)
            if n % columns == 0:
                axes.set_ylabel(self.goal.metric.replace("_", " "))
        if path is not None:
            Path(path).parent.mkdir(parents=True, exist_ok=True)
            figure.savefig(path, dpi=120)
        return figure

    def _draw(self, axes: Any, name: str, kept: Sequence[Outcome]) -> None:
        one = self.space[name]
        scored = {outcome.number: value for outcome, value in zip(self.outcomes, self.scores, strict=True)}
        for outcome in kept:
            value = outcome.parameters[name]
            place = one.options.index(value) if isinstance(one, Choice) else value
            good = math.isfinite(scored[outcome.number])
            style = {"color": COLOR, "marker": "o"} if good else {"color": FAILED_COLOR, "marker": "x"}
            axes.plot([place], [outcome.metrics[self.goal.metric]], linestyle="", markersize=5, **style)
        if self.best is not None:
            value = self.best.parameters[name]
            place = one.options.index(value) if isinstance(one, Choice) else value
            height = self.best.metrics[self.goal.metric]
            axes.plot(
                [place], [height], "o", color=BEST_COLOR, markersize=9, fillstyle="none", markeredgewidth=2
            )
        if isinstance(one, Choice):
            axes.set_xticks(range(len(one.options)), [_short(option) for option in one.options])
            axes.set_xlim(-0.5, len(one.options) - 0.5)
        elif one.logarithmic:
            axes.set_xscale("log")
        axes.grid(alpha=0.3)
        axes.spines[["top", "right"]].set_visible(False)

    def __repr__(self) -> str:
        best = self.best
        found = "none meets the goal" if best is None else f"best {_short(self.goal.value(best.metrics))}"
        return f"<SearchResult of {len(self.outcomes)} trials, {len(self.failed)} failed, {found}>"


def score(goal: Goal, outcome: Outcome) -> float:
    """The goal's score of an outcome; -inf for a failed one."""
    return goal.score(outcome.metrics) if outcome.status == DONE else -math.inf


def _groups(places: Any, is_choice: bool) -> Any:
    """A group number for each place: options, or parts of equal counts with at least three members."""
    if is_choice or len(np.unique(places)) <= MOST_GROUPS:
        return np.unique(places, return_inverse=True)[1].reshape(-1)
    count = max(2, min(MOST_GROUPS, len(places) // 3))
    edges = np.quantile(places, np.linspace(0, 1, count + 1)[1:-1])
    return np.searchsorted(edges, places, side="right")


def _omega_squared(groups: Any, values: Any) -> float:
    """How much of the values' variance the groups explain, corrected for their number."""
    names = np.unique(groups)
    free = len(values) - len(names)
    total = float(np.sum((values - values.mean()) ** 2)) if len(values) else 0.0
    if len(names) < 2 or free < 1 or total == 0.0:
        return 0.0
    within = sum(float(np.sum((values[groups == g] - values[groups == g].mean()) ** 2)) for g in names)
    error = within / free
    return max(0.0, (total - within - (len(names) - 1) * error) / (total + error))


def _short(value: Any) -> str:
    return f"{value:.4g}" if isinstance(value, float) else "" if value is None else str(value)
