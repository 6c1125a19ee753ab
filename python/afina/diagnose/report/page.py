"""The page: one HTML file with everything in it, no network and no script."""

from __future__ import annotations

import os
from html import escape
from pathlib import Path

from ...utils.atomic import atomic_write
from . import sections
from .run_folder import read_run
from .style import CSS

SECTIONS = (
    sections.headline,
    sections.advice,
    sections.curves,
    sections.confusions,
    sections.worst,
    sections.health,
    sections.configuration,
)


def write_report(folder: str | os.PathLike[str], path: str | os.PathLike[str] | None = None) -> Path:
    """Write a page about the run in `folder` (by default to `folder/report.html`) and return its path.

    It shows what the folder has: advice, curves and learning rate (`log.csv`, `health.jsonl`), confusions and
    worst examples (`examples.npz`), the health of the layers, the configuration (`run.json`); `RunLog` writes
    them, and so does `afina train`. Raises `ArgumentError` for a folder without a run, `FileFormatError` for
    a damaged file.

    >>> import tempfile
    >>> folder = Path(tempfile.mkdtemp())
    >>> _ = (folder / "log.csv").write_text("epoch,loss\\n0,1.0\\n1,0.5\\n")
    >>> write_report(folder).name
    'report.html'
    """
    run = read_run(Path(folder))
    body = "\n".join(f"<section>{html}</section>" for make in SECTIONS if (html := make(run)))
    title = escape(f"{run.run.get('model') or run.path.resolve().name} - afina report")
    page = (
        f"<!doctype html>\n<html lang='en'><head><meta charset='utf-8'><title>{title}</title>"
        f"<meta name='viewport' content='width=device-width, initial-scale=1'>"
        f"<style>{CSS}</style></head>\n<body>\n{body}\n</body></html>\n"
    )
    target = run.path / "report.html" if path is None else Path(path)
    with atomic_write(target) as file:
        file.write(page.encode())
    return target
