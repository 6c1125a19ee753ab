"""Files of JSON lines that grow while something runs."""

from __future__ import annotations

import json
import os
from collections.abc import Mapping
from pathlib import Path
from typing import Any


def append_json_line(path: Path, row: Mapping[str, Any]) -> None:
    """Add one object as the last line of the file, on the disk when this returns.

    >>> import tempfile
    >>> path = Path(tempfile.mkdtemp()) / "log.jsonl"
    >>> append_json_line(path, {"number": 1})
    >>> path.read_text()
    '{"number": 1}\\n'
    """
    with path.open("a", encoding="utf-8") as file:
        file.write(json.dumps(row) + "\n")
        file.flush()
        os.fsync(file.fileno())
