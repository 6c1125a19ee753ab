"""One block of samples of a function, inside the process that runs it."""

from __future__ import annotations

import os
import resource
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

from .samples import Block

SAMPLE = 200e-6  # a sample is the mean of as many calls as fill this: the clock costs nothing then
LEAST_SAMPLES = 3


def machine_seconds() -> float:
    """CPU seconds used by everything on the cores this process may run on; 0 where nobody tells."""
    try:
        lines = Path("/proc/stat").read_text().splitlines()
    except OSError:
        return 0.0
    cores = {f"cpu{core}" for core in os.sched_getaffinity(0)}
    total = 0
    for name, user, nice, system, _idle, _wait, hard, soft, *_ in (
        line.split() for line in lines if "cpu" in line
    ):
        if name in cores:
            total += sum(map(int, (user, nice, system, hard, soft)))
    return total / os.sysconf("SC_CLK_TCK")


def own_seconds() -> float:
    """CPU seconds that this process has used."""
    usage = resource.getrusage(resource.RUSAGE_SELF)
    return usage.ru_utime + usage.ru_stime


def calls_per_sample(run: Callable[[], Any], finished: Callable[[], None] = lambda: None) -> int:
    """How many calls fill one sample; also warms caches and threads up."""
    fastest = float("inf")
    for _ in range(LEAST_SAMPLES):
        start = time.perf_counter()
        run()
        finished()
        fastest = min(fastest, time.perf_counter() - start)
    return max(1, int(SAMPLE / max(fastest, 1e-8)))


def measure_block(
    run: Callable[[], Any], length: float, calls: int, finished: Callable[[], None] = lambda: None
) -> Block:
    """Samples of `calls` calls each for about `length` seconds, at least three, and the load of others.

    A sample ends when `finished` returns: a device has then done what it was asked to do.
    """
    run()
    finished()
    samples: list[float] = []
    own, machine, begin = own_seconds(), machine_seconds(), time.perf_counter()
    end = begin
    while end - begin < length or len(samples) < LEAST_SAMPLES:
        start = time.perf_counter()
        for _ in range(calls):
            run()
        finished()
        end = time.perf_counter()
        samples.append((end - start) / calls)
    used = machine_seconds() - machine - (own_seconds() - own)
    return Block(samples, max(0.0, used) / (end - begin), len(samples) * calls)
