"""The command line: python -m bench ops|overhead|training|transfer."""

from __future__ import annotations

import argparse
import json
import os
import shlex
import sys
from pathlib import Path
from typing import Any

from . import report, setting
from .case import selected
from .gpu.limits import measure_limits as measure_gpu_limits
from .harness import MEMORY_COUNTS, OURS, Bench, Effort
from .limits import measure_limits
from .machine import describe, device_name
from .tables import KINDS, cases

# what a bare peer name stands for where networks run: the ways to run it that may be its fastest
VARIANTS = {
    "torch": ["torch+fused", "torch+cl+fused"],
    "keras": ["keras-jax"],
    "tensorflow": ["keras-tensorflow"],
    "jax": ["keras-jax"],
}


def peers_of(kind: str, text: str) -> list[str]:
    """The libraries to run beside ours, from the comma-separated names of --peers."""
    names = [name.strip() for name in text.split(",") if name.strip()]
    if kind in ("training", "transfer"):
        names = [variant for name in names for variant in VARIANTS.get(name, [name])]
    return list(dict.fromkeys(names))


def parser() -> argparse.ArgumentParser:
    """The options, with the help that --help prints."""
    options = argparse.ArgumentParser(
        prog="python -m bench",
        description="Time afina beside its peers: each library is checked first, then measured in turns.",
        epilog="Peers that are not installed are left out. Variants of a peer are written with plus signs: "
        "torch+fused+cl+tuned (fused optimizer, channels last, allocator told to keep memory), torch+nchw, "
        "torch+compile, keras-jax, keras-torch, keras-tensorflow.",
    )
    options.add_argument("kind", choices=KINDS)
    options.add_argument(
        "--peers", default="", help="comma-separated: torch,jax,tensorflow,keras or variants"
    )
    options.add_argument("--threads", default="1,2", help="comma-separated counts (1,2)")
    options.add_argument("--filter", default="", help="only rows with one of these comma-separated words")
    options.add_argument("--json", type=Path, help="write everything measured to this file")
    options.add_argument("--rounds", type=int, default=5, help="blocks of each library in a row (5)")
    options.add_argument("--seconds", type=float, default=0.06, help="length of a block (0.06)")
    options.add_argument("--no-limits", action="store_true", help="do not measure the machine's limits")
    options.add_argument("--device", choices=setting.DEVICES, default="cpu", help="where to compute (cpu)")
    options.add_argument(
        "--precision",
        choices=list(setting.SLACK),
        default="highest",
        help="what products of float32 on a device may round to: highest nothing, high TF32, medium bfloat16",
    )
    return options


def main(words: list[str] | None = None) -> int:
    """Run, print the table, write the files; the exit status is 1 when one of our results was wrong."""
    given = parser().parse_args(words)
    rows_wanted = selected(cases(given.kind), given.filter)
    threads = [int(count) for count in given.threads.split(",")]
    if not rows_wanted:
        parser().error(f"--filter {given.filter!r}: no row of {given.kind} has one of these words")
    cores = len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1
    if not all(1 <= count <= cores for count in threads):
        parser().error(f"--threads {given.threads}: this machine has {cores} cores")
    if given.device == "cuda" and device_name().startswith("none"):
        parser().error(f"--device cuda: {device_name()}")
    setting.choose(given.device, given.precision)
    limits, why = ({}, "") if given.no_limits else _limits(threads)
    if why:
        print(why, file=sys.stderr)
    bench = Bench(given.kind, peers_of(given.kind, given.peers), limits, Effort(given.rounds, given.seconds))
    machine = describe()
    arguments = shlex.join(words if words is not None else sys.argv[1:])
    run: dict[str, Any] = {"command": f"python -m bench {arguments}", "machine": machine, "limits": limits}
    if given.device == "cuda":
        run |= {"gpu": os.environ.get("AFINA_BENCH_GPU", device_name()), "precision": given.precision}
    try:
        run["rows"] = _rows(bench, rows_wanted, threads)
    finally:
        bench.close()
    for peer, error in bench.missing.items():
        print(f"left out {peer}: {error}", file=sys.stderr)
    print(report.closing(run["rows"]))
    if given.json:
        given.json.write_text(json.dumps(run, indent=1) + "\n")
    return int(any(OURS in row["wrong"] for row in run["rows"]))


def _limits(threads: list[int]) -> tuple[dict[str, dict[str, float]], str]:
    if setting.device() == "cuda":
        return measure_gpu_limits(threads, setting.precision())
    return measure_limits(threads)


def _rows(bench: Bench, wanted: list[Any], threads: list[int]) -> list[dict[str, Any]]:
    peers = bench.peers
    longest = max(len(f"{case.name} {timing.direction}") for case, timing in wanted)
    widths = [longest, 7, *[max(len(peer), 7) for peer in peers], 12, 13, 8, 8]
    widths += [5 * len(peers) + 8] * (bench.kind == MEMORY_COUNTS)
    print(report.line(report.header(bench.kind, peers), widths), flush=True)
    rows = []
    for case, timing in wanted:
        for count in threads:
            row = bench.row(case, timing, count)
            if not row["libraries"] and not row["wrong"]:
                continue
            rows.append(row)
            print(report.line(report.cells(row, peers), widths), flush=True)
            for peer, error in row["wrong"].items():
                print(f"    {peer}: {error}", flush=True)
    return rows


if __name__ == "__main__":
    sys.exit(main())
