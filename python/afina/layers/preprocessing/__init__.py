"""Layers that prepare data inside a model and are saved with it."""

from .normalization import MinMaxNormalization as MinMaxNormalization, Normalization as Normalization
