"""Data flows one way, core -> cpu -> ops -> autograd -> bindings; ISA files leave no symbol for everybody."""

import re
import shutil
import subprocess
from pathlib import Path

import pytest

ROOT = Path(__file__).parent.parent
LEVELS = {"core": 0, "cpu": 1, "cuda": 1, "ops": 2, "autograd": 3, "plan": 4, "bindings": 5}
# The core's storage takes its memory from the device's allocator.
ALLOWED = {("core/storage.cpp", "cpu/allocator.h")}


def test_includes_follow_the_arrows():
    for source in [*ROOT.glob("csrc/**/*.h"), *ROOT.glob("csrc/**/*.cpp")]:
        name = source.relative_to(ROOT / "csrc").as_posix()
        for included in re.findall(r'#include "([^"]+)"', source.read_text()):
            backwards = LEVELS[included.split("/")[0]] > LEVELS[name.split("/")[0]]
            assert not backwards or (name, included) in ALLOWED, f"{name} includes {included}"


def test_openmp_is_behind_one_door():
    users = [
        p.name for p in ROOT.glob("csrc/**/*.cpp") if re.search(r"omp\.h|#pragma omp|\bomp_", p.read_text())
    ]
    assert users == ["parallel.cpp"]


def test_kernel_files_include_only_what_is_never_emitted():
    allowed = re.compile(
        r"<(cstdint|cstddef|immintrin\.h|arm_neon\.h)>|\"(core/isa\.h|core/random\.h|cpu/[\w/]+\.h|ops/[\w/]+\.h)\""
    )
    for source in ROOT.glob("csrc/**/*_cpu.cpp"):
        for included in re.findall(r"#include (\S+)", source.read_text()):
            assert allowed.fullmatch(included), f"{source.name} includes {included}"


@pytest.mark.skipif(shutil.which("nm") is None, reason="needs nm")
def test_isa_objects_export_no_symbol_without_their_isa_in_the_name():
    objects = list(ROOT.glob("build*/**/kernels_*.dir/**/*.o"))
    if not objects:
        pytest.skip("needs a build tree beside the sources")
    for path in objects:
        listing = subprocess.run(
            ["nm", "-C", "--defined-only", path], capture_output=True, text=True, check=True
        )
        for line in listing.stdout.splitlines():
            kind, symbol = line.split(maxsplit=2)[1:]
            # Some nested lambdas stay mangled, with the same words in another order.
            if symbol == "DW.ref.__gxx_personality_v0":
                continue  # a pointer, the same in every object that has something to clean up
            if kind in "WVu" and "(afina::Isa)" not in symbol and "3IsaE" not in symbol:
                pytest.fail(f"{path.name}: {symbol}")
