"""save, save_weights and load_weights of a model."""

from __future__ import annotations

import os


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
