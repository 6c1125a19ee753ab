"""Downloads that are checked before anybody can see them."""

from __future__ import annotations

import hashlib
import os
import sys
import urllib.error
import urllib.request
from collections.abc import Callable, Iterator
from pathlib import Path
from urllib.parse import urlsplit

from ..errors import ArgumentError, FileFormatError
from .atomic import atomic_write
from .formatting import format_bytes

CHUNK = 1 << 18
TIMEOUT_S = 30.0  # without a byte from the server

Progress = Callable[[int, "int | None"], None]  # bytes so far, bytes in total where the server says so


class DownloadError(OSError):
    """A download that failed; the text names the address and the cause."""


def cache_folder() -> Path:
    """Where downloads are kept: `$AFINA_CACHE`, else `$XDG_CACHE_HOME/afina`, else `~/.cache/afina`.

    >>> import os
    >>> os.environ["AFINA_CACHE"] = "/tmp/somewhere"
    >>> str(cache_folder())
    '/tmp/somewhere'
    >>> del os.environ["AFINA_CACHE"]
    """
    own = os.environ.get("AFINA_CACHE")
    if own:
        return Path(own)
    shared = os.environ.get("XDG_CACHE_HOME")
    return (Path(shared) if shared else Path.home() / ".cache") / "afina"


def get_file(
    name: str,
    origin: str,
    *,
    sha256: str,
    folder: str | os.PathLike[str] | None = None,
    size_limit: int = 4 << 30,
    progress: Progress | None = None,
) -> Path:
    """The file `name` in `folder` (by default the cache), downloaded from `origin` unless it is there
    already.

    The SHA-256 of what came must be `sha256`, or begin with it if it is only the first eight digits or more,
    before the file gets its name; until then it is a temporary that an error or a crash removes. A file
    already there is checked too and fetched again when it is wrong.
    Raises `DownloadError` (an `OSError`) when the server cannot be reached or sends more than `size_limit`
    bytes, `FileFormatError` when the checksum differs.
    """
    if Path(name).name != name or name in {"", ".", ".."}:
        raise ArgumentError(f"get_file: name must be a plain file name, got {name!r}")
    if urlsplit(origin).scheme not in {"http", "https"}:
        raise ArgumentError(f"get_file: origin must be an http or https address, got {origin!r}")
    target = (Path(folder) if folder is not None else cache_folder()) / name
    if target.is_file() and sha256_of(target).startswith(sha256):
        return target
    target.parent.mkdir(parents=True, exist_ok=True)
    with atomic_write(target) as file:
        digest = hashlib.sha256()
        for block in _blocks(origin, size_limit, progress or progress_on_terminal(name)):
            file.write(block)
            digest.update(block)
        if not digest.hexdigest().startswith(sha256):
            raise FileFormatError(
                f"{origin}: came with SHA-256 {digest.hexdigest()}, expected {sha256}; nothing was kept"
            )
    return target


def sha256_of(path: str | os.PathLike[str]) -> str:
    """The SHA-256 of a file's bytes, in hexadecimal."""
    digest = hashlib.sha256()
    with Path(path).open("rb") as file:
        while block := file.read(CHUNK):
            digest.update(block)
    return digest.hexdigest()


def progress_on_terminal(name: str) -> Progress:
    """A progress line on standard error where that is a terminal, else silence."""

    def show(done: int, total: int | None) -> None:
        if not sys.stderr.isatty():
            return
        of = f" of {format_bytes(total)}" if total is not None else ""
        end = "\n" if done == total else ""
        print(f"\r{name}: {format_bytes(done)}{of}    ", end=end, file=sys.stderr, flush=True)

    return show


def _blocks(origin: str, size_limit: int, progress: Progress) -> Iterator[bytes]:
    request = urllib.request.Request(origin, headers={"User-Agent": "afina"})
    try:
        with urllib.request.urlopen(request, timeout=TIMEOUT_S) as response:
            declared = response.headers.get("Content-Length")
            total = int(declared) if declared is not None and declared.isdigit() else None
            if total is not None and total > size_limit:
                raise DownloadError(
                    f"{origin}: {format_bytes(total)} announced, at most {format_bytes(size_limit)} allowed"
                )
            done = 0
            while block := response.read(CHUNK):
                done += len(block)
                if done > size_limit:
                    raise DownloadError(f"{origin}: sends more than the {format_bytes(size_limit)} allowed")
                progress(done, total)
                yield block
            if total is not None and done != total:
                raise DownloadError(f"{origin}: the connection ended after {done} of {total} bytes")
    except DownloadError:
        raise
    except (OSError, urllib.error.URLError, ValueError) as error:
        raise DownloadError(f"{origin}: {error}") from error
