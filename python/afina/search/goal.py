"""What a search is after: one number to optimize, and others that only have to be good enough."""

from __future__ import annotations

import math
import operator
import re
from collections.abc import Mapping, Sequence
from typing import Any

from ..callbacks.monitor import Monitor
from ..checked import Checked
from ..errors import ArgumentError
from ..refusal import shown

_TESTS = {"<": operator.lt, "<=": operator.le, ">": operator.gt, ">=": operator.ge}
_CONSTRAINT = re.compile(r"\s*(?P<name>[\w.\-/]+)\s*(?P<test><=|>=|<|>)\s*(?P<limit>\S+)\s*\Z")
Metrics = Mapping[str, float]


class Constraint(Checked):
    """A satisficing metric: `Constraint("milliseconds < 20")` is met or not, by how much does not count.

    >>> Constraint("milliseconds < 20").met({"milliseconds": 19.5})
    True
    """

    def __init__(self, text: str) -> None:
        found = _CONSTRAINT.match(text)
        try:
            self.limit = float(found["limit"]) if found else math.nan
        except ValueError:
            self.limit = math.nan
        if found is None or not math.isfinite(self.limit):
            raise ArgumentError(
                f'Constraint: text must be like "milliseconds < 20" (one of < <= > >=), got {text!r}'
            )
        self.text = text.strip()
        self.name = found["name"]
        self.test = found["test"]

    def met(self, metrics: Metrics) -> bool:
        """Whether the metrics satisfy it; `ArgumentError` when they have no such number."""
        if self.name not in metrics:
            raise ArgumentError(
                f"Constraint: {self.text!r} needs a metric {self.name!r}; there are {sorted(metrics)}"
            )
        return bool(_TESTS[self.test](metrics[self.name], self.limit))


class Goal(Checked):
    """N metrics as one to optimize and N - 1 to satisfy (deck D2).

    metric: the name of the one to optimize. mode: "max", "min" or "auto" (accuracies and their like grow,
    everything else falls). constraints: texts such as "milliseconds < 20".

    >>> goal = Goal("accuracy", constraints=["milliseconds < 20"])
    >>> goal.score({"accuracy": 0.9, "milliseconds": 5}), goal.score({"accuracy": 0.95, "milliseconds": 50})
    (0.9, -inf)
    """

    def __init__(self, metric: str, mode: str = "auto", constraints: Sequence[str | Constraint] = ()) -> None:
        if isinstance(constraints, str) or not isinstance(constraints, (list, tuple)):
            raise ArgumentError(
                f'Goal: constraints must be a list like ["time < 3"], got {shown(constraints)}'
            )
        self.metric = metric
        self.maximizes = Monitor("Goal", metric, mode).maximizes
        self.constraints = [one if isinstance(one, Constraint) else Constraint(one) for one in constraints]

    def value(self, metrics: Metrics) -> float:
        """The number to optimize; `ArgumentError` when it is missing."""
        if self.metric not in metrics:
            raise ArgumentError(f"Goal: optimizes {self.metric!r} but there are only {sorted(metrics)}")
        return float(metrics[self.metric])

    def score(self, metrics: Metrics) -> float:
        """Larger is better, whatever the mode; -inf for NaN and where a constraint is not met."""
        value = self.value(metrics)
        if math.isnan(value) or not self._satisfied(metrics):
            return -math.inf
        return value if self.maximizes else -value

    def _satisfied(self, metrics: Metrics) -> bool:
        met = [
            constraint.met(metrics) for constraint in self.constraints
        ]  # every one, to notice a missing metric
        return all(met)

    def describe(self) -> dict[str, Any]:
        """In JSON's types."""
        texts = [constraint.text for constraint in self.constraints]
        return {"metric": self.metric, "mode": "max" if self.maximizes else "min", "constraints": texts}


def select(
    candidates: Mapping[str, Metrics] | Sequence[Metrics],
    metric: str,
    mode: str = "auto",
    constraints: Sequence[str | Constraint] = (),
) -> Any:
    """The key (or index) of the best candidate that meets all constraints, None when there is none.

    >>> networks = {"large": {"accuracy": 0.95, "time": 150}, "small": {"accuracy": 0.9, "time": 8}}
    >>> select(networks, "accuracy", constraints=["time < 20"])
    'small'
    """
    goal = Goal(metric, mode, constraints)
    if isinstance(candidates, (str, bytes)) or not isinstance(candidates, (Mapping, Sequence)):
        raise ArgumentError(
            f"select: candidates must be a dict or a list of metrics, got {shown(candidates)}"
        )
    pairs = candidates.items() if isinstance(candidates, Mapping) else enumerate(candidates)
    scores: dict[Any, float] = {}
    for key, metrics in pairs:
        if not isinstance(metrics, Mapping):
            raise ArgumentError(f"select: candidates[{key!r}] must be a dict, got {shown(metrics)}")
        scores[key] = goal.score(metrics)
    best = max(scores, key=lambda key: scores[key], default=None)
    return None if best is None or scores[best] == -math.inf else best
