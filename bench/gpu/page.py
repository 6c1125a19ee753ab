"""The page of a device: python -m bench.gpu.page RUN.json ... > bench/RESULTS-GPU.md."""

from __future__ import annotations

import json
import sys
from pathlib import Path
from typing import Any

from .. import report
from ..page import TITLES

WORDS = {
    "highest": "nothing rounded",
    "high": "products in TF32",
    "medium": "products in bfloat16 (torch: its convolutions in TF32)",
}
INTRODUCTION = """# Results on a GPU

Written by `bench/gpu/measure`. Every library of a row is checked and then measured in turns in one run, each
in a process of its own; a sample ends when the device has done the work. *of limit* is against the fastest
square product of cuBLAS in the same precision, or a copy, in the same run.
"""


def page(runs: list[dict[str, Any]]) -> str:
    """The runs as sections, each with its device, command and table."""
    parts = [INTRODUCTION]
    for run in runs:
        rows = run["rows"]
        peers = list(dict.fromkeys(peer for row in rows for peer in [*row["libraries"], *row["wrong"]]))
        title = f"## {TITLES[rows[0]['kind']]}, {WORDS[run['precision']]}"
        lines = [
            title,
            "",
            f"- Device: {run['gpu']}.",
            *report.machine_lines(run),
            "",
            report.markdown(rows, peers),
        ]
        parts.append("\n".join([*lines, "", report.closing(rows), ""]))
    return "\n".join(parts)


if __name__ == "__main__":
    print(page([json.loads(Path(name).read_text()) for name in sys.argv[1:]]), end="")
