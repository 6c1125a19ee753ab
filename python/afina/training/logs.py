"""Logs of a batch that are computed only when somebody looks."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from typing import Any


class BatchLogs(Mapping[str, Any]):
    """A read-only mapping over `compute()`, called at the first look.

    >>> logs = BatchLogs(lambda: {"loss": 0.5})
    >>> logs["loss"], list(logs)
    (0.5, ['loss'])
    """

    def __init__(self, compute: Callable[[], dict[str, float]]) -> None:
        self._compute = compute
        self._values: dict[str, float] | None = None

    def _known(self) -> dict[str, float]:
        if self._values is None:
            self._values = self._compute()
        return self._values

    def __getitem__(self, name: str) -> Any:
        return self._known()[name]

    def __iter__(self) -> Iterator[str]:
        return iter(self._known())

    def __len__(self) -> int:
        return len(self._known())
