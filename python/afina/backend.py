"""The old spelling of the settings: `from afina import backend as K; K.image_data_format()`."""

from __future__ import annotations

from .config import epsilon as epsilon
from .config import floatx as floatx
from .config import image_data_format as image_data_format
from .config import set_epsilon as set_epsilon
from .config import set_floatx as set_floatx
from .config import set_image_data_format as set_image_data_format
from .layers.naming import clear_session as clear_session
