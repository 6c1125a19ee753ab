"""The case tables by kind: what `python -m bench KIND` runs."""

from __future__ import annotations

from functools import cache

from .case import Case

KINDS = ("ops", "overhead", "training", "transfer")


def cases(kind: str) -> list[Case]:
    """The cases of a kind, in the order they are run and printed."""
    if kind == "ops":
        from . import ops

        return ops.CASES
    if kind == "overhead":
        from . import overhead

        return overhead.CASES
    if kind == "transfer":
        from . import transfer

        return transfer.CASES
    from . import training

    return training.CASES


@cache
def table(kind: str) -> dict[str, Case]:
    """The cases of a kind by name."""
    found = {case.name: case for case in cases(kind)}
    if len(found) != len(cases(kind)):
        raise ValueError(f"{kind}: two cases have the same name")
    return found
