"""Lists, tuples and dicts of tensors: walk them, change their leaves."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from typing import Any


def map_nested(function: Callable[[Any], Any], value: Any) -> Any:
    """`function` of every leaf, in the same structure.

    >>> map_nested(lambda v: v + 1, {"a": [1, 2], "b": (3,)})
    {'a': [2, 3], 'b': (4,)}
    """
    if isinstance(value, dict):
        return {key: map_nested(function, item) for key, item in value.items()}
    if isinstance(value, list):
        return [map_nested(function, item) for item in value]
    if isinstance(value, tuple):
        return tuple([map_nested(function, item) for item in value])
    return function(value)


def leaves(value: Any) -> Iterator[Any]:
    """Every leaf, from left to right."""
    if isinstance(value, dict):
        for item in value.values():
            yield from leaves(item)
    elif isinstance(value, list | tuple):
        for item in value:
            yield from leaves(item)
    else:
        yield value


_HOLE = object()


def emptied(value: Any, kind: type) -> Any:
    """The same structure with a hole for every leaf that is a `kind`.

    >>> filled(emptied({"a": [1, "b"], "c": 2}, int), [10, 20])
    {'a': [10, 'b'], 'c': 20}
    """
    return map_nested(lambda leaf: _HOLE if isinstance(leaf, kind) else leaf, value)


def filled(value: Any, things: Iterable[Any]) -> Any:
    """What `emptied` gave, with `things` in its holes from left to right."""
    given = iter(things)
    return map_nested(lambda leaf: next(given) if leaf is _HOLE else leaf, value)
