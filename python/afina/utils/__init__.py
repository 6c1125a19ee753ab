"""Small helpers: labels as one-hot rows, seeds, checked downloads, optional packages."""

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
