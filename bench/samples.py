"""Statistics of timings: medians, spreads, and ratios that forgive a drifting machine."""

from __future__ import annotations

import statistics
from dataclasses import dataclass, field


@dataclass
class Block:
    """Seconds of single calls measured one after another, and the CPUs that others used meanwhile."""

    seconds: list[float]
    foreign: float
    calls: int


@dataclass
class Samples:
    """All blocks of one library in one row."""

    blocks: list[Block] = field(default_factory=list)

    def quiet(self, limit: float) -> list[Block]:
        """The undisturbed blocks if at least half of all are, else all: `foreign` then tells."""
        calm = [block for block in self.blocks if block.foreign <= limit]
        return calm if 2 * len(calm) >= len(self.blocks) else self.blocks


def median(seconds: list[float]) -> float:
    """The middle value, which a few disturbed samples do not move."""
    return statistics.median(seconds)


def spread(seconds: list[float]) -> float:
    """The width of the middle half over the median, (q3 - q1) / q2; 0 for one sample."""
    if len(seconds) < 2:
        return 0.0
    first, middle, third = statistics.quantiles(seconds, n=4, method="inclusive")
    return (third - first) / middle


def summary(samples: Samples, limit: float) -> dict[str, float]:
    """What a row keeps of one library: seconds, spread, calls, rounds and foreign load."""
    blocks = samples.quiet(limit)
    seconds = [s for block in blocks for s in block.seconds]
    return {
        "seconds": median(seconds),
        "best_seconds": min(seconds),
        "spread": spread(seconds),
        "calls": sum(block.calls for block in blocks),
        "rounds": len(blocks),
        "foreign": round(median([block.foreign for block in blocks]), 3),
    }


def paired_ratio(ours: Samples, theirs: Samples, limit: float) -> float:
    """Their time over ours, the median over the undisturbed rounds, whose blocks ran side by side in time.

    With no undisturbed round it is the ratio of the fastest samples, which others hurt least.
    """
    pairs = zip(ours.blocks, theirs.blocks, strict=False)
    calm = [(a, b) for a, b in pairs if a.foreign <= limit and b.foreign <= limit]
    if calm:
        return median([median(b.seconds) / median(a.seconds) for a, b in calm])
    return min(min(b.seconds) for b in theirs.blocks) / min(min(a.seconds) for a in ours.blocks)
