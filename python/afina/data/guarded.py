"""A test set that can be used once (D3): the number it gives is honest the first time only."""

from __future__ import annotations

import json
import os
import time
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import numpy as np

from ..errors import AfinaError, ArgumentError, FileFormatError
from ..refusal import shown
from ..utils.json_lines import append_json_line


class GuardError(AfinaError, RuntimeError):
    """A guarded test set was asked for a second time."""


class GuardedTestSet:
    """Test data behind a door that opens once and writes down who went through.

    `x`, `y`: the data. `log`: a file of JSON lines that keeps the accesses, so that another run of the
    program counts as well; without one they are remembered in `accesses` only. The recipe: split; choose
    everything by cross-validation on the training rows; commit; train on all training rows; `evaluate` once.

    A second access raises `GuardError` unless `force=True`; it is logged either way.

    >>> guarded = GuardedTestSet(np.zeros((4, 2)), np.zeros(4))
    >>> x, y = guarded.open("final evaluation")
    >>> guarded.open("one more try")
    Traceback (most recent call last):
    afina.data.guarded.GuardError: GuardedTestSet: used before, for 'final evaluation'; ...
    """

    def __init__(self, x: Any, y: Any = None, *, log: str | os.PathLike[str] | None = None) -> None:
        if y is not None and hasattr(x, "__len__") and hasattr(y, "__len__") and len(x) != len(y):
            raise ArgumentError(f"GuardedTestSet: x has {len(x)} rows and y has {len(y)}")
        self._x, self._y = x, y
        self.log = None if log is None else Path(log)
        self.accesses: list[dict[str, Any]] = self._read()

    def __repr__(self) -> str:
        opened = sum(entry["granted"] for entry in self.accesses)
        return f"GuardedTestSet({len(self)} rows, {f'opened {opened} x' if opened else 'not opened yet'})"

    def __len__(self) -> int:
        return len(self._x)

    def open(self, purpose: str, *, force: bool = False) -> tuple[Any, Any]:
        """(x, y), once; `purpose` goes into the log."""
        self._enter(purpose, force)
        return self._x, self._y

    def evaluate(
        self, model: Any, purpose: str = "evaluation", *, force: bool = False, **options: Any
    ) -> Any:
        """`model.evaluate(x, y, **options)`, once; the result goes into the log."""
        if not hasattr(model, "evaluate"):
            raise ArgumentError(f"GuardedTestSet: model must have evaluate, got {shown(model)}")
        entry = self._enter(purpose, force)
        result = model.evaluate(self._x, self._y, **options)
        entry["result"] = _plain(result)
        self._write({"result_of": entry["number"], "result": entry["result"]})
        return result

    def _enter(self, purpose: str, force: bool) -> dict[str, Any]:
        if not isinstance(purpose, str) or not purpose:
            raise ArgumentError(f"GuardedTestSet: purpose must be a text, got {purpose!r}")
        allowed = [entry for entry in self.accesses if entry["granted"]]
        granted = not allowed or force
        entry: dict[str, Any] = {
            "number": len(self.accesses) + 1,
            "time": time.strftime("%Y-%m-%dT%H:%M:%S%z"),
            "purpose": purpose,
            "forced": bool(force),
            "granted": granted,
        }
        self.accesses.append(entry)
        self._write(entry)
        if not granted:
            raise GuardError(
                f"GuardedTestSet: used before, for {allowed[0]['purpose']!r}; a second number is no honest "
                "estimate. Choose by validation data, or pass force=True and say so"
            )
        return entry

    def _write(self, entry: Mapping[str, Any]) -> None:
        if self.log is not None:
            append_json_line(self.log, entry)

    def _read(self) -> list[dict[str, Any]]:
        if self.log is None or not self.log.exists():
            return []
        found: dict[int, dict[str, Any]] = {}
        for number, line in enumerate(self.log.read_text(encoding="utf-8").splitlines(), 1):
            try:
                entry = json.loads(line)
                if "result_of" in entry:
                    found[entry["result_of"]]["result"] = entry["result"]
                else:
                    found[entry["number"]] = {
                        **entry,
                        "granted": bool(entry["granted"]),
                        "purpose": str(entry["purpose"]),
                    }
            except (ValueError, KeyError, TypeError) as error:
                raise FileFormatError(
                    f"GuardedTestSet: line {number} of {self.log} is no access: {line[:60]!r}"
                ) from error
        return list(found.values())


def _plain(result: Any) -> Any:
    """A result of `evaluate` as JSON-able numbers."""
    if isinstance(result, Mapping):
        return {str(key): _plain(value) for key, value in result.items()}
    if isinstance(result, (list, tuple)):
        return [_plain(value) for value in result]
    return float(np.asarray(result))
