"""The closed list of classes and functions that a configuration may name.

A saved model names classes by a plain word. The word is looked up here and nowhere else: nothing is imported
by a string, so a file cannot run code. Custom classes join only when the program registers them:

>>> @register
... class Twice:
...     def get_config(self): return {}
>>> serialize(Twice())
{'class_name': 'Twice', 'config': {}}
>>> type(deserialize({'class_name': 'Twice', 'config': {}})).__name__
'Twice'
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from typing import Any, TypeVar, overload

import numpy as np

from .errors import ArgumentError

T = TypeVar("T", bound=Callable[..., Any])
CustomObjects = Mapping[str, Any]

_NAME = re.compile(r"[A-Za-z_][A-Za-z0-9_]{0,99}\Z")
_classes: dict[str, type] = {}
_functions: dict[str, Callable[..., Any]] = {}
_names: dict[int, str] = {}  # id(object) -> the name it was first registered under


@overload
def register(target: T, name: str | None = None) -> T: ...
@overload
def register(target: None = None, name: str | None = None) -> Callable[[T], T]: ...
def register(target: T | None = None, name: str | None = None) -> T | Callable[[T], T]:
    """Let configurations name a class or a function; usable as `@register`, `@register(name="Mine")`.

    The name defaults to the object's own. A name taken by another object raises ArgumentError.
    """

    def decorate(target: T) -> T:
        word = name or target.__name__
        if not _NAME.match(word):
            raise ArgumentError(f"register: name must be a plain identifier, got {word!r}")
        table: dict[str, Any] = _classes if isinstance(target, type) else _functions
        known = table.get(word)
        # a class defined again in a notebook cell replaces its former self; a different one does not
        if known is not None and known is not target and _origin(known) != _origin(target):
            raise ArgumentError(f"register: name {word!r} already belongs to {_origin(known)}")
        table[word] = target
        _names.setdefault(id(target), word)
        return target

    return decorate if target is None else decorate(target)


def _origin(target: Any) -> str:
    return f"{target.__module__}.{target.__qualname__}"


def registered_classes() -> dict[str, type]:
    """A copy of the table of classes, by name."""
    return dict(_classes)


def find_class(name: str, custom_objects: CustomObjects | None = None) -> type:
    """The class registered as `name`; ArgumentError when there is none."""
    found = (custom_objects or {}).get(name) or _classes.get(name)
    if not isinstance(found, type):
        raise ArgumentError(
            f"class {name!r} is not registered; decorate it with @afina.utils.register "
            "or pass custom_objects={name: class}"
        )
    return found


def find_function(name: str, custom_objects: CustomObjects | None = None) -> Callable[..., Any]:
    """The function registered as `name`; ArgumentError when there is none."""
    found = (custom_objects or {}).get(name) or _functions.get(name)
    if found is None or isinstance(found, type):
        raise ArgumentError(f"function {name!r} is not registered; decorate it with @afina.utils.register")
    return found


def serialize(value: Any) -> Any:
    """`value` as JSON-able data: objects become {'class_name', 'config'}, functions {'function'}."""
    if value is None or isinstance(value, bool | int | float | str):
        return value
    if isinstance(value, np.generic):
        return value.item()
    if isinstance(value, Mapping):
        return {str(key): serialize(item) for key, item in value.items()}
    if isinstance(value, list | tuple):
        return [serialize(item) for item in value]
    if hasattr(value, "get_config"):
        return {"class_name": _names.get(id(type(value)), type(value).__name__), "config": value.get_config()}
    if callable(value):
        name = _names.get(id(value))
        if name is None:
            raise ArgumentError(
                f"function {getattr(value, '__name__', value)!r} cannot be written to a configuration; "
                "decorate it with @afina.utils.register"
            )
        return {"function": name}
    raise ArgumentError(f"a value of type {type(value).__name__} cannot be written to a configuration")


def deserialize(value: Any, custom_objects: CustomObjects | None = None) -> Any:
    """The inverse of `serialize`: rebuilds registered objects, leaves plain data as it is."""
    if isinstance(value, Mapping):
        if value.keys() == {"class_name", "config"}:
            target = find_class(value["class_name"], custom_objects)
            return build(target, value["config"], custom_objects)
        if value.keys() == {"function"}:
            return find_function(value["function"], custom_objects)
        return {key: deserialize(item, custom_objects) for key, item in value.items()}
    if isinstance(value, list):
        return [deserialize(item, custom_objects) for item in value]
    return value


def build(target: type, config: Any, custom_objects: CustomObjects | None = None) -> Any:
    """An object of class `target` from its configuration, through `from_config` where it has one."""
    if not isinstance(config, Mapping):
        raise ArgumentError(f"{target.__name__}: config must be a dict, got {type(config).__name__}")
    from_config = getattr(target, "from_config", None)
    if getattr(target, "takes_custom_objects", False) and from_config is not None:
        return from_config(dict(config), custom_objects=custom_objects)
    restored = {key: deserialize(item, custom_objects) for key, item in config.items()}
    return from_config(restored) if from_config is not None else target(**restored)
