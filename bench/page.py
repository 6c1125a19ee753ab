"""A page of several runs: python -m bench.page RUN.json ... > bench/RESULTS.md."""

from __future__ import annotations

import argparse
import json
from pathlib import Path
from typing import Any

from . import report
from .harness import QUIET

TITLES = {"overhead": "Small ops", "ops": "Ops", "training": "Training steps", "transfer": "Transfer"}
INTRODUCTION = f"""# Results

Every library of a row is checked against float64 NumPy (training: against the others' losses, from equal
weights) and then measured in turns in one run, each in a process of its own. Times are medians; **bold** is
the fastest.

- *vs best peer*: the best peer's time over ours, the median over rounds; above 1 we are faster.
- *of limit*: the work that cannot be avoided over the time, against the multiply-adds or the copied bytes
  per second of the machine in the same run; over 100 % data stayed in the cache, or was updated in place.
- *spread*: the middle half of our samples over their median; a star marks rows in which others used more than
  {QUIET:.0%} of a core, so that the figure is not to be trusted beyond its first digit.
- torch's images are channels last; `cl` is the same in training, `fused` its fused optimizer.
- Transfer: seconds an image, with the published weights; *peak memory* is that of the whole process that ran
  the row, imports included, in the order of the libraries.

To measure again: `python -m bench overhead|ops|training|transfer --peers torch,jax --json RUN.json`, then
`python -m bench.page RUN.json ...`; `python -m bench.compare OLD.json NEW.json` compares two runs.
"""


def disturbance(row: dict[str, Any]) -> float:
    """The CPUs that others used while the row was measured."""
    return max((library["foreign"] for library in row["libraries"].values()), default=float("inf"))


def merged(runs: list[dict[str, Any]]) -> list[dict[str, Any]]:
    """One run a kind: a row that a later run measured again is replaced where that was less disturbed."""
    kinds: dict[str, dict[str, Any]] = {}
    for run in runs:
        kind = run["rows"][0]["kind"]
        if kind not in kinds:
            kinds[kind] = {**run, "rows": list(run["rows"]), "again": []}
            continue
        first = kinds[kind]
        places = {(r["case"], r["direction"], r["threads"]): i for i, r in enumerate(first["rows"])}
        for row in run["rows"]:
            place = places.get((row["case"], row["direction"], row["threads"]))
            if place is None:
                first["rows"].append(row)
            elif disturbance(row) < disturbance(first["rows"][place]):
                first["rows"][place] = row
        first["again"].append(run)
    return list(kinds.values())


def other_run(run: dict[str, Any]) -> str:
    """Where rows come from that were not measured with the first ones."""
    place = f"{run['machine']['commit']}, {run['machine']['date']}"
    return (
        f"- Rows of another run, at {place}; of a row in both the less disturbed is kept: `{run['command']}`."
    )


def page(runs: list[dict[str, Any]]) -> str:
    """The runs as sections, each with its machine, command and table."""
    parts = [INTRODUCTION]
    for run in merged(runs):
        rows = run["rows"]
        peers = list(dict.fromkeys(peer for row in rows for peer in [*row["libraries"], *row["wrong"]]))
        closing = report.closing(rows)
        facts = report.machine_lines(run)
        facts += [other_run(again) for again in run["again"]]
        lines = [f"## {TITLES[rows[0]['kind']]}", "", *facts, "", report.markdown(rows, peers)]
        parts.append("\n".join([*lines, "", closing, ""] if closing else [*lines, ""]))
    return "\n".join(parts)


def main(words: list[str] | None = None) -> None:
    """Print the page."""
    options = argparse.ArgumentParser(prog="python -m bench.page", description=__doc__)
    options.add_argument("runs", type=Path, nargs="+", help="what --json wrote")
    given = options.parse_args(words)
    print(page([json.loads(path.read_text()) for path in given.runs]), end="")


if __name__ == "__main__":
    main()
