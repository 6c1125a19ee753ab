"""How much memory this process may still take."""

from __future__ import annotations

import re
import sys
from collections.abc import Iterator
from pathlib import Path

from .._C import memory_stats

PROC = Path("/proc")
GROUPS = Path("/sys/fs/cgroup")


def available_memory() -> int:
    """Bytes that tensors on the CPU can still get: the least of what the machine has free, what the control
    groups allow and what the process's address space may grow by; with what the allocator keeps for reuse.

    >>> available_memory() > 0
    True
    """
    return max(0, min(_limits(), default=sys.maxsize)) + int(memory_stats("cpu")["cached"])


def _limits() -> Iterator[int]:
    free = _number(PROC / "meminfo", r"MemAvailable:\s+(\d+) kB")
    if free is not None:
        yield free * 1024
    allowed = _number(PROC / "self" / "limits", r"Max address space\s+(\d+)")
    taken = _number(PROC / "self" / "status", r"VmSize:\s+(\d+) kB")
    if allowed is not None and taken is not None:
        yield allowed - taken * 1024
    for folder, limit, usage in _groups():
        allowed, taken = _number(folder / limit, r"(\d+)"), _number(folder / usage, r"(\d+)")
        if allowed is not None and taken is not None:  # without a limit there is a word, or a huge number
            cached = _number(folder / "memory.stat", r"(?m)^inactive_file (\d+)") or 0
            yield allowed - taken + cached


def _groups() -> Iterator[tuple[Path, str, str]]:
    """The control groups the process is in, version 2 and 1, with the groups around them."""
    text = _read(PROC / "self" / "cgroup")
    for controllers, path in re.findall(r"^\d+:([^:\n]*):(/[^\n]*)$", text, re.MULTILINE):
        if controllers == "":
            root, names = GROUPS, ("memory.max", "memory.current")
        elif "memory" in controllers.split(","):
            root, names = GROUPS / "memory", ("memory.limit_in_bytes", "memory.usage_in_bytes")
        else:
            continue
        inner = Path(path.lstrip("/"))
        for part in (inner, *inner.parents):
            yield root / part, *names


def _number(path: Path, pattern: str) -> int | None:
    found = re.search(pattern, _read(path))
    return None if found is None else int(found[1])


def _read(path: Path) -> str:
    try:
        return path.read_text(encoding="utf-8")
    except OSError:  # not Linux, or not ours to read
        return ""
