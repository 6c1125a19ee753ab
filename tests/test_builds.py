"""What AFINA_CUDA chooses: kernels for every architecture, for none, or for the GPU that is here."""

from __future__ import annotations

import os
import re
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).parent.parent

pytestmark = pytest.mark.skipif(
    shutil.which("cmake") is None or shutil.which("ninja") is None, reason="needs cmake and ninja"
)
needs_nvcc = pytest.mark.skipif(shutil.which("nvcc") is None, reason="needs nvcc")


def configured(folder: Path, choice: str, gpu: bool) -> str:
    """The rules of a build with AFINA_CUDA=choice, on a machine whose nvidia-smi lists a GPU or none."""
    tools, build = folder / "tools", folder / "build"
    tools.mkdir()
    smi = tools / "nvidia-smi"
    smi.write_text("#!/bin/sh\n" + ("echo GPU 0: one" if gpu else "exit 9") + "\n")
    smi.chmod(0o755)
    options = [f"-DAFINA_CUDA={choice}", f"-DPython_EXECUTABLE={sys.executable}"]
    subprocess.run(
        ["cmake", "-S", ROOT, "-B", build, "-G", "Ninja", "-DAFINA_ISAS=baseline", *options],
        env={**os.environ, "PATH": f"{tools}:{os.environ['PATH']}"},
        check=True,
        capture_output=True,
        timeout=300,
    )
    return (build / "build.ninja").read_text()


@pytest.mark.parametrize(("choice", "gpu"), [("OFF", True), ("AUTO", False)])
def test_a_build_without_cuda_has_no_kernels_of_its(choice: str, gpu: bool, tmp_path: Path) -> None:
    rules = configured(tmp_path, choice, gpu)
    assert ".cu.o" not in rules
    assert "AFINA_HAVE_CUDA" not in rules


@needs_nvcc
def test_on_builds_machine_code_for_both_generations_and_ptx_for_later_ones(tmp_path: Path) -> None:
    rules = configured(tmp_path, "ON", gpu=False)
    assert len(re.findall(r"^build .*\.cu\.o:", rules, re.MULTILINE)) == len(list(ROOT.glob("csrc/**/*.cu")))
    assert "code=[sm_80]" in rules
    assert "code=[compute_90,sm_90]" in rules
    assert len(re.findall(r"FLAGS = .*arch=compute_90a,code=sm_90a", rules)) == 1  # the one file with wgmma
    assert "cudart_static" in rules
    assert "-lcuda " not in rules


@needs_nvcc
def test_auto_builds_for_the_gpu_it_sees(tmp_path: Path) -> None:
    rules = configured(tmp_path, "AUTO", gpu=True)
    assert ".cu.o" in rules
    assert "AFINA_HAVE_CUDA" in rules
    assert "code=[compute_90,sm_90]" not in rules  # not all: the one that is here
