"""Rounded products beside cuBLAS: python -m bench.gpu.products [--precision high] [--sides 1024,2048].

Ours begin and end with float32 and are timed whole, with the rounding of their factors: once by the kernels
that every device has (mma.sync) and once by those of compute capability 9.0 (wgmma), where it has them.
cuBLAS, through torch, gets float32 under the same precision and, in bfloat16, also factors that are bfloat16
already, and writes bfloat16. Rows of each result are checked against NumPy in float64 first.
"""

from __future__ import annotations

import argparse
import importlib.util
import itertools
import time
from collections.abc import Callable, Iterator
from functools import partial
from typing import Any

import numpy as np

import afina
from afina import _C, ops

SIDES = (1024, 2048, 4096, 8192)
CHECKED_ROWS = 16
ROUNDS = 5
SECONDS = 0.2  # a round, at least
# How far from the exact result, of its largest element: factors keep ten or seven bits behind the point.
TOLERANCE = {"high": 2.0**-9, "medium": 2.0**-6}
WORDS = {"high": "TF32", "medium": "bfloat16"}
Run = tuple[Callable[[], Any], Callable[[], None], Callable[[Any], np.ndarray]]  # do it, wait, look at it


def ours(a: np.ndarray, b: np.ndarray) -> Iterator[tuple[str, Run]]:
    """Each tier of kernels that is here."""
    with afina.device("cuda"):
        x, y = afina.tensor(a), afina.tensor(b)
    for tier in ["warps", "warpgroups"] if _C.has_warpgroup_products() else ["warps"]:
        _C.set_product_tier(tier)
        yield (
            f"afina, {tier}",
            (lambda: ops.matmul(x, y), afina.synchronize, lambda z: z[:CHECKED_ROWS].numpy()),
        )
    _C.set_product_tier("by size")


def theirs(a: np.ndarray, b: np.ndarray, precision: str) -> Iterator[tuple[str, Run]]:
    """cuBLAS, if there is a torch that has it."""
    if importlib.util.find_spec("torch") is None:
        return
    import torch

    if not torch.cuda.is_available():
        return
    torch.set_float32_matmul_precision(precision)
    dtypes = {"cuBLAS, float32": torch.float32}
    if precision == "medium":
        dtypes["cuBLAS, bfloat16"] = torch.bfloat16
    for name, dtype in dtypes.items():
        x, y = (torch.from_numpy(array).to("cuda", dtype) for array in (a, b))
        yield name, (partial(torch.matmul, x, y), torch.cuda.synchronize, _first_rows)


def _first_rows(z: Any) -> np.ndarray:
    return np.asarray(z[:CHECKED_ROWS].float().cpu())


def rate(run: Run, products: int, right: np.ndarray, tolerance: float) -> float:
    """Its TFLOP/s in the fastest of a few rounds; RuntimeError if it computes something else."""
    compute, wait, look = run
    found = look(compute())
    if not abs(found - right).max() <= tolerance * abs(right).max():
        raise RuntimeError(f"off by {abs(found - right).max() / abs(right).max():.2g} of the largest element")
    best = 0.0
    for _ in range(ROUNDS):
        count, begin = 0, time.perf_counter()
        while count == 0 or time.perf_counter() - begin < SECONDS:
            for _ in range(4):
                compute()
            count += 4
            wait()
        best = max(best, 2 * products * count / (time.perf_counter() - begin) / 1e12)
    return best


def main() -> None:
    """Print the table."""
    options = argparse.ArgumentParser(prog="python -m bench.gpu.products", description=__doc__)
    options.add_argument("--sides", default=",".join(map(str, SIDES)), help="of square matrices")
    options.add_argument("--precision", choices=list(WORDS), default="medium")
    given = options.parse_args()
    sides = [int(side) for side in given.sides.split(",")]
    afina.set_float32_matmul_precision(given.precision)
    rows: dict[str, dict[int, float]] = {}
    for side in sides:
        rng = np.random.default_rng(side)
        a, b = (rng.standard_normal((side, side), dtype="float32") for _ in range(2))
        right = a[:CHECKED_ROWS].astype("float64") @ b
        for name, run in itertools.chain(ours(a, b), theirs(a, b, given.precision)):
            rows.setdefault(name, {})[side] = rate(run, side**3, right, TOLERANCE[given.precision])
    print(f"## Square products in {WORDS[given.precision]}, TFLOP/s\n")
    print(f"On {_C.cuda_device()}; in brackets the part of the fastest of cuBLAS.\n")
    print("| side |", " | ".join(map(str, sides)), "|\n|---|" + "---:|" * len(sides))
    best = {n: max((rates[n] for name, rates in rows.items() if "cuBLAS" in name), default=0) for n in sides}
    for name, rates in rows.items():
        cells = [f"{rates[n]:.1f}" + (f" ({rates[n] / best[n]:.0%})" if best[n] else "") for n in sides]
        print(f"| {name} |", " | ".join(cells), "|")


if __name__ == "__main__":
    main()
