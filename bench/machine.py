"""Which machine, which versions, which commit: what a figure means nothing without."""

from __future__ import annotations

import datetime
import importlib.metadata
import os
import platform
import re
import subprocess
from pathlib import Path
from typing import Any

ROOT = Path(__file__).parent.parent
PACKAGES = ("numpy", "torch", "jax", "jaxlib", "keras", "tensorflow", "tensorflow-cpu")


def cpu_name() -> str:
    """The processor's name as the system tells it."""
    path = Path("/proc/cpuinfo")
    if path.exists():
        text = path.read_text()
        fields = {
            key: re.search(rf"^{key}\s*:\s*(.+)$", text, re.M)
            for key in ("model name", "cpu family", "model")
        }
        name, family, model = (found.group(1) if found else "?" for found in fields.values())
        return f"{name} (family {family}, model {model})"
    return platform.processor() or platform.machine()


def commit() -> str:
    """The checkout's commit, with a + where files differ from it; "unknown" outside a checkout."""
    git = ["git", "-C", str(ROOT)]
    try:
        name = subprocess.run(
            [*git, "rev-parse", "--short=10", "HEAD"], capture_output=True, text=True, check=True
        )
        edits = subprocess.run([*git, "status", "--porcelain"], capture_output=True, text=True, check=True)
    except (OSError, subprocess.CalledProcessError):
        return "unknown"
    return name.stdout.strip() + ("+" if edits.stdout.strip() else "")


def versions() -> dict[str, str]:
    """The installed peers and their versions."""
    found = {}
    for package in PACKAGES:
        try:
            found[package] = importlib.metadata.version(package)
        except importlib.metadata.PackageNotFoundError:
            continue
    return found


def device_name() -> str:
    """The CUDA device as afina sees it."""
    import afina

    return afina._C.cuda_device()


def describe() -> dict[str, Any]:
    """Everything about the run except its figures."""
    import afina

    return {
        "cpu": cpu_name(),
        "cores": len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count(),
        "system": f"{platform.system()} {platform.release()} {platform.machine()}",
        "python": platform.python_version(),
        "afina": afina.__version__,
        "isa": afina._C.isa(),
        "commit": commit(),
        "versions": versions(),
        "date": datetime.datetime.now(datetime.timezone.utc).strftime("%Y-%m-%d %H:%M UTC"),
    }
