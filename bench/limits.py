"""What this machine can do at most, measured by a small C program compiled with the system's compiler."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import tempfile
from pathlib import Path
from typing import Any

SOURCE = Path(__file__).with_name("limits.c")


def compiler() -> str | None:
    """The C compiler: $CC, or the first of cc, gcc, clang on the path."""
    named = os.environ.get("CC")
    return next(
        (found for name in [named, "cc", "gcc", "clang"] if name and (found := shutil.which(name))), None
    )


def measure_limits(threads: list[int]) -> tuple[dict[str, dict[str, float]], str]:
    """({threads: {gflops, copy_gbs, stream_copy_gbs, gbs}}, why it is empty); takes about a second a count.

    `gbs` is the better of the two copies, in bytes read plus bytes written.
    """
    found = compiler()
    if found is None:
        return {}, "no C compiler (cc, gcc or clang, or $CC): rows carry no fraction of the machine's limit"
    limits: dict[str, dict[str, float]] = {}
    with tempfile.TemporaryDirectory() as folder:
        program = Path(folder) / "limits"
        command = [
            found,
            "-O3",
            "-march=native",
            "-ffp-contract=fast",
            "-pthread",
            str(SOURCE),
            "-o",
            str(program),
        ]
        built = subprocess.run(command, capture_output=True, text=True, check=False)
        if built.returncode:
            return {}, f"{found} could not compile {SOURCE.name}: {built.stderr.strip()[:300]}"
        for count in threads:
            ran = subprocess.run([program, str(count)], capture_output=True, text=True, check=False)
            if ran.returncode:
                return {}, f"limits {count}: {ran.stderr.strip()[:300]}"
            values = json.loads(ran.stdout)
            values["gbs"] = max(values["copy_gbs"], values["stream_copy_gbs"])
            limits[str(count)] = values
    return limits, ""


def fraction(
    limits: dict[str, Any], threads: int, flops: float, nbytes: float, seconds: float
) -> dict[str, Any]:
    """How near a time comes to the limit that binds: {"limit", "rate", "unit", "fraction"}.

    The binding limit, "peak" or "bandwidth", is the one that asks for more time.
    Without measured limits only the rate is known.
    """
    if not flops and not nbytes:
        return {}
    known = limits.get(str(threads))
    by_flops = flops / (known["gflops"] * 1e9) if known else flops / 1e12
    by_bytes = nbytes / (known["gbs"] * 1e9) if known else nbytes / 1e11
    if by_flops >= by_bytes:
        result = {"limit": "peak", "rate": flops / seconds / 1e9, "unit": "GFLOP/s"}
    else:
        result = {"limit": "bandwidth", "rate": nbytes / seconds / 1e9, "unit": "GB/s"}
    if known:
        result["fraction"] = max(by_flops, by_bytes) / seconds
    return result
