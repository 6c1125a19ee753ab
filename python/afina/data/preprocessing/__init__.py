"""Preparing data outside a model, arrays in and out: `audio`, `image`, `text`, `video`, `word2vec`.

The layers that do the same inside a model are in `afina.layers`.
"""

import importlib
from types import ModuleType


def __getattr__(name: str) -> ModuleType:
    if name in ("audio", "image", "text", "video", "word2vec"):  # imported when they are asked for
        return importlib.import_module(f"{__name__}.{name}")
    raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
