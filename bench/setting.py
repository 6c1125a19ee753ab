"""Where a run computes and how exactly: set once by the command line, inherited by the workers."""

from __future__ import annotations

import os

DEVICES = ("cpu", "cuda")
# how much further from the exact result than float32 a product may be whose factors were rounded
SLACK = {"highest": 1.0, "high": 20.0, "medium": 160.0}
_DEVICE, _PRECISION = "AFINA_DEVICE", "AFINA_BENCH_PRECISION"


def choose(device: str, precision: str) -> None:
    """For this process and those it starts."""
    os.environ[_DEVICE], os.environ[_PRECISION] = device, precision


def device() -> str:
    """Where to compute: "cpu" or "cuda"."""
    return os.environ.get(_DEVICE, "cpu")


def precision() -> str:
    """What products on a device may round to: "highest" nothing, "high" TF32, "medium" bfloat16."""
    return os.environ.get(_PRECISION, "highest")


def slack() -> float:
    """The factor on a check's tolerance."""
    return SLACK[precision()]
