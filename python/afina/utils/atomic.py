"""Files that appear whole or not at all.

A file is written under a temporary name in its own folder, synced to the disk, renamed over the final name,
and the folder is synced. A crash at any moment leaves the old file or the new one. The writer holds a lock
(`flock`) on its temporary; the next write into the folder removes every temporary nobody holds, so a killed
process leaves no litter.
"""

from __future__ import annotations

import contextlib
import errno
import fcntl
import os
import secrets
import stat
from collections.abc import Iterator
from pathlib import Path
from typing import BinaryIO

PREFIX = ".afina-"
SUFFIX = ".tmp"


@contextlib.contextmanager
def atomic_write(path: str | os.PathLike[str]) -> Iterator[BinaryIO]:
    """A binary file to write into that takes the name `path` when the block ends without an error.

    On an error, a full disk included, the temporary is removed and whatever was at `path` stays.
    Raises `OSError` (its narrowest subclass) when the folder is missing or not writable.

    >>> import tempfile
    >>> folder = Path(tempfile.mkdtemp())
    >>> with atomic_write(folder / "note.txt") as file:
    ...     _ = file.write(b"whole")
    >>> [entry.name for entry in folder.iterdir()], (folder / "note.txt").read_bytes()
    (['note.txt'], b'whole')
    """
    target = Path(path)
    folder = target.parent
    if target.is_dir():
        raise IsADirectoryError(errno.EISDIR, "cannot replace a folder by a file", str(target))
    sweep_temporaries(folder)
    made: list[Path] = []  # known before they exist: an interrupt may fall at any moment
    try:
        temporary, descriptor = _create_locked(folder, made)
        with os.fdopen(descriptor, "wb") as file:
            yield file
            file.flush()
            os.fchmod(file.fileno(), _permissions(target))
            os.fsync(file.fileno())
            temporary.replace(target)  # inside the block: the lock is held until the name is final
        sync_folder(folder)
    except BaseException:
        for leftover in made:
            with contextlib.suppress(FileNotFoundError):
                leftover.unlink()
        raise


def sweep_temporaries(folder: str | os.PathLike[str]) -> list[str]:
    """Remove the temporaries in `folder` that no living writer holds; returns their names."""
    swept = []
    for entry in os.scandir(folder):
        if not (entry.name.startswith(PREFIX) and entry.name.endswith(SUFFIX)):
            continue
        try:
            descriptor = os.open(entry.path, os.O_RDONLY | os.O_NOFOLLOW | os.O_NONBLOCK | os.O_CLOEXEC)
        except OSError:
            continue  # swept by somebody else meanwhile, or not ours to open
        try:
            if not stat.S_ISREG(os.fstat(descriptor).st_mode):
                continue
            fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
            Path(entry.path).unlink()
            swept.append(entry.name)
        except OSError:
            pass  # locked: its writer lives
        finally:
            os.close(descriptor)
    return swept


def sync_folder(folder: str | os.PathLike[str]) -> None:
    """Write a folder's entries to the disk, so that a rename in it survives a loss of power."""
    descriptor = os.open(folder, os.O_RDONLY | os.O_DIRECTORY | os.O_CLOEXEC)
    try:
        os.fsync(descriptor)
    except OSError as error:
        if error.errno not in (errno.EINVAL, errno.ENOTSUP):  # some network file systems cannot
            raise
    finally:
        os.close(descriptor)


def _create_locked(folder: Path, made: list[Path]) -> tuple[Path, int]:
    """A new temporary and its locked descriptor; every name tried is added to `made` first."""
    while True:
        temporary = folder / f"{PREFIX}{os.getpid()}-{secrets.token_hex(8)}{SUFFIX}"
        made.append(temporary)
        descriptor = os.open(
            temporary, os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_NOFOLLOW | os.O_CLOEXEC, 0o600
        )
        with contextlib.suppress(OSError):  # a file system without locks: the sweep will not get one either
            fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
        # Between open and flock a sweep may have taken the file for abandoned; then its name is gone: again.
        if os.fstat(descriptor).st_nlink > 0 and temporary.exists():
            return temporary, descriptor
        os.close(descriptor)


def _permissions(target: Path) -> int:
    """Those of the file that is replaced, else what the umask leaves of rw-rw-rw-."""
    try:
        return stat.S_IMODE(target.stat().st_mode)
    except FileNotFoundError:
        return 0o666 & ~_umask()


def _umask() -> int:
    # /proc shows the umask without changing it, which would race with other threads.
    try:
        for line in Path("/proc/self/status").read_text(encoding="ascii", errors="replace").splitlines():
            if line.startswith("Umask:"):
                return int(line.split()[1], 8)
    except OSError:
        pass
    return 0o077
