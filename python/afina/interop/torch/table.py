"""The table of torch modules: what each computes, over its own parameters in torch's own layouts.

A row is a function `(layer, *inputs)`; `layer.options` has the module's settings as plain data,
`layer.get(name)` its parameter or buffer. Keeping torch's layouts makes the way back a copy.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, TypeVar

from ...errors import UnsupportedOperatorError

F = TypeVar("F", bound=Callable[..., Any])


@dataclass(frozen=True)
class Row:
    """How a module runs, and which of its attributes say how."""

    function: Callable[..., Any]
    options: tuple[str, ...]


_rows: dict[str, Row] = {}


def module(*names: str, options: str = "") -> Callable[[F], F]:
    """Let the decorated function run torch's modules `names`; `options` are the attributes it reads."""

    def decorate(function: F) -> F:
        for name in names:
            assert name not in _rows, name
            _rows[name] = Row(function, tuple(options.split()))
        return function

    return decorate


def row(name: str) -> Row:
    """The row of a class of modules; `UnsupportedOperatorError` names one that has none."""
    if name not in _rows:
        raise UnsupportedOperatorError(
            f"convert: torch's module {name!r} is not supported; supported: {', '.join(sorted(_rows))}"
        )
    return _rows[name]


def has_row(name: str) -> bool:
    """Whether a class of modules runs here as a whole."""
    return name in _rows
