"""Files that come from somebody else, opened without waiting for anybody and without following traps."""

from __future__ import annotations

import errno
import os
import stat
from typing import BinaryIO, NoReturn

from ..errors import FileFormatError


def open_regular(path: str | os.PathLike[str], *, strict: bool = False) -> BinaryIO:
    """The regular file at `path`, open for reading bytes.

    Folders, FIFOs, sockets and devices are a `FileFormatError`, and with `strict=True` so are symbolic links
    and files with several names (hard links). `OSError` when the file cannot be opened.
    """
    where = os.fspath(path)
    # O_NONBLOCK: opening a FIFO must not wait for somebody to write into it.
    flags = os.O_RDONLY | os.O_CLOEXEC | os.O_NONBLOCK | (os.O_NOFOLLOW if strict else 0)
    try:
        descriptor = os.open(where, flags)
    except ValueError as error:
        raise FileFormatError(f"{where!r}: {error}; allowed: a path without NUL") from error
    except OSError as error:
        if strict and error.errno == errno.ELOOP:
            _reject(where, "is a symbolic link", "a regular file")
        if error.errno in (errno.ENXIO, errno.ENODEV):
            _reject(where, "is a socket or a device", "a regular file")
        raise
    try:
        status = os.fstat(descriptor)
        if not stat.S_ISREG(status.st_mode):
            _reject(where, f"is {_kind(status.st_mode)}", "a regular file")
        if strict and status.st_nlink > 1:
            _reject(where, f"has {status.st_nlink} names (hard links)", "one name")
    except BaseException:
        os.close(descriptor)
        raise
    return os.fdopen(descriptor, "rb")


def _reject(where: str, what: str, allowed: str) -> NoReturn:
    raise FileFormatError(f"{where}: {what}; allowed: {allowed}")


def _kind(mode: int) -> str:
    kinds = [
        (stat.S_ISDIR, "a folder"),
        (stat.S_ISFIFO, "a FIFO"),
        (stat.S_ISCHR, "a device"),
        (stat.S_ISBLK, "a device"),
    ]
    return next((text for test, text in kinds if test(mode)), "a special file")
