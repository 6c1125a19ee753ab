"""Small helpers: labels as one-hot rows, seeds, checked downloads, optional packages."""

from typing import TYPE_CHECKING

from ..registry import register as register
from .atomic import atomic_write as atomic_write
from .categorical import to_categorical as to_categorical
from .formatting import format_bytes as format_bytes, format_duration as format_duration
from .optional import (
    MissingExtraError as MissingExtraError,
    import_optional as import_optional,
    installed_extras as installed_extras,
)
from .seed import set_random_seed as set_random_seed

if TYPE_CHECKING:
    from ..layers.naming import clear_session as clear_session
    from ..models import model_to_dot as model_to_dot, plot_model as plot_model
    from .archive import extract_tar as extract_tar
    from .download import DownloadError as DownloadError, cache_folder as cache_folder, get_file as get_file

# Found when asked for: models need these helpers, and urllib and tarfile take a while to import.
_PLACES = {
    "plot_model": "..models",
    "model_to_dot": "..models",
    "clear_session": "..layers.naming",
    "extract_tar": ".archive",
    "DownloadError": ".download",
    "cache_folder": ".download",
    "get_file": ".download",
}


def __getattr__(name: str) -> object:
    if name in _PLACES:
        from importlib import import_module

        return getattr(import_module(_PLACES[name], __name__), name)
    raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
