"""`afina info`: what runs here, and why what does not."""

from __future__ import annotations

import argparse
import os
import platform

import numpy as np

from ..utils.optional import EXTRA_OF, installed_extras

NAME = "info"
SUMMARY = "show version, instruction sets, threads, CUDA device and extras"
DESCRIPTION = "Show what Afina runs with on this machine."
EXAMPLES = "environment:\n  AFINA_ISA=avx2     run the kernels of another instruction set\n"


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Add the arguments of `afina info`."""
    parser.add_argument("--short", action="store_true", help="one line")


def run(arguments: argparse.Namespace) -> None:
    """Print the report."""
    rows = report()
    if arguments.short:
        print(f"{rows['afina']}, {rows['instruction set'].split(';')[0]}, {rows['threads']}")
        return
    width = max(map(len, rows))
    for name, text in rows.items():
        print(f"{name:{width}}  {text}")


def report() -> dict[str, str]:
    """The lines of the report by their names.

    >>> "threads" in report()
    True
    """
    from .. import _C, __version__, thread_count

    usable = _C.usable_isas()
    bfloat16 = " with bfloat16" if _C.can_round_products() else ""
    chosen = " (AFINA_ISA)" if os.environ.get("AFINA_ISA") else ""
    extras = [
        f"{package} {version}" if version else f"{package} missing (pip install 'afina[{EXTRA_OF[package]}]')"
        for package, version in installed_extras().items()
    ]
    return {
        "afina": f"afina {__version__}",
        "python": f"{platform.python_version()} on {platform.system()} {platform.machine()}",
        "numpy": np.__version__,
        "instruction set": f"{_C.isa()}{chosen}{bfloat16}; usable here: {', '.join(usable)}",
        "threads": f"{thread_count()} of {len(os.sched_getaffinity(0))} processors",
        "CUDA device": cuda_device(),
        "extras": ", ".join(extras),
    }


def cuda_device() -> str:
    """The CUDA device, or the reason why there is none."""
    from .. import _C

    return _C.cuda_device()
