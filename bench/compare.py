"""Two runs side by side: python -m bench.compare OLD.json NEW.json [--threshold 0.1]."""

from __future__ import annotations

import argparse
import json
import sys
from pathlib import Path
from typing import Any

from .harness import OURS
from .report import duration, geometric_mean

Key = tuple[str, str, str, int]


def by_key(run: dict[str, Any]) -> dict[Key, dict[str, Any]]:
    """The rows of a run by kind, case, direction and threads."""
    return {
        (r["kind"], r["case"], r["direction"], r["threads"]): r for r in run["rows"] if OURS in r["libraries"]
    }


def drift(old: dict[str, Any], new: dict[str, Any]) -> float:
    """How much slower the common peers are in the new run: the machine's share; 1 without peers."""
    names = set(old["libraries"]) & set(new["libraries"]) - {OURS}
    changes = [new["libraries"][n]["seconds"] / old["libraries"][n]["seconds"] for n in sorted(names)]
    return geometric_mean(changes) if changes else 1.0


def compare(old: dict[str, Any], new: dict[str, Any], by_peer: bool = False) -> list[dict[str, Any]]:
    """One entry a common row: seconds before and after, and `change` (2.0 is twice as slow).

    With `by_peer` the change is divided by the drift of the peers measured in both runs.
    """
    before, after = by_key(old), by_key(new)
    entries = []
    for key in before:
        if key not in after:
            continue
        a, b = (rows[key]["libraries"][OURS]["seconds"] for rows in (before, after))
        change = b / a / (drift(before[key], after[key]) if by_peer else 1.0)
        entries.append({"key": key, "before": a, "after": b, "change": change})
    return entries


def main(words: list[str] | None = None) -> int:
    """Print the rows that changed by more than the threshold; the exit status is 1 when one got slower."""
    options = argparse.ArgumentParser(prog="python -m bench.compare", description=__doc__)
    options.add_argument("old", type=Path)
    options.add_argument("new", type=Path)
    options.add_argument("--threshold", type=float, default=0.10, help="changes below this are noise (0.10)")
    options.add_argument(
        "--by-peer", action="store_true", help="forgive what the peers of both runs lost as well"
    )
    given = options.parse_args(words)
    old, new = (json.loads(path.read_text()) for path in (given.old, given.new))
    entries = compare(old, new, given.by_peer)
    if not entries:
        print("the two runs have no row in common")
        return 2
    bound = 1 + given.threshold
    slower = [e for e in entries if e["change"] > bound]
    faster = [e for e in entries if e["change"] < 1 / bound]
    for entry in sorted([*slower, *faster], key=lambda e: -e["change"]):
        _kind, case, direction, threads = entry["key"]
        word = (
            f"{entry['change']:.2f}x slower" if entry["change"] > 1 else f"{1 / entry['change']:.2f}x faster"
        )
        times = f"{duration(entry['before'])} -> {duration(entry['after'])}"
        print(f"{word}  {case} {direction}, {threads} thread{'s' * (threads > 1)}: {times}")
    mean = geometric_mean([e["change"] for e in entries])
    print(
        f"{len(entries)} rows: {len(slower)} slower, {len(faster)} faster, {mean:.3f}x the time in the mean"
    )
    print(f"{old['machine']['commit']} -> {new['machine']['commit']}")
    return int(bool(slower))


if __name__ == "__main__":
    sys.exit(main())
