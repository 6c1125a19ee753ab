"""SIGTERM while training: save the state, then stop."""

from __future__ import annotations

import signal
import threading
from types import FrameType
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from typing_extensions import Self


class Terminated(SystemExit):
    """`fit(..., resume=folder)` has heard SIGTERM, and its state is saved; uncaught, the process ends.

    The exit status is 143, a shell's for SIGTERM (128 + 15).
    """

    def __init__(self, message: str) -> None:
        super().__init__(128 + signal.SIGTERM)
        self.message = message

    def __str__(self) -> str:
        return self.message


class TerminationRequested(Exception):
    """Raised between two batches, on the way to where the state is saved."""


class Termination:
    """Inside, SIGTERM is noted in `requested`; a second one does what it does everywhere, end the process.

    A handler of the caller's own is left in force, and so is everything in threads other than the main one,
    which are not told of signals.
    """

    def __init__(self) -> None:
        self.requested = False
        self._before: Any = None

    def __enter__(self) -> Self:
        self.requested = False
        ours = threading.current_thread() is threading.main_thread()
        if ours and signal.getsignal(signal.SIGTERM) is signal.SIG_DFL:
            self._before = signal.signal(signal.SIGTERM, self._note)
        return self

    def __exit__(self, *_: object) -> None:
        if self._before is not None:
            signal.signal(signal.SIGTERM, self._before)
            self._before = None

    def _note(self, _signal: int, _frame: FrameType | None) -> None:
        self.requested = True
        signal.signal(signal.SIGTERM, signal.SIG_DFL)
