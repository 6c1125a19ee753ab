"""The table of operators: what an ONNX name runs.

An operator is a function `(context, *inputs)` that returns one value, or a tuple of them where it has several
outputs. Floating values are tensors and carry gradients; integers, truths and texts are NumPy arrays,
because shapes and indices are wanted on the host; an input that is left away is None.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any, TypeVar

from ...errors import ArgumentError, UnsupportedOperatorError

F = TypeVar("F", bound=Callable[..., Any])
TRAINING = "ai.onnx.preview.training"


@dataclass(frozen=True)
class Context:
    """One node while it runs: its attributes, the version of its operators, and the flag of the caller."""

    operator: str
    name: str
    version: int
    attributes: dict[str, Any]
    outputs: int = 1
    training: bool = False
    run_graph: Callable[[Any, list[Any]], list[Any]] | None = field(default=None, repr=False)

    def get(self, name: str, default: Any = None) -> Any:
        """The attribute, or what the operator does without it."""
        return self.attributes.get(name, default)

    def need(self, name: str) -> Any:
        """The attribute; ArgumentError when the node lacks it."""
        if name not in self.attributes:
            self.refuse(f"needs the attribute {name!r}, got {sorted(self.attributes)}")
        return self.attributes[name]

    def refuse(self, text: str) -> Any:
        """Raise `ArgumentError` with the operator's name and the node's before `text`."""
        raise ArgumentError(f"ONNX {self.operator} {self.name!r}: {text}")

    def unsupported(self, text: str) -> Any:
        """Raise `UnsupportedOperatorError`: the operator is known, this use of it is not."""
        raise UnsupportedOperatorError(f"ONNX {self.operator} {self.name!r}: {text} is not supported")


@dataclass(frozen=True)
class Operator:
    """A row of the table; `images`: the function takes `Image` values as they are."""

    function: Callable[..., Any]
    images: bool = False


_table: dict[tuple[str, str], Operator] = {}


def operator(*names: str, domain: str = "", images: bool = False) -> Callable[[F], F]:
    """Let the decorated function run the operators `names` of `domain`."""

    def decorate(function: F) -> F:
        for name in names:
            assert (domain, name) not in _table, name
            _table[domain, name] = Operator(function, images)
        return function

    return decorate


def find(domain: str, name: str) -> Operator:
    """The row of an operator; `UnsupportedOperatorError` names one that has none."""
    found = _table.get((domain, name))
    if found is None:
        raise UnsupportedOperatorError(
            f"ONNX operator {name!r} of domain {domain or 'ai.onnx'!r} is not supported; "
            f"{len(_table)} operators are: afina.interop.onnx.operators() lists them"
        )
    return found


def operators() -> list[str]:
    """The names of all operators the importer runs, those of other domains with their domain before them.

    >>> len(operators()) >= 130, "BatchNormalization" in operators()
    (True, True)
    """
    return sorted(f"{domain}.{name}" if domain else name for domain, name in _table)
