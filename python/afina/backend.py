"""The old spelling of the settings: `from afina import backend as K; K.image_data_format()`."""

from __future__ import annotations

from .config import (
    epsilon as epsilon,
    floatx as floatx,
    image_data_format as image_data_format,
    set_epsilon as set_epsilon,
    set_floatx as set_floatx,
    set_image_data_format as set_image_data_format,
)
from .layers.naming import clear_session as clear_session


def backend() -> str:
    """The name of what computes: 'afina', in the place of Keras's 'jax', 'torch' or 'tensorflow'.

    >>> backend()
    'afina'
    """
    return "afina"
