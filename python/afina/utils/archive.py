"""Archives, taken apart member by member."""

from __future__ import annotations

import os
import tarfile
import zlib
from pathlib import Path, PurePosixPath

from ..errors import FileFormatError
from .atomic import atomic_write
from .formatting import format_bytes

CHUNK = 1 << 20


def extract_tar(
    archive: str | os.PathLike[str],
    folder: str | os.PathLike[str],
    *,
    size_limit: int = 4 << 30,
    member_limit: int = 100_000,
) -> list[Path]:
    """Write the regular files of a tar archive (plain, gz, bz2, xz) below `folder`; returns their paths.

    Every member is looked at before anything is written for it: links, devices and FIFOs, absolute names,
    names with `..`, and names that a link inside `folder` would lead out of it are refused with
    `FileFormatError`; so are more than `size_limit` bytes or `member_limit` members. Owners, times and modes
    in the archive are ignored.
    """
    root = Path(folder)
    root.mkdir(parents=True, exist_ok=True)
    resolved_root = root.resolve()
    written: list[Path] = []
    remaining = size_limit
    try:
        with tarfile.open(archive, "r:*") as tar:
            for count, member in enumerate(tar):
                if count >= member_limit:
                    raise FileFormatError(f"{archive}: more than {member_limit} members")
                if member.isdir():
                    _contained(archive, resolved_root, member.name)
                    continue
                if not member.isreg():
                    raise FileFormatError(
                        f"{archive}: member {member.name!r} is not a regular file; only those are allowed"
                    )
                target = _contained(archive, resolved_root, member.name)
                if member.size > remaining:
                    raise FileFormatError(
                        f"{archive}: holds more than the {format_bytes(size_limit)} allowed"
                    )
                remaining -= member.size
                source = tar.extractfile(member)
                assert source is not None  # regular files have content
                target.parent.mkdir(parents=True, exist_ok=True)
                with source, atomic_write(target) as file:
                    while block := source.read(CHUNK):
                        file.write(block)
                written.append(target)
    except (tarfile.TarError, EOFError, zlib.error) as error:
        raise FileFormatError(f"{archive}: not a sound tar archive: {error}") from error
    return written


def _contained(archive: str | os.PathLike[str], root: Path, name: str) -> Path:
    parts = PurePosixPath(name).parts
    if not parts or PurePosixPath(name).is_absolute() or ".." in parts or "\0" in name or "\\" in name:
        raise FileFormatError(f"{archive}: member name {name!r} is not allowed: it must lead into the folder")
    target = root.joinpath(*parts)
    if not target.resolve().is_relative_to(root):
        raise FileFormatError(f"{archive}: member {name!r} would be written outside of {root}")
    return target
