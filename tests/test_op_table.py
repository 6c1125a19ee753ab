"""The table is complete: every op has a case, a doc, its sibling files and its place in the stubs."""

import re
from pathlib import Path

import pytest

from afina import _C
from cases import CASES

ROOT = Path(__file__).parent.parent
NAMES = [row["name"] for row in _C.OPS]


def test_every_op_has_exactly_one_case():
    assert sorted(case.name for case in CASES) == sorted(NAMES)


def test_every_op_is_bound_once():
    assert len(NAMES) == len(set(NAMES))
    assert set(NAMES) == {name for name in dir(_C.ops) if not name.startswith("_")}


@pytest.mark.parametrize("row", _C.OPS, ids=NAMES)
def test_every_op_says_what_it_computes(row):
    assert len(row["doc"]) > 10
    assert row["doc"].endswith(".")


def test_every_case_refuses_something():
    silent = [case.name for case in CASES if not case.refusals]
    assert silent == []


def test_every_kernel_file_has_its_siblings():
    for kernel in ROOT.glob("csrc/ops/*/*_cpu.cpp"):
        base = kernel.name.removesuffix("_cpu.cpp")
        assert (kernel.parent / f"{base}.cpp").exists() or (kernel.parent / f"{base}.h").exists(), kernel


def test_the_stubs_name_every_op():
    stub = (ROOT / "python/afina/_C/ops.pyi").read_text()
    assert sorted(set(re.findall(r"^def (\w+)\(", stub, re.MULTILINE))) == sorted(NAMES)
