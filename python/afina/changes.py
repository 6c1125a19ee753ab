"""What a captured step was made of may change: a count tells it to look again."""

from __future__ import annotations

from typing import Any


class Changes:
    """How many attributes of layers, losses and regularizers were set to something else so far."""

    count = 0
    last = ""


class Counted:
    """A base whose instances count each attribute that is set to another object.

    >>> from afina.layers import Dropout
    >>> layer, before = Dropout(0.5), Changes.count
    >>> layer.rate = 0.25
    >>> Changes.count - before, Changes.last
    (1, 'Dropout.rate')
    """

    def __setattr__(self, name: str, value: Any) -> None:
        if self.__dict__.get(name, Changes) is not value:
            Changes.count += 1
            Changes.last = f"{type(self).__name__}.{name}"
        object.__setattr__(self, name, value)
