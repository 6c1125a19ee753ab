"""Folders of checkpoints: the newest sound one, and how many to keep."""

from __future__ import annotations

import os
import re
import warnings
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from ..errors import ArgumentError, FileFormatError
from ..utils.atomic import sweep_temporaries
from .container import FileContents, read_file


@dataclass(frozen=True)
class FoundCheckpoint:
    """A checkpoint that could be read, and the newer ones that could not, with their errors."""

    path: Path
    contents: FileContents
    skipped: tuple[tuple[Path, str], ...]


def checkpoints(folder: str | os.PathLike[str], pattern: str = "*.afina") -> list[Path]:
    """The checkpoints in `folder`, oldest first: ordered by the numbers in their names, then by the names.

    >>> import tempfile
    >>> folder = Path(tempfile.mkdtemp())
    >>> for step in (5, 10, 9):
    ...     (folder / f"step-{step}.afina").touch()
    >>> [path.name for path in checkpoints(folder)]
    ['step-5.afina', 'step-9.afina', 'step-10.afina']
    """
    found = [path for path in Path(folder).glob(pattern) if not path.name.startswith(".")]
    return sorted(
        found, key=lambda path: ([int(digits) for digits in re.findall(r"[0-9]+", path.name)], path.name)
    )


def newest_valid(
    folder: str | os.PathLike[str],
    pattern: str = "*.afina",
    *,
    read: Callable[[Path], FileContents] = read_file,
) -> FoundCheckpoint | None:
    """The newest checkpoint in `folder` that reads without an error, or None where there is none.

    A damaged newer one is passed over with a `UserWarning` that names it and its error. `read` may check more
    than `read_file` does; what it rejects by `FileFormatError` or `OSError` is passed over.
    """
    skipped: list[tuple[Path, str]] = []
    for path in reversed(checkpoints(folder, pattern)):
        try:
            contents = read(path)
        except (FileFormatError, OSError) as error:
            skipped.append((path, str(error)))
            warnings.warn(f"passing over the checkpoint {path.name}: {error}", UserWarning, stacklevel=2)
            continue
        return FoundCheckpoint(path, contents, tuple(skipped))
    return None


def keep_last(folder: str | os.PathLike[str], count: int, pattern: str = "*.afina") -> list[Path]:
    """Remove all but the newest `count` checkpoints and every abandoned temporary; returns what was removed.

    `count` must be at least 2: with one, a damaged file would leave nothing to fall back to.
    """
    if count < 2:
        raise ArgumentError(f"keep_last: count must be at least 2, got {count}")
    sweep_temporaries(folder)
    surplus = checkpoints(folder, pattern)[:-count]
    for path in surplus:
        path.unlink(missing_ok=True)
    return surplus
