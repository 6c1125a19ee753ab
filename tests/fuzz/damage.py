"""Sound files with one bit flipped or cut short, read in this process: `python damage.py FORMAT FLIPS CUTS`.

Prints how many were refused and how many read; a crash or an untyped error ends it with another status.
"""

from __future__ import annotations

import collections
import json
import random
import sys
import tempfile
import warnings
from pathlib import Path

from readers import READERS, outcome


def damaged(seed: bytes, count: int, cuts: int, numbers: random.Random) -> list[tuple[str, bytes]]:
    """Files with a flipped bit each, and files cut at places all over."""
    found = []
    for _ in range(count):
        place, bit = numbers.randrange(len(seed)), 1 << numbers.randrange(8)
        content = bytearray(seed)
        content[place] ^= bit
        found.append(("flip", bytes(content)))
    found += [("cut", seed[: len(seed) * k // cuts]) for k in range(cuts)]
    return found


def main(name: str, flips: int, cuts: int) -> None:
    """Read them all."""
    warnings.simplefilter("ignore")
    reader, numbers = READERS[name], random.Random(1)
    seeds = reader.seeds()
    counts: collections.Counter[str] = collections.Counter()
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "file"
        for seed in seeds:
            path.write_bytes(seed)
            assert outcome(reader, path) == "read", "the sound file is refused"
            for kind, content in damaged(seed, flips // len(seeds), cuts // len(seeds), numbers):
                path.write_bytes(content)
                try:
                    counts[f"{kind} {outcome(reader, path)}"] += 1
                except BaseException:
                    Path("/tmp/afina_finding").write_bytes(content)
                    raise
    print(json.dumps(counts))


if __name__ == "__main__":
    main(sys.argv[1], int(sys.argv[2]), int(sys.argv[3]))
