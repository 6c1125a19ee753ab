"""The table of what each op is in ONNX.

A row is a function `(writer, *arguments)` with the op's own arguments, tensors as `Ref`; it returns the name
of the result, or a list of names.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, TypeVar

F = TypeVar("F", bound=Callable[..., Any])
rows: dict[str, Callable[..., Any]] = {}


def writes(*names: str) -> Callable[[F], F]:
    """Let the decorated function write the ops `names`."""

    def decorate(function: F) -> F:
        for name in names:
            assert name not in rows, name
            rows[name] = function
        return function

    return decorate
