"""Settings that hold for the whole process: default float type, image layout, fuzz factor.

>>> image_data_format()
'channels_last'
"""

from __future__ import annotations

from .errors import ArgumentError

_LAYOUTS = ("channels_last", "channels_first")
_FLOATS = ("float32", "float64")

_settings: dict[str, str] = {"image_data_format": "channels_last", "floatx": "float32"}
_epsilon = [1e-7]


def image_data_format() -> str:
    """Layout that image layers assume when their own `data_format` is None; 'channels_last' at the start."""
    return _settings["image_data_format"]


def set_image_data_format(data_format: str) -> None:
    """Set the layout that new image layers assume: 'channels_last' or 'channels_first'."""
    _settings["image_data_format"] = standardize_data_format(data_format)


def standardize_data_format(data_format: str | None) -> str:
    """`data_format` itself, or the global one for None; ArgumentError for any other word.

    >>> standardize_data_format(None)
    'channels_last'
    """
    if data_format is None:
        return _settings["image_data_format"]
    if data_format not in _LAYOUTS:
        raise ArgumentError(f"data_format: must be one of {_LAYOUTS}, got {data_format!r}")
    return data_format


def floatx() -> str:
    """Floating type of new layers and of converted inputs; 'float32' at the start."""
    return _settings["floatx"]


def set_floatx(dtype: str) -> None:
    """Set the floating type of new layers: 'float32' or 'float64'."""
    if dtype not in _FLOATS:
        raise ArgumentError(f"set_floatx: dtype must be one of {_FLOATS}, got {dtype!r}")
    _settings["floatx"] = dtype


def epsilon() -> float:
    """Small number that keeps divisions and logarithms finite; 1e-7 at the start."""
    return _epsilon[0]


def set_epsilon(value: float) -> None:
    """Set the fuzz factor; it must be positive."""
    if not value > 0:
        raise ArgumentError(f"set_epsilon: value must be positive, got {value}")
    _epsilon[0] = float(value)
