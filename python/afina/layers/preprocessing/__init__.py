"""Layers that prepare data inside a model and are saved with it."""

from .normalization import MinMaxNormalization as MinMaxNormalization, Normalization as Normalization
from .prepared_images import PreparedImages as PreparedImages
from .resizing import CenterCrop as CenterCrop, Resizing as Resizing
from .spectrogram import MelSpectrogram as MelSpectrogram, STFTSpectrogram as STFTSpectrogram
