"""What 'better' means for a monitored quantity."""

from __future__ import annotations

from typing import Any

from ..errors import ArgumentError
from .callback import Logs

MODES = ("auto", "min", "max")
GROWING = ("acc", "auc", "precision", "recall", "f1", "cosine")


class Monitor:
    """Reads one quantity from logs and compares; "auto" maximizes accuracies, AUC, F1 and their like."""

    def __init__(self, owner: str, name: str, mode: str = "auto", min_delta: float = 0.0) -> None:
        if mode not in MODES:
            raise ArgumentError(f"{owner}: mode must be one of {MODES}, got {mode!r}")
        self.owner = owner
        self.name = name
        self.maximizes = mode == "max" or (mode == "auto" and any(word in name.lower() for word in GROWING))
        self.min_delta = abs(min_delta)

    @property
    def worst(self) -> float:
        """A value that any number improves on."""
        return float("-inf") if self.maximizes else float("inf")

    def better(self, value: float, best: float) -> bool:
        """Whether `value` improves on `best` by more than min_delta."""
        return value - self.min_delta > best if self.maximizes else value + self.min_delta < best

    def value(self, logs: Logs | None) -> float:
        """The quantity in the logs; `ArgumentError` lists what there is when it is missing."""
        logs = logs or {}
        if self.name not in logs:
            hint = "; pass validation_data to fit" if self.name.startswith("val_") else ""
            known = ", ".join(sorted(logs)) or "nothing"
            raise ArgumentError(f"{self.owner}: monitors {self.name!r} but there is only {known}{hint}")
        value: Any = logs[self.name]
        return float(value)
