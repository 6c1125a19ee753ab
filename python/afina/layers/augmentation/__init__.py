"""Layers that change data at random in training and leave it alone in inference."""

from .base import Augmentation as Augmentation, ImageAugmentation as ImageAugmentation
from .color import (
    RandomBrightness as RandomBrightness,
    RandomChannelShift as RandomChannelShift,
    RandomContrast as RandomContrast,
    RandomNoise as RandomNoise,
    RandomPCAColor as RandomPCAColor,
)
from .crop import RandomCrop as RandomCrop
from .elastic import RandomElasticTransform as RandomElasticTransform
from .erasing import RandomErasing as RandomErasing
from .geometry import (
    AffineAugmentation as AffineAugmentation,
    RandomFlip as RandomFlip,
    RandomRotation as RandomRotation,
    RandomShear as RandomShear,
    RandomTranslation as RandomTranslation,
    RandomZoom as RandomZoom,
)
from .pipeline import Pipeline as Pipeline
from .spectrogram import SpecAugment as SpecAugment
