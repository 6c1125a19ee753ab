"""Progress for a terminal, a notebook and a log file."""

from __future__ import annotations

import shutil
import sys
import time
from typing import TextIO

from .callback import Callback, Logs

REDRAW_SECONDS = 0.1  # a terminal needs no more, and a small net makes thousands of steps a second
BAR_WIDTH = 20


class ProgressBar(Callback):
    """verbose 0: silent; 1: a bar that is redrawn in place; 2: one line per epoch.

    "auto" is 1 in a terminal or a notebook and 2 elsewhere. In a log file 1 also gives one line per epoch:
    a file cannot be redrawn.

    >>> from afina.callbacks import ProgressBar
    >>> ProgressBar(verbose=2).verbose
    2
    """

    def __init__(self, verbose: int | str | bool = "auto", stream: TextIO | None = None) -> None:
        super().__init__()
        self.stream = stream or sys.stdout
        live = in_notebook() or bool(getattr(self.stream, "isatty", lambda: False)())
        level = 1 if verbose == "auto" else int(verbose)
        self.verbose = 2 if level == 1 and not live else level
        self._width = 0
        self._label = ""
        self._total: int | None = None
        self._next = 0.0
        self._began = 0.0

    def on_epoch_begin(self, epoch: int, logs: Logs | None = None) -> None:
        epochs = self.params.get("epochs")
        self._label = f"Epoch {epoch + 1}/{epochs}" if epochs else f"Epoch {epoch + 1}"
        self._start(self.params.get("steps"))

    def on_train_batch_end(self, batch: int, logs: Logs | None = None) -> None:
        if self.verbose == 1:
            now = time.perf_counter()
            if now >= self._next:
                self._next = now + REDRAW_SECONDS
                self._redraw(batch + 1, logs, now)
        self._done = batch + 1

    def on_epoch_end(self, epoch: int, logs: Logs | None = None) -> None:
        self._finish(logs)

    def on_test_begin(self, logs: Logs | None = None) -> None:
        if not self.params.get("fitting"):
            self._label = "Evaluate"
            self._start(self.params.get("steps"))

    def on_test_batch_end(self, batch: int, logs: Logs | None = None) -> None:
        if not self.params.get("fitting"):
            self.on_train_batch_end(batch, logs)

    def on_test_end(self, logs: Logs | None = None) -> None:
        if not self.params.get("fitting"):
            self._finish(logs)

    def on_predict_begin(self, logs: Logs | None = None) -> None:
        self._label = "Predict"
        self._start(self.params.get("steps"))

    def on_predict_batch_end(self, batch: int, logs: Logs | None = None) -> None:
        self.on_train_batch_end(batch, logs)

    def on_predict_end(self, logs: Logs | None = None) -> None:
        self._finish(logs)

    def close(self) -> None:
        if self._width:
            self.stream.write("\n")
            self._width = 0
        self.stream.flush()

    def _start(self, total: int | None) -> None:
        self._total = total
        self._began = time.perf_counter()
        self._next = self._began
        self._done = 0

    def _redraw(self, done: int, logs: Logs | None, now: float) -> None:
        elapsed = now - self._began
        if self._total:
            filled = min(BAR_WIDTH, BAR_WIDTH * done // self._total)
            bar = f"{done}/{self._total} [{'=' * filled}{'.' * (BAR_WIDTH - filled)}]"
            times = f"{clock(elapsed)}<{clock(elapsed / max(done, 1) * (self._total - done))}"
        else:
            bar, times = f"{done}/?", clock(elapsed)
        self._show(f"{self._label}  {bar} {times}{values_of(logs)}")

    def _show(self, line: str) -> None:
        line = line[: max(20, shutil.get_terminal_size().columns - 1)]
        self.stream.write("\r" + line + " " * (self._width - len(line)))
        self.stream.flush()
        self._width = len(line)

    def _finish(self, logs: Logs | None) -> None:
        if not self.verbose:
            return
        elapsed = time.perf_counter() - self._began
        each = pace(elapsed / (self._done or 1))
        line = f"{self._label}  {self._done} steps {clock(elapsed)} {each}/step{values_of(logs)}"
        if self.verbose == 1:
            self._show(line)
            self._width = 0
            self.stream.write("\n")
        else:
            self.stream.write(line + "\n")
        self.stream.flush()


def in_notebook() -> bool:
    """Whether the output goes to a Jupyter notebook's cell."""
    ipython = sys.modules.get("IPython")
    shell = ipython.get_ipython() if ipython is not None else None
    return type(shell).__name__ == "ZMQInteractiveShell"


def clock(seconds: float) -> str:
    """3.2s, 1:05, 2:03:04."""
    if seconds < 60:
        return f"{seconds:.1f}s"
    minutes, rest = divmod(round(seconds), 60)
    hours, minutes = divmod(minutes, 60)
    return f"{hours}:{minutes:02d}:{rest:02d}" if hours else f"{minutes}:{rest:02d}"


def pace(seconds: float) -> str:
    """A duration with the unit that keeps it short."""
    if seconds >= 1:
        return f"{seconds:.2f}s"
    return f"{seconds * 1e3:.1f}ms" if seconds >= 1e-3 else f"{seconds * 1e6:.0f}us"


def values_of(logs: Logs | None) -> str:
    """Names and values, ready to be put at the end of a line."""
    return "".join(f"  {name} {float(value):.4g}" for name, value in (logs or {}).items())
