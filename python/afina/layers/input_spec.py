"""What a layer accepts, and the sentence that says so when something else comes."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

from ..errors import ShapeError

SymbolicShape = tuple[int | None, ...]


@dataclass(frozen=True)
class InputSpec:
    """Allowed rank and sizes of one input.

    `ndim` is the exact rank, `min_ndim` the least one, `axes` maps an axis to its size; None in a shape
    means not known yet and fits everything.
    """

    ndim: int | None = None
    min_ndim: int | None = None
    axes: Mapping[int, int] = field(default_factory=dict)

    def check(self, owner: str, shape: SymbolicShape) -> None:
        """Raise ShapeError that names `owner`, the argument, what came and what is allowed."""
        rank = len(shape)
        if self.ndim is not None and rank != self.ndim:
            raise ShapeError(
                f"{owner}: inputs must have rank {self.ndim} (batch included), got rank {rank}, shape {shape}"
            )
        if self.min_ndim is not None and rank < self.min_ndim:
            raise ShapeError(
                f"{owner}: inputs must have at least rank {self.min_ndim} (batch included), "
                f"got rank {rank}, shape {shape}"
            )
        for axis, size in self.axes.items():
            if not -rank <= axis < rank or shape[axis] not in (size, None):
                got = shape[axis] if -rank <= axis < rank else "none"
                raise ShapeError(
                    f"{owner}: inputs must have size {size} on axis {axis}, got {got}, shape {shape}"
                )
