"""Numbers as people read them."""

from __future__ import annotations

import inspect
from typing import Any

_LONGEST = 60  # of an argument's text


def format_bytes(count: int) -> str:
    """A size with a binary unit and three digits.

    >>> format_bytes(999), format_bytes(11_594_722), format_bytes(3 << 30)
    ('999 B', '11.1 MiB', '3 GiB')
    """
    if count < 1024:
        return f"{count} B"
    size = float(count)
    for unit in ("KiB", "MiB", "GiB", "TiB"):
        size /= 1024
        if size < 1000 or unit == "TiB":
            break
    return f"{size:.3g} {unit}"


def format_duration(seconds: float) -> str:
    """A time span in the unit that suits it.

    >>> format_duration(0.0042), format_duration(8.25), format_duration(754)
    ('4.2 ms', '8.2 s', '12 min 34 s')
    """
    if seconds < 1:
        return f"{seconds * 1000:.1f} ms"
    if seconds < 60:
        return f"{seconds:.1f} s"
    minutes, rest = divmod(round(seconds), 60)
    if minutes < 60:
        return f"{minutes} min {rest} s"
    hours, minutes = divmod(minutes, 60)
    return f"{hours} h {minutes} min"


def as_call(thing: Any) -> str:
    """An object as the call that makes it, without the arguments that have their default.

    Read are the attributes of the constructor's names; arrays are given as dtype and shape, what is
    long as its type.

    >>> from afina import optimizers, regularizers
    >>> optimizers.SGD(0.1, momentum=0.9), regularizers.L2(0.1)
    (SGD(learning_rate=0.1, momentum=0.9), L2(l2=0.1))
    """
    missing = object()
    words = []
    for name, parameter in inspect.signature(type(thing)).parameters.items():
        value = getattr(thing, name, missing)
        default = parameter.default
        if value is missing or value is default or name == "name":
            continue
        if type(value) in (bool, int, float, str, tuple) and value == default:
            continue
        words.append(f"{name}={_shortly(value)}")
    return f"{type(thing).__name__}({', '.join(words)})"


def _shortly(value: Any) -> str:
    if hasattr(value, "dtype") and hasattr(value, "shape"):
        return f"<{value.dtype} {tuple(value.shape)}>"
    if type(value) is tuple and any(hasattr(item, "shape") for item in value):
        text = f"({', '.join([_shortly(item) for item in value])})"
    else:
        text = repr(value)
    short = len(text) <= _LONGEST and " at 0x" not in text and "\n" not in text
    return text if short else f"<{type(value).__name__}>"
