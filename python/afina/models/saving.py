"""save, save_weights and load_weights of a model, and load_model."""

from __future__ import annotations

import os
from typing import Any

from ..registry import CustomObjects


class Saving:
    """What a model knows about files; the work is done in `afina.checkpoint.model_file`."""

    def save(self, path: str | os.PathLike[str]) -> None:
        """Write the whole model, to be read by `afina.models.load_model`; the old file stays until the new is
        whole.
        """
        from ..checkpoint.model_file import save_model

        save_model(self, path)

    def save_weights(self, path: str | os.PathLike[str]) -> None:
        """Write the weights alone."""
        from ..checkpoint.model_file import save_weights

        save_weights(self, path)

    def load_weights(self, path: str | os.PathLike[str]) -> None:
        """Read weights written by `save_weights` or `save`; names and shapes must all agree."""
        from ..checkpoint.model_file import load_weights

        load_weights(self, path)


def load_model(
    path: str | os.PathLike[str],
    custom_objects: CustomObjects | None = None,
    *,
    compile: bool = True,  # Keras's name
    strict: bool = False,
) -> Any:
    """The model in a file of `model.save`: same layers, same weights, compiled as it was unless
    `compile=False`.

    custom_objects: classes and functions of the program by name, beside those of `afina.utils.register`.
    strict: refuse symbolic links and hard links.
    Raises `FileFormatError` for a damaged or hostile file, `ArgumentError` for a class that is not
    registered.

    >>> import tempfile, afina
    >>> model = afina.models.Sequential([afina.layers.Dense(2, input_shape=(3,))])
    >>> file = tempfile.mkdtemp() + "/model.afina"
    >>> model.save(file)
    >>> afina.models.load_model(file).count_params()
    8
    """
    from ..checkpoint.model_file import read_model

    return read_model(path, custom_objects, with_compile=compile, strict=strict)
