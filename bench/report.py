"""The table that a run prints and the page it can write."""

from __future__ import annotations

import math
from typing import Any

from .harness import MEMORY_COUNTS, OURS, QUIET


def duration(seconds: float) -> str:
    """Three digits with the unit that fits: 1.23 us, 45.6 us, 7.89 ms."""
    for unit, size in (("ns", 1e-9), ("us", 1e-6), ("ms", 1e-3), ("s", 1.0)):
        if seconds < 999.5 * size or unit == "s":
            break
    if seconds <= 0:
        return f"0 {unit}"
    value = float(f"{seconds / size:.3g}")
    return f"{value:.{max(0, 2 - math.floor(math.log10(value)))}f} {unit}"


def cells(row: dict[str, Any], peers: list[str]) -> list[str]:
    """One row as text: case, threads, a time per library, ratio to the best peer, rate, fraction, spread."""
    libraries, wrong = row["libraries"], row["wrong"]
    times = [
        duration(libraries[peer]["seconds"]) if peer in libraries else "WRONG" if peer in wrong else ""
        for peer in peers
    ]
    ours = libraries.get(OURS, {})
    ratio = f"{row['ratio']:.2f}x" if "ratio" in row else ""
    rate = f"{ours['rate']:.3g} {ours['unit']}" if "rate" in ours else ""
    share = f"{ours['fraction']:.0%}" if "fraction" in ours else ""
    noise = f"{ours['spread']:.0%}" if ours else ""
    if any(library["foreign"] > QUIET for library in libraries.values()):
        noise += " *"
    name = f"{row['case']} {row['direction']}"
    return [
        name,
        str(row["threads"]),
        *times,
        ratio,
        rate,
        share,
        noise,
        *([_memory(row, peers)] * (row["kind"] == MEMORY_COUNTS)),
    ]


def _memory(row: dict[str, Any], peers: list[str]) -> str:
    """Each library's peak in MB."""
    peaks = [row["libraries"].get(peer, {}).get("peak_bytes") for peer in peers]
    return " / ".join("-" if peak is None else f"{peak / 2**20:.0f}" for peak in peaks)


def header(kind: str, peers: list[str]) -> list[str]:
    """The column titles that `cells` fills."""
    titles = ["case", "threads", *peers, "vs best peer", "rate", "of limit", "spread"]
    return [*titles, "peak memory in MB"] if kind == MEMORY_COUNTS else titles


def line(texts: list[str], widths: list[int]) -> str:
    """Fixed columns for a terminal: the first to the left, the others to the right."""
    first, *rest = [text.rjust(width) for text, width in zip(texts, widths, strict=True)]
    return "  ".join([first.strip().ljust(widths[0]), *rest])


def markdown(rows: list[dict[str, Any]], peers: list[str]) -> str:
    """The rows as a table for a page, the fastest library of each row in bold."""
    titles = header(rows[0]["kind"], peers)
    lines = ["| " + " | ".join(titles) + " |", "|---|" + "---:|" * (len(titles) - 1)]
    for row in rows:
        texts = cells(row, peers)
        libraries = row["libraries"]
        if libraries:
            best = min(libraries, key=lambda peer: libraries[peer]["seconds"])
            at = 2 + peers.index(best)
            texts[at] = f"**{texts[at]}**"
        lines.append("| " + " | ".join(texts) + " |")
    return "\n".join(lines)


def geometric_mean(values: list[float]) -> float:
    """The mean that treats twice as fast and twice as slow alike."""
    return math.exp(sum(math.log(v) for v in values) / len(values))


def closing(rows: list[dict[str, Any]]) -> str:
    """How we stand against the best peer over all rows, by number of threads."""
    lines = []
    for threads in sorted({row["threads"] for row in rows}):
        ratios = [row["ratio"] for row in rows if row["threads"] == threads and "ratio" in row]
        if ratios:
            ahead = sum(ratio >= 1 for ratio in ratios)
            mean = geometric_mean(ratios)
            lines.append(
                f"{threads} thread{'s' * (threads > 1)}: {mean:.2f}x the best peer's speed (geometric mean), "
                f"ahead in {ahead} of {len(ratios)} rows"
            )
    return "\n".join(lines)


def machine_lines(run: dict[str, Any]) -> list[str]:
    """What was measured, where and with what, for a page."""
    machine = run["machine"]
    lines = [
        "- Machine: {cpu}, {cores} cores, {system}; kernels run as {isa}.".format(**machine),
        "- Versions: Python {python}, afina {afina} at {commit}; {others}.".format(
            **machine, others=", ".join(f"{k} {v}" for k, v in machine["versions"].items())
        ),
        f"- Date: {machine['date']}. Command: `{run['command']}`.",
    ]
    for threads, limit in run["limits"].items():
        lines.append(
            f"- Limit of {threads} thread{'s' * (threads != '1')}: {limit['gflops']:.0f} GFLOP/s, "
            f"{limit['gbs']:.0f} GB/s copied."
        )
    return lines
