"""Small helpers: labels as one-hot rows, seeds, checked downloads, optional packages."""

from ..registry import register as register
from .archive import extract_tar as extract_tar
from .atomic import atomic_write as atomic_write
from .categorical import to_categorical as to_categorical
from .download import DownloadError as DownloadError, cache_folder as cache_folder, get_file as get_file
from .formatting import format_bytes as format_bytes, format_duration as format_duration
from .optional import (
    MissingExtraError as MissingExtraError,
    import_optional as import_optional,
    installed_extras as installed_extras,
)
from .seed import set_random_seed as set_random_seed


def __getattr__(name: str) -> object:
    """Keras's places of functions that live with the models; found late: models need these helpers."""
    if name in ("plot_model", "model_to_dot"):
        from .. import models

        return getattr(models, name)
    if name == "clear_session":
        from ..layers.naming import clear_session

        return clear_session
    raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
