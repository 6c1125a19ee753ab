"""Run a file reader in a child that a Python audit hook watches.

The child records every import of a module not loaded yet, every started process, opened socket, compiled or
executed code, and every opened path but the given one. `watched(paths)` returns one row per path: the error's
class and text, and what the hook saw.
"""

from __future__ import annotations

import json
import subprocess
import sys
from collections.abc import Sequence
from pathlib import Path

CHILD = r"""
import json, os, sys, warnings
import encodings.idna, traceback, linecache
paths, strict, kind = json.load(sys.stdin)
if kind == "model":
    from afina.models import load_model as read
else:
    from afina.checkpoint import read_file as read
try:
    read(paths[-1], strict=strict)  # whatever is imported late is imported now
except Exception as error:
    str(error)
FORBIDDEN = ("exec", "compile", "subprocess.", "os.system", "os.exec", "os.posix_spawn", "os.fork", "socket.",
"ctypes.",
             "marshal.", "pickle.", "os.remove", "os.rename", "os.mkdir", "os.symlink", "shutil.", "urllib.")
current, seen = None, []
def hook(event, args):
    if current is None:
        return
    if event == "open":
        if args[0] != current and not isinstance(args[0], int):  # a number: a descriptor opened before
            seen.append(f"open {args[0]!r}")
    elif event == "import" or event.startswith(FORBIDDEN):
        seen.append(f"{event} {args[:1]!r}")
sys.addaudithook(hook)
rows = []
for path in paths:
    seen.clear()
    kind, text = None, ""
    current = path
    try:
        read(path, strict=strict)
    except BaseException as error:
        kind, text = type(error).__name__, str(error)
    current = None
    rows.append({"kind": kind, "text": text, "seen": list(seen)})
print(json.dumps(rows))
"""


def watched(paths: Sequence[Path], *, strict: bool = False) -> list[dict[str, object]]:
    """One row per path: {"kind": name of the error or None, "text": its text, "seen": forbidden events}."""
    return _watched(paths, strict, "file")


def watched_models(paths: Sequence[Path]) -> list[dict[str, object]]:
    """The same for `afina.models.load_model`; the last path is loaded once before the hook watches."""
    return _watched(paths, False, "model")


def _watched(paths: Sequence[Path], strict: bool, kind: str) -> list[dict[str, object]]:
    child = subprocess.run(
        [sys.executable, "-c", CHILD],
        input=json.dumps([[str(path) for path in paths], strict, kind]),
        capture_output=True,
        text=True,
        timeout=120,
        check=False,
    )
    assert child.returncode == 0, child.stderr
    rows: list[dict[str, object]] = json.loads(child.stdout)
    return rows
