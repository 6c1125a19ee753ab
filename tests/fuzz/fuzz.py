"""Fuzz a reader: `python tests/fuzz/fuzz.py FORMAT [--seconds 600] [--seed 1]`.

A child mutates sound files and reads them; files that reach new lines of Afina are kept to be mutated too.
Each file is written down before it is read, so when the child dies (a signal, an error that is not typed,
more time or memory than allowed) it is left in the folder that is named then.
"""

from __future__ import annotations

import argparse
import json
import random
import resource
import subprocess
import sys
import tempfile
import time
import warnings
from pathlib import Path
from types import CodeType, FrameType
from typing import Any

from readers import READERS, outcome

WATCHED = ("afina/interop", "afina/checkpoint", "afina/datasets")
VALUES = (0, 1, 2, 0x7F, 0x80, 0xFF, 0x7FFF, 0xFFFF, 2**31 - 1, 2**31, 2**32 - 1, 2**63 - 1, 2**63, 2**64 - 1)
SECONDS = 5.0  # for one file of a few kilobytes
MEMORY = 3 << 30  # bytes of address space beyond what the libraries take


def mutated(content: bytes, other: bytes, numbers: random.Random) -> bytes:
    """The content after one to six changes."""
    data = bytearray(content)
    for _ in range(numbers.randint(1, 6)):
        place = numbers.randrange(len(data) + 1)
        size = numbers.choice((1, 2, 4, 8, 16, 64, 256))
        kind = numbers.randrange(7)
        if kind == 0 and data:
            data[place % len(data)] ^= 1 << numbers.randrange(8)
        elif kind == 1:
            width = numbers.choice((1, 2, 4, 8))
            value = (numbers.choice(VALUES) + numbers.randint(-1, 1)) % (1 << 8 * width)
            data[place : place + width] = value.to_bytes(width, numbers.choice(("little", "big")))
        elif kind == 2:
            del data[place : place + size]
        elif kind == 3:
            data[place:place] = numbers.randbytes(size)
        elif kind == 4:
            data[place : place + size] = numbers.randbytes(size)
        elif kind == 5:
            start = numbers.randrange(len(data) + 1)
            data[place:place] = data[start : start + size]
        else:
            start = numbers.randrange(len(other) + 1)
            data[place : place + size] = other[start : start + size]
    return bytes(data)


class Lines:
    """Which lines of the watched files have run."""

    def __init__(self) -> None:
        self.seen: set[tuple[CodeType, int]] = set()
        self.new = 0

    def __call__(self, frame: FrameType, event: str, arg: Any) -> Any:
        """A trace function: frames of other files are not followed."""
        if event == "call":
            return self if any(part in frame.f_code.co_filename for part in WATCHED) else None
        if event == "line":
            key = (frame.f_code, frame.f_lineno)
            if key not in self.seen:
                self.seen.add(key)
                self.new += 1
        return self


def child(name: str, seconds: float, seed: int, folder: Path) -> None:
    """Mutate and read until the time is over; prints what happened."""
    warnings.simplefilter("ignore")
    reader, numbers, lines = READERS[name], random.Random(seed), Lines()
    corpus, path = reader.seeds(), folder / "current"
    for content in corpus:
        path.write_bytes(content)
        assert outcome(reader, path) == "read"
    used = int(Path("/proc/self/statm").read_text().split()[0]) * resource.getpagesize()
    resource.setrlimit(resource.RLIMIT_AS, (used + MEMORY, used + MEMORY))
    counts = {"read": 0, "refused": 0}
    end, slowest = time.monotonic() + seconds, 0.0
    while time.monotonic() < end:
        content = mutated(numbers.choice(corpus), numbers.choice(corpus), numbers)
        path.write_bytes(content)
        lines.new, start = 0, time.monotonic()
        sys.settrace(lines)
        try:
            counts[outcome(reader, path)] += 1
        finally:
            sys.settrace(None)
        took = time.monotonic() - start
        slowest = max(slowest, took)
        assert took < SECONDS, f"{took:.1f} s for {len(content)} bytes"
        if lines.new and len(content) < 1 << 16:
            corpus.append(content)
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss // 1024
    report = {"files": sum(counts.values()), **counts, "lines": len(lines.seen), "corpus": len(corpus)}
    print(json.dumps({"format": name, **report, "slowest": round(slowest, 2), "peak MB": peak}))


def main() -> int:
    """Run a child, and keep the file it dies of."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("format", choices=READERS)
    parser.add_argument("--seconds", type=float, default=600)
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--folder", type=Path, help=argparse.SUPPRESS)
    given = parser.parse_args()
    if given.folder is not None:
        child(given.format, given.seconds, given.seed, given.folder)
        return 0
    folder = Path(tempfile.mkdtemp(prefix=f"fuzz-{given.format}-"))
    done = subprocess.run([sys.executable, *sys.argv, "--folder", str(folder)], check=False)
    if done.returncode:
        print(f"status {done.returncode}: the file is {folder / 'current'}")
    return done.returncode


if __name__ == "__main__":
    sys.exit(main())
