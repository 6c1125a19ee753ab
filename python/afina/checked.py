"""Constructors that hold their callers to the annotations: a number where a number belongs."""

from __future__ import annotations

import functools
import inspect
import math
import os
from collections.abc import Callable
from typing import Any, ClassVar

import numpy as np

from .errors import AfinaError, ArgumentError, DTypeError
from .refusal import shown
from .utils.formatting import as_call

_KINDS: dict[str, tuple[type, ...]] = {
    "int": (int, np.integer),
    "float": (int, float, np.integer, np.floating),
    "str": (str,),
    "bool": (bool, np.bool_, int),
    "Path": (os.PathLike,),
    "os.PathLike[str]": (os.PathLike,),
    "Seed": (int, np.integer, tuple, list, type(None)),
    "Axes": (int, np.integer, tuple, list),
    "None": (type(None),),
}
_LONGEST_NAME = 100


class Checked:
    """A base whose subclasses in this library refuse arguments of the wrong type, and NaN, by name.

    Looked at are annotations made of int, float, str, bool, paths and None, and functions. A caller's own
    subclasses are left alone.

    >>> from afina import layers
    >>> layers.Dense("ten")
    Traceback (most recent call last):
    afina.errors.DTypeError: Dense: units must be int, got str 'ten'
    """

    _explains_calls: ClassVar[bool] = False  # whether the refusals of `__call__` lead with the class, too

    def __repr__(self) -> str:
        return as_call(self)

    def __init_subclass__(cls, **kwargs: Any) -> None:
        super().__init_subclass__(**kwargs)
        if cls.__module__.startswith("afina.") and "__init__" in cls.__dict__:
            cls.__init__ = checked(cls.__init__)  # type: ignore[method-assign]
        if cls.__module__.startswith("afina.") and cls._explains_calls and "__call__" in cls.__dict__:
            cls.__call__ = explaining(cls.__call__)  # type: ignore[method-assign]


def checked(function: Callable[..., None]) -> Callable[..., None]:
    """`function` behind a look at its arguments; its own refusals lead with the class."""

    @functools.wraps(function)
    def wrapped(self: Any, *args: Any, **kwargs: Any) -> None:
        owner = type(self).__name__
        kinds = _kinds_of(function)
        for (name, kind), value in zip(kinds, args, strict=False):
            _check(owner, name, kind, value)
        by_name = dict(kinds)
        for name, value in kwargs.items():
            _check(owner, name, by_name.get(name, ""), value)
        try:
            function(self, *args, **kwargs)
        except (AfinaError, TypeError, ValueError) as error:
            given = {**dict(zip([name for name, _ in kinds], args, strict=False)), **kwargs}
            if _is_clear(error, owner, given):
                raise
            raise _explained(error, owner, given) from error

    return wrapped


def explaining(function: Callable[..., Any]) -> Callable[..., Any]:
    """`function` whose refusals lead with the class."""

    @functools.wraps(function)
    def wrapped(self: Any, *args: Any, **kwargs: Any) -> Any:
        try:
            return function(self, *args, **kwargs)
        except (AfinaError, TypeError, ValueError) as error:
            names = [name for name, _ in _kinds_of(function)]
            given = {**dict(zip(names, args, strict=False)), **kwargs}
            if _is_clear(error, type(self).__name__, given):
                raise
            raise _explained(error, type(self).__name__, given) from error

    return wrapped


def _is_clear(error: Exception, owner: str, given: dict[str, Any]) -> bool:
    """Whether the message has the class, and the argument where one can tell which it is."""
    about, named = _culprits(str(error), given)
    return isinstance(error, AfinaError) and owner in str(error) and bool(named or not about)


def _explained(error: Exception, owner: str, given: dict[str, Any]) -> Exception:
    """`error` with the class and, where its value shows in the message, the argument in front."""
    text = str(error)
    about, named = _culprits(text, given)
    if not named and not about and not isinstance(error, AfinaError):
        about = list(given)  # Python's own complaint about a value: say what there was
    lead = "" if text.startswith(owner) else f"{owner}: "
    arguments = "".join([f"{name}={shown(given[name])}: " for name in about if name not in named])
    plain: type[AfinaError] = DTypeError if isinstance(error, TypeError) else ArgumentError
    kind = type(error) if isinstance(error, AfinaError) else plain
    return kind(f"{lead}{arguments}{text}")


def _culprits(text: str, given: dict[str, Any]) -> tuple[list[str], list[str]]:
    """Arguments whose value the message quotes, and those that it names."""
    about = [name for name, value in given.items() if _word(value) and _word(value) in text]
    return about, [name for name in given if name in text]


def _word(value: Any) -> str:
    """How a message would quote the value; nothing for what is in every message."""
    if isinstance(value, dict):
        value = value.get("class_name")
    return repr(value) if isinstance(value, str) else ""


@functools.cache
def _kinds_of(function: Callable[..., None]) -> list[tuple[str, str]]:
    """Names and annotations of the arguments after self."""
    return [
        (parameter.name, str(parameter.annotation))
        for parameter in list(inspect.signature(function).parameters.values())[1:]
        if parameter.kind not in (parameter.VAR_POSITIONAL, parameter.VAR_KEYWORD)
    ]


def _check(owner: str, name: str, kind: str, value: Any) -> None:
    if kind.startswith("Callable["):
        if not callable(value):
            raise DTypeError(f"{owner}: {name} must be a function, got {shown(value)}")
        return
    words = kind.split(" | ")
    if not all(word in _KINDS for word in words):
        return
    allowed = tuple([one for word in words for one in _KINDS[word]])
    if not isinstance(value, allowed):
        raise DTypeError(f"{owner}: {name} must be {kind}, got {shown(value)}")
    if isinstance(value, (float, np.floating)) and math.isnan(value):
        raise ArgumentError(f"{owner}: {name} must be {kind}, got nan")
    if isinstance(value, int) and not -(2**63) <= value < 2**63:
        raise ArgumentError(f"{owner}: {name} must fit into 64 bits, got {shown(value)}")
    if name == "name" and isinstance(value, str) and (len(value) > _LONGEST_NAME or "\0" in value):
        raise ArgumentError(f"{owner}: name must have at most {_LONGEST_NAME} characters, got {shown(value)}")
