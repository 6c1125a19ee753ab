"""What the harness asks of a library."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, ClassVar

from ..case import Array, Case, Timing


@dataclass
class Runner:
    """`run` is what is timed and does the case `repeats` times; `results` runs it once for the values."""

    run: Callable[[], Any]
    results: Callable[[], list[Array]]
    repeats: int = 1


class Library:
    """A library at a number of threads; `OPS` holds its word for each op."""

    OPS: ClassVar[dict[str, Any]]

    def __init__(self, threads: int, options: list[str]) -> None:
        self.threads, self.options = threads, options

    def supports(self, case: Case, timing: Timing) -> bool:
        """Is there a word for this op and this direction?"""
        raise NotImplementedError

    def finished(self) -> None:
        """Return when the device has done all it was asked to do."""

    def runner(self, case: Case, timing: Timing) -> Runner:
        """Make the inputs and the function that is timed."""
        raise NotImplementedError
