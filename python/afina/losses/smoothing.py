"""The one check that label smoothing needs."""

from __future__ import annotations

from ..errors import ArgumentError


def check_smoothing(owner: str, label_smoothing: float) -> None:
    """Raise unless `label_smoothing` lies in [0, 1]."""
    if not 0.0 <= label_smoothing <= 1.0:
        raise ArgumentError(f"{owner}: label_smoothing must lie in [0, 1], got {label_smoothing!r}")
