"""Augmentation beside the layers `afina.layers.Random...`: affine maps, mixing of samples, `flow`."""

import importlib
from typing import TYPE_CHECKING

from .affine import (
    affine_transform as affine_transform,
    compose as compose,
    flip as flip,
    rotation as rotation,
    scaling as scaling,
    shear as shear,
    translation as translation,
)
from .mixing import CutMix as CutMix, MixUp as MixUp

if TYPE_CHECKING:
    from .image_data_generator import ImageDataGenerator as ImageDataGenerator


def __getattr__(name: str) -> object:
    if name == "ImageDataGenerator":  # it is made of layers, and the layers are made of this package
        from .image_data_generator import ImageDataGenerator

        return ImageDataGenerator
    if name in ("audio", "tabular", "text"):  # imported when they are asked for
        return importlib.import_module(f"{__name__}.{name}")
    raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
