"""Compare what ptxas says of each kernel (registers, spills, stack) with .ci/cuda_budget.txt.

    python .ci/cuda_budget.py FOLDER            compare the logs of nvcc -Xptxas=-v in FOLDER
    python .ci/cuda_budget.py FOLDER --write    make the budget what the logs say

The budget has one line a source file and architecture: the most registers, spilled bytes and stack bytes
of any of its kernels. A file that takes more fails; so does one without a line.
"""

from __future__ import annotations

import re
import sys
from pathlib import Path

BUDGET = Path(__file__).with_name("cuda_budget.txt")
Figures = tuple[int, int, int]  # registers, bytes of spill stores, bytes of stack


def measured(folder: Path) -> dict[str, Figures]:
    """The worst figures of each source file on each architecture."""
    worst: dict[str, Figures] = {}
    for log in sorted(folder.glob("*.log")):
        where = ""
        stack = spills = 0
        for line in log.read_text().splitlines():
            if found := re.search(r"Compiling entry function '.*' for '(sm_\w+)'", line):
                where = f"{log.stem} {found[1]}"
            elif found := re.search(r"(\d+) bytes stack frame, (\d+) bytes spill stores", line):
                stack, spills = int(found[1]), int(found[2])
            elif where and (found := re.search(r"Used (\d+) registers", line)):
                before = worst.get(where, (0, 0, 0))
                worst[where] = (
                    max(before[0], int(found[1])),
                    max(before[1], spills),
                    max(before[2], stack),
                )
    return worst


def read_budget() -> dict[str, Figures]:
    """The committed figures."""
    rows = [line.split() for line in BUDGET.read_text().splitlines() if not line.startswith("#")]
    return {f"{name} {arch}": (int(a), int(b), int(c)) for name, arch, a, b, c in rows}


def main() -> int:
    """Print what exceeds its budget; 1 if something does."""
    found = measured(Path(sys.argv[1]))
    if "--write" in sys.argv:
        head = "# file, architecture; of any kernel the most registers, bytes spilled, bytes of stack\n"
        BUDGET.write_text(head + "".join(f"{k} {a} {b} {c}\n" for k, (a, b, c) in sorted(found.items())))
        return 0
    budget = read_budget()
    over = [
        f"  {name}: registers, spills, stack {figures}, budget {budget.get(name)}"
        for name, figures in sorted(found.items())
        if name not in budget or any(f > b for f, b in zip(figures, budget[name], strict=True))
    ]
    print(f"  {len(found)} files and architectures, {len(over)} over their budgets")
    print("\n".join(over))
    return 1 if over else 0


if __name__ == "__main__":
    sys.exit(main())
