"""The options of fit, evaluate and predict, checked once before any work."""

from __future__ import annotations

import math
import os
from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np

from ..callbacks import Callback
from ..errors import ArgumentError, DTypeError
from ..refusal import shown

_MOST = 2**63  # counts are 64-bit numbers everywhere below


def check_counts(method: str, least: int, *, optional: bool = True, **counts: Any) -> None:
    """Raise unless each is a whole number of at least `least`, or None where that means the default."""
    for name, value in counts.items():
        if value is None and optional:
            continue
        whole = isinstance(value, (int, np.integer)) and not isinstance(value, bool)
        if not whole or not least <= value < _MOST:
            raise ArgumentError(
                f"{method}: {name} must be a whole number of at least {least}, got {shown(value)}"
            )


def check_fit(
    validation_split: Any, validation_freq: Any, class_weight: Any, callbacks: Any, resume: Any
) -> None:
    """Raise for options of `fit` that are no such thing."""
    real = isinstance(validation_split, (int, float, np.integer, np.floating))
    if not real or not 0.0 <= validation_split < 1.0:
        raise ArgumentError(f"fit: validation_split must lie in [0, 1), got {shown(validation_split)}")
    epochs = [validation_freq] if isinstance(validation_freq, (int, np.integer)) else validation_freq
    if isinstance(epochs, (str, bytes)) or not isinstance(epochs, (Sequence, set, frozenset, range)):
        raise ArgumentError(
            f"fit: validation_freq must be a whole number or epochs, got {shown(validation_freq)}"
        )
    for epoch in epochs:
        check_counts("fit", 1, optional=False, validation_freq=epoch)
    if class_weight is not None:
        _check_class_weight(class_weight)
    given = [callbacks] if isinstance(callbacks, Callback) else callbacks
    if given is not None and (isinstance(given, str) or not isinstance(given, (Sequence, tuple))):
        raise DTypeError(f"fit: callbacks must be a list of Callback objects, got {shown(callbacks)}")
    for one in given or ():
        if not isinstance(one, Callback):
            raise DTypeError(f"fit: callbacks must hold Callback objects, got {shown(one)}")
    if resume is not None and (not isinstance(resume, (str, os.PathLike)) or "\0" in str(resume)):
        raise ArgumentError(f"fit: resume must be the path of a folder, got {shown(resume)}")


def _check_class_weight(class_weight: Any) -> None:
    if not isinstance(class_weight, Mapping):
        raise DTypeError(f"fit: class_weight must be a dict of class: weight, got {shown(class_weight)}")
    for label, weight in class_weight.items():
        whole = isinstance(label, (int, np.integer)) and 0 <= label < _MOST
        real = isinstance(weight, (int, float, np.integer, np.floating))
        if not whole or not real or not math.isfinite(weight) or weight < 0:
            raise ArgumentError(
                f"fit: class_weight must have classes from 0 and weights from 0, got {label!r}: {weight!r}"
            )
