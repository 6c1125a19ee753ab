"""One line per epoch in a CSV file."""

from __future__ import annotations

import csv
from pathlib import Path
from typing import Any, TextIO

from .callback import Callback, Logs


class CSVLogger(Callback):
    """Columns `epoch` and the sorted names of the logs; a quantity missing in an epoch is written NA.

    `append=True` continues a file. A resumed `fit` cuts the file back to what its checkpoint had seen.

    >>> from afina.callbacks import CSVLogger
    >>> CSVLogger("training.csv").separator
    ','
    """

    def __init__(self, filename: str | Path, separator: str = ",", append: bool = False) -> None:
        super().__init__()
        self.path = Path(filename)
        self.separator = separator
        self.append = append
        self.keys: list[str] = []
        self._file: TextIO | None = None
        self._resumed_at: int | None = None

    def on_train_begin(self, logs: Logs | None = None) -> None:
        # The file is opened at the first line, after a resumed run has said how much of it counts.
        self.keys = []
        self._resumed_at = None
        self._started = False

    def _open(self) -> TextIO:
        self.path.parent.mkdir(parents=True, exist_ok=True)
        if self._resumed_at is not None and self.path.exists():
            with self.path.open("r+", encoding="utf-8") as file:
                file.truncate(self._resumed_at)
            return self.path.open("a", newline="", encoding="utf-8")
        if self._started:
            return self.path.open("a", newline="", encoding="utf-8")
        if self.append and self.path.exists() and self.path.stat().st_size:
            with self.path.open(newline="", encoding="utf-8") as file:
                self.keys = next(csv.reader(file, delimiter=self.separator))[1:]
            return self.path.open("a", newline="", encoding="utf-8")
        return self.path.open("w", newline="", encoding="utf-8")

    def on_epoch_end(self, epoch: int, logs: Logs | None = None) -> None:
        logs = logs or {}
        if self._file is None:
            self._file = self._open()
            self._started = True
        writer = csv.writer(self._file, delimiter=self.separator, lineterminator="\n")
        if not self.keys:
            self.keys = sorted(logs)
            writer.writerow(["epoch", *self.keys])
        writer.writerow([epoch, *(logs.get(key, "NA") for key in self.keys)])
        self._file.flush()

    def close(self) -> None:
        if self._file is not None:
            self._file.close()
            self._file = None

    def get_state(self) -> dict[str, Any]:
        return {"keys": self.keys, "size": self.path.stat().st_size if self.path.exists() else 0}

    def set_state(self, state: dict[str, Any]) -> None:
        self.keys = list(state["keys"])
        self._resumed_at = int(state["size"])
