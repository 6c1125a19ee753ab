"""The exceptions of the library: one class a kind of mistake, each also the built-in one would expect."""

from __future__ import annotations


class AfinaError(Exception):
    """The base of every exception raised by Afina."""

    layer: str | None = None  # the layer that has put its name to the message


class ShapeError(AfinaError, ValueError):
    """A rank or a size does not fit."""


class DTypeError(AfinaError, TypeError):
    """An element type does not fit."""


class ArgumentError(AfinaError, ValueError):
    """An argument lies outside what is allowed."""


class IndexRangeError(AfinaError, IndexError):
    """An index, an axis or a label lies outside its range."""


class DeviceError(AfinaError, RuntimeError):
    """A device is missing or cannot run the kernel."""


class GradientError(AfinaError, RuntimeError):
    """A gradient was asked for that does not exist."""


class OutOfMemoryError(AfinaError, MemoryError):
    """A tensor does not fit into memory; the message has the requested and the used bytes."""


class NotBuiltError(AfinaError, RuntimeError):
    """A layer or model is used before its weights exist."""


class UnsupportedOperatorError(AfinaError, NotImplementedError):
    """A network of another library uses an operator or a layer that has no counterpart here."""


class FileFormatError(AfinaError, ValueError):
    """A file is damaged, or is not what it says."""
