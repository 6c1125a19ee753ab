"""The journal of a search: one JSON object a line, each on the disk before the next trial counts on it."""

from __future__ import annotations

import dataclasses
import json
import os
from pathlib import Path
from typing import Any

from ..errors import ArgumentError, FileFormatError
from ..utils.json_lines import append_json_line
from .trial import Outcome, Trial

NAME = "trials.jsonl"
FORMAT = 1
MOST_STARTS = 3  # a trial that was begun this often and never ended has killed its process each time


class Journal:
    """`folder/trials.jsonl`: what the search is, then which trials began and how they ended.

    A last line that was cut off by a crash is dropped; any other damage raises `FileFormatError`. A journal
    of another search (space, engine, goal or seed) raises `ArgumentError`.
    """

    def __init__(self, folder: Path, description: dict[str, Any]) -> None:
        self.path = folder / NAME
        self.description = {"afina_search": FORMAT, **description}
        self.outcomes: dict[int, Outcome] = {}
        self.starts: dict[int, int] = {}
        folder.mkdir(parents=True, exist_ok=True)
        if self.path.exists() and self._read():
            return
        append_json_line(self.path, self.description)

    def began(self, trial: Trial) -> None:
        """A trial starts."""
        self.starts[trial.number] = self.starts.get(trial.number, 0) + 1
        append_json_line(
            self.path, {"event": "began", "number": trial.number, "parameters": trial.parameters}
        )

    def ended(self, outcome: Outcome) -> None:
        """A trial is over."""
        self.outcomes[outcome.number] = outcome
        append_json_line(self.path, {"event": "ended", **outcome.as_dict()})

    def gave_up(self, number: int) -> bool:
        """Whether the trial took its process down so often that it is not tried again."""
        return self.starts.get(number, 0) >= MOST_STARTS

    def _read(self) -> bool:
        """Whether there was at least a first line."""
        content = self.path.read_bytes()
        whole = content.rfind(b"\n") + 1
        if whole < len(content):
            os.truncate(self.path, whole)
        lines = content[:whole].splitlines()
        for number, line in enumerate(lines, 1):
            row = self._parsed(line, number)
            if number == 1:
                self._check(row)
            elif row.get("event") == "began":
                trial = int(row["number"])
                self.starts[trial] = self.starts.get(trial, 0) + 1
            else:
                outcome = self._outcome(row, number)
                self.outcomes[outcome.number] = outcome
        return bool(lines)

    def _parsed(self, line: bytes, number: int) -> dict[str, Any]:
        try:
            row = json.loads(line)
        except ValueError as error:
            raise FileFormatError(f"{self.path}: line {number} is no JSON: {error}") from error
        if not isinstance(row, dict):
            raise FileFormatError(f"{self.path}: line {number} must be a JSON object")
        return row

    def _check(self, row: dict[str, Any]) -> None:
        wanted = json.loads(json.dumps(self.description))
        different = [key for key in {**row, **wanted} if row.get(key) != wanted.get(key)]
        if different:
            key = different[0]
            raise ArgumentError(
                f"{self.path}: belongs to another search: its {key} is {row.get(key)}, this one has "
                f"{wanted.get(key)}; give another folder"
            )

    def _outcome(self, row: dict[str, Any], number: int) -> Outcome:
        fields = [field.name for field in dataclasses.fields(Outcome)]
        if set(row) != {"event", *fields} or row["event"] != "ended":
            raise FileFormatError(f"{self.path}: line {number} is no trial")
        return Outcome(**{name: row[name] for name in fields})
