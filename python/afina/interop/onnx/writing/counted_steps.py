"""Masks of recurrent nodes: the steps that count are brought to the front, where ONNX takes a length."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np

from .writer import Ref, Writer

_INT32, _INT64 = 6, 7  # element types


@dataclass(frozen=True)
class CountedSteps:
    """Sequences without the steps that a mask (batch, steps) hides, and the way back to all steps.

    A hidden step leaves the state as it is, so the state at a step is that after the last step that counts.
    """

    x: str  # (batch, steps, inputs): those that count first, in their order
    lengths: str  # (batch,): how many count, at least 1
    seen: str  # (batch, steps, 1): how many have counted up to each step
    some: str  # (batch, 1): does any count?

    @classmethod
    def of(cls, w: Writer, x: str, mask: str, steps: int) -> CountedSteps:
        """The nodes that sort the steps."""
        counts = w.node("Cast", [mask], to=_INT64)
        seen = w.node("CumSum", [counts, w.store(np.array(1, np.int64))])
        total = w.node("ReduceSum", [counts, w.integers([1])], keepdims=1)
        # the largest number has the first step that counts, and none of them an equal
        ahead = w.node("Mul", [counts, w.store(np.array(steps, np.int64))])
        rank = w.node("Sub", [ahead, w.store(np.arange(steps)[None])])
        _, order = w.node("TopK", [rank, w.integers([steps])], 2, axis=1, largest=1, sorted=1)
        length = w.node("Squeeze", [w.node("Max", [total, w.store(np.array(1, np.int64))]), w.integers([1])])
        return cls(
            _picked(w, x, w.node("Unsqueeze", [order, w.integers([-1])])),
            w.node("Cast", [length], to=_INT32),
            w.node("Unsqueeze", [seen, w.integers([-1])]),
            w.node("Greater", [total, w.store(np.array(0, np.int64))]),
        )

    def at_all_steps(self, w: Writer, every: str, initial: Ref | None, dtype: str) -> str:
        """What came out for the steps that count, (batch, steps, units), repeated where none did."""
        if initial is None:
            before = w.node("Pad", [every, w.integers([0, 1, 0, 0, 0, 0]), w.number(0.0, dtype)])
        else:
            first = w.node("Unsqueeze", [initial.name, w.integers([1])])
            before = w.node("Concat", [first, every], axis=1)
        return _picked(w, before, self.seen)

    def at_the_end(self, w: Writer, last: str, initial: Ref | None, dtype: str) -> str:
        """The last state (batch, units), the initial one where no step counts."""
        start = w.number(0.0, dtype) if initial is None else initial.name
        return str(w.node("Where", [self.some, last, start]))


def _picked(w: Writer, rows: str, index: Any) -> str:
    return str(w.node("GatherND", [rows, index], batch_dims=1))
