"""Names of layers: `dense`, `dense_1`, ... unless the caller gives one."""

from __future__ import annotations

import re
from collections import Counter

from ..errors import ArgumentError

_VALID = re.compile(r"\w[\w.\- ]{0,99}\Z")
_used: Counter[str] = Counter()


def snake_case(word: str) -> str:
    """The class name in lower case with underscores.

    >>> snake_case("MaxPooling2D"), snake_case("Dense"), snake_case("PReLU")
    ('max_pooling2d', 'dense', 'p_re_lu')
    """
    word = re.sub(r"(.)([A-Z][a-z]+)", r"\1_\2", word)
    return re.sub(r"([a-z])([A-Z])", r"\1_\2", word).lower().strip("_")


def unique_name(class_name: str) -> str:
    """The next free automatic name of a class."""
    word = snake_case(class_name)
    count = _used[word]
    _used[word] += 1
    return word if count == 0 else f"{word}_{count}"


def checked_name(name: str) -> str:
    """`name` if it may stand in a file: letters, digits, '_', '.', '-' and spaces, no '..', at most 100."""
    if not isinstance(name, str) or not _VALID.match(name) or ".." in name:
        raise ArgumentError(
            f"name: must start with a letter, digit or underscore, go on with those, '.', '-' or spaces, "
            f"hold no '..' and at most 100 characters, got {name!r}"
        )
    return name


def clear_session() -> None:
    """Start automatic names again from the beginning (`dense`, `conv2d`, ...)."""
    _used.clear()
