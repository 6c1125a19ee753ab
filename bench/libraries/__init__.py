"""One adapter a library: the same cases, each in that library's own words."""

from __future__ import annotations

from .base import Library as Library, Runner as Runner


def library(peer: str, threads: int) -> Library:
    """The adapter of "name+option+option", imported now."""
    name, *options = peer.split("+")
    if name == "afina":
        from .afina import Afina

        return Afina(threads, options)
    if name == "torch":
        from .torch import Torch

        return Torch(threads, options)
    if name == "jax":
        from .jax import Jax

        return Jax(threads, options)
    if name == "tensorflow":
        from .tensorflow import TensorFlow

        return TensorFlow(threads, options)
    if name.startswith("keras-"):
        from .keras import Keras

        return Keras(threads, options)
    raise ValueError(f"no library {name!r}: known are torch, jax, tensorflow and keras")
