"""Every instruction set of the build gives right results, not only the one this machine prefers."""

import os
import subprocess
import sys
from pathlib import Path

import pytest

from afina import _C

TESTS = Path(__file__).parent
OTHERS = [isa for isa in _C.usable_isas() if isa != _C.isa()]


@pytest.mark.parametrize("isa", OTHERS)
def test_the_op_suite_passes_on_another_instruction_set(isa):
    done = subprocess.run(
        [
            sys.executable,
            "-m",
            "pytest",
            "-q",
            "-p",
            "no:cacheprovider",
            TESTS / "test_ops.py",
            TESTS / "test_winograd.py",
        ],
        env={**os.environ, "AFINA_ISA": isa},
        cwd=TESTS.parent,
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stdout[-3000:]


def test_an_unknown_instruction_set_is_refused_with_what_is_allowed():
    done = subprocess.run(
        [sys.executable, "-c", "import afina; afina.ops.exp(afina.ones((2,)))"],
        env={**os.environ, "AFINA_ISA": "avx1024"},
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 1
    assert "'avx1024' is not usable here; allowed: " in done.stderr
    assert _C.isa() in done.stderr
