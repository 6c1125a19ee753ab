"""CAPABILITIES.md is true: its names exist, and its tests are collected."""

import importlib
import re
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
GROUPS = "LGFIONRUPTSBHKMCVXA"
# how many of each group there are: R stands for R1 to R9
REQUIRED = {
    **{
        "L": 6,
        "G": 7,
        "F": 4,
        "I": 5,
        "O": 11,
        "N": 5,
        "R": 9,
        "U": 9,
        "P": 7,
        "T": 3,
        "S": 5,
        "B": 7,
        "H": 8,
        "K": 9,
    },
    **{"M": 6, "C": 5, "V": 12, "X": 18},
}
LISTINGS = [f"A2.{number}" for number in range(1, 11)]
ROWS = [
    [cell.strip() for cell in line.strip("|").split("|")]
    for line in (ROOT / "CAPABILITIES.md").read_text(encoding="utf-8").splitlines()
    if re.match(r"\| [A-Z]\d+(\.\d+)? \|", line)
]


def quoted(cell):
    return re.findall(r"`([^`]+)`", cell)


def test_the_rows_have_four_cells_and_stand_once_in_the_order_of_the_groups():
    assert all(len(row) == 4 and all(row) for row in ROWS), [row for row in ROWS if len(row) != 4]
    places = [(GROUPS.index(row[0][0]), *map(int, row[0][1:].split("."))) for row in ROWS]
    assert places == sorted(set(places))


def test_every_requirement_has_its_row():
    wanted = {f"{group}{number}" for group, last in REQUIRED.items() for number in range(1, last + 1)}
    found = {row[0] for row in ROWS if row[0][0] in {*REQUIRED, "A"}}
    assert found == wanted | set(LISTINGS)


@pytest.mark.parametrize("row", ROWS, ids=lambda row: row[0])
def test_every_name_exists(row):
    names = quoted(row[2])
    assert names
    for name in names:
        target = importlib.import_module("afina")
        for part in name.removeprefix("afina.").split("."):
            if not hasattr(target, part):
                importlib.import_module(f"{target.__name__}.{part}")
            target = getattr(target, part)


def test_every_test_is_collected():
    named = {test for row in ROWS for test in quoted(row[3])}
    assert all(quoted(row[3]) for row in ROWS)
    files = sorted({test.split("::")[0] for test in named})
    command = [sys.executable, "-m", "pytest", "--collect-only", "-q", "--slow", "-p", "no:xdist", *files]
    done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=False, timeout=300)
    collected = {line.split("[")[0] for line in done.stdout.splitlines() if "::" in line}
    assert not named - collected, f"{sorted(named - collected)}\n{done.stdout[-500:]}{done.stderr[-500:]}"
