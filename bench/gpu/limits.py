"""What the device can do at most, asked of torch in its own process: python -m bench.gpu.limits PRECISION.

Multiply-adds per second of its fastest square product (cuBLAS) in that precision, and bytes per second of a
copy, read and written.
"""

from __future__ import annotations

import json
import subprocess
import sys
from typing import Any

SIDES = (4096, 8192)
COPIED = 1 << 30  # bytes
ROUNDS = 10


def measure_limits(threads: list[int], precision: str) -> tuple[dict[str, dict[str, float]], str]:
    """({threads: {gflops, gbs}}, why it is empty): the host's threads change nothing."""
    command = [sys.executable, "-m", "bench.gpu.limits", precision]
    ran = subprocess.run(command, capture_output=True, text=True, check=False)
    if ran.returncode:
        last = (ran.stderr.strip().splitlines() or ["no word"])[-1]
        return {}, f"the device's limits need torch with CUDA ({last}): rows carry no fraction of them"
    return {str(count): json.loads(ran.stdout) for count in threads}, ""


def _seconds(torch: Any, run: Any) -> float:
    """The fastest of a few rounds, between two events on the device."""
    run()
    best = float("inf")
    for _ in range(ROUNDS):
        begin, end = (torch.cuda.Event(enable_timing=True) for _ in range(2))
        begin.record()
        run()
        end.record()
        torch.cuda.synchronize()
        best = min(best, begin.elapsed_time(end) / 1e3)
    return best


def main(precision: str) -> None:
    """Print the limits as JSON."""
    import torch

    torch.set_float32_matmul_precision(precision)
    dtype = torch.bfloat16 if precision == "medium" else torch.float32
    rates = []
    for side in SIDES:
        a = torch.randn(side, side, device="cuda", dtype=dtype)
        rates.append(2 * side**3 / _seconds(torch, lambda a=a: a @ a) / 1e9)
    x = torch.zeros(COPIED, dtype=torch.uint8, device="cuda")
    y = torch.empty_like(x)
    print(json.dumps({"gflops": max(rates), "gbs": 2 * COPIED / _seconds(torch, lambda: y.copy_(x)) / 1e9}))


if __name__ == "__main__":
    main(sys.argv[1])
