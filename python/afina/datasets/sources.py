"""Where the files of a data set are looked for, and what is said when they are nowhere."""

from __future__ import annotations

import os
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from ..errors import AfinaError
from ..utils.download import DownloadError, cache_folder, get_file


class DatasetNotFoundError(AfinaError, FileNotFoundError):
    """The files of a data set are in none of the places looked at; the text lists the ways to get them."""


@dataclass(frozen=True)
class RemoteFile:
    """A file of a data set: its name, the SHA-256 of what the server sends under that name, its size in
    bytes.
    """

    name: str
    sha256: str
    size: int


@dataclass(frozen=True)
class Source:
    """A data set's name, the folders a system may have it in, the server, the files, and how else to get
    them.
    """

    name: str
    system_folders: tuple[str, ...]
    origin: str
    files: tuple[RemoteFile, ...]
    hint: str


def locate(
    source: Source, path: str | os.PathLike[str] | None, *, download: bool, folder_names: Sequence[str]
) -> list[Path]:
    """The paths of the source's files, in their order.

    Looked at in turn: `path` alone where it is given; `$AFINA_DATA/<one of folder_names>`; the system's
    folders; the cache; the server, where `download` is true. A file is found under its name with or without
    `.gz`.
    """
    names = [file.name for file in source.files]
    if path is not None:
        folder = Path(path)
        if not folder.is_dir():
            raise DatasetNotFoundError(f"{source.name}: {folder} is not a folder; {_ways(source)}")
        found = _in_folder(folder, names)
        if found is None:
            missing = ", ".join(name for name in names if _in_folder(folder, [name]) is None)
            raise DatasetNotFoundError(f"{source.name}: {folder} lacks {missing}; {_ways(source)}")
        return found
    places = [Path(place) for place in source.system_folders]
    own = os.environ.get("AFINA_DATA")
    if own:
        places = [Path(own) / name for name in folder_names] + places
    places.append(cache_folder() / source.name)
    for place in places:
        found = _in_folder(place, names)
        if found is not None:
            return found
    looked = ", ".join(str(place) for place in places)
    if not download:
        raise DatasetNotFoundError(f"{source.name}: not in {looked}; {_ways(source)}")
    try:
        return [
            get_file(
                file.name,
                source.origin + file.name,
                sha256=file.sha256,
                folder=cache_folder() / source.name,
                size_limit=file.size,
            )
            for file in source.files
        ]
    except DownloadError as error:
        text = f"{source.name}: not in {looked}, and the download failed ({error}); {_ways(source)}"
        raise DatasetNotFoundError(text) from error


def _in_folder(folder: Path, names: Sequence[str]) -> list[Path] | None:
    found = []
    for name in names:
        plain = name.removesuffix(".gz")
        path = next((folder / each for each in (plain, plain + ".gz") if (folder / each).is_file()), None)
        if path is None:
            return None
        found.append(path)
    return found


def _ways(source: Source) -> str:
    names = " ".join(file.name for file in source.files)
    return (
        f"three ways to get it: (1) {source.hint}; (2) put {names} into a folder and give it as path=... or "
        f"as $AFINA_DATA/{source.name}; (3) call load_data() with a connection to {source.origin}"
    )
