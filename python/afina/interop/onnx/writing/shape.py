"""Ops that move elements, and reading by index."""

from __future__ import annotations

from typing import Any

import numpy as np

from .table import writes
from .writer import Ref, Size, Writer

END = 2**62  # a slice that goes to the end, however long that is


@writes("reshape")
def reshape(w: Writer, x: Ref, shape: Any) -> Any:
    """Reshape."""
    return w.reshape(x.name, shape)


@writes("transpose")
def transpose(w: Writer, x: Ref, axes: Any = None) -> Any:
    """Transpose."""
    return w.transpose(x.name, range(x.ndim)[::-1] if axes is None else axes)


@writes("expand_dims")
def expand_dims(w: Writer, x: Ref, axis: int) -> Any:
    """Unsqueeze."""
    return w.node("Unsqueeze", [x.name, w.integers([axis])])


@writes("squeeze")
def squeeze(w: Writer, x: Ref, axis: Any = None) -> Any:
    """Squeeze."""
    axes = [] if axis is None else [w.integers([axis] if isinstance(axis, int) else axis)]
    return w.node("Squeeze", [x.name, *axes])


@writes("broadcast_to")
def broadcast_to(w: Writer, x: Ref, shape: Any) -> Any:
    """Expand."""
    return w.node("Expand", [x.name, w.integers(shape)])


@writes("concatenate")
def concatenate(w: Writer, tensors: list[Ref], axis: int = -1) -> Any:
    """Concat."""
    return w.node("Concat", [t.name for t in tensors], axis=axis)


@writes("stack")
def stack(w: Writer, tensors: list[Ref], axis: int = 0) -> Any:
    """Concat along a new axis."""
    wide = [w.node("Unsqueeze", [t.name, w.integers([axis])]) for t in tensors]
    return w.node("Concat", wide, axis=axis)


@writes("pad")
def pad(w: Writer, x: Ref, paddings: Any, value: float = 0.0) -> Any:
    """Pad with a constant."""
    around = [before for before, _ in paddings] + [after for _, after in paddings]
    return w.node("Pad", [x.name, w.integers(around), w.number(value, x.dtype)])


@writes("slice")
def cut(w: Writer, x: Ref, starts: Any, stops: Any, steps: Any) -> Any:
    """Slice of the axes that are not taken whole; ends that grow with the batch are the end."""
    rows = []
    for axis, (start, stop, step) in enumerate(zip(starts, stops, steps, strict=True)):
        size = x.shape[axis]
        end = END if isinstance(stop, Size) and stop == size else stop
        if step > 0 and start == 0 and step == 1 and (end is END or end == size):
            continue
        rows.append(
            (start, -END if step < 0 and not isinstance(stop, Size) and stop < -1 else end, axis, step)
        )
    if not rows:
        return x.name
    return w.node("Slice", [x.name, *[w.integers(column) for column in zip(*rows, strict=True)]])


@writes("flip")
def flip(w: Writer, x: Ref, axis: Any = None) -> Any:
    """Slice backwards."""
    axes = list(range(x.ndim)) if axis is None else [axis] if isinstance(axis, int) else list(axis)
    return flipped(w, x.name, axes)


def flipped(w: Writer, source: str, axes: list[int]) -> str:
    """Slice backwards along axes."""
    count = len(axes)
    columns = [[-1] * count, [-END] * count, axes, [-1] * count]
    return str(w.node("Slice", [source, *[w.integers(column) for column in columns]]))


@writes("gather")
def gather(w: Writer, x: Ref, indices: Ref, axis: int = 0) -> Any:
    """Gather."""
    return w.node("Gather", [x.name, _index(w, indices)], axis=axis)


@writes("embedding")
def embedding(w: Writer, indices: Ref, table: Ref) -> Any:
    """Gather of rows."""
    return w.node("Gather", [table.name, _index(w, indices)], axis=0)


@writes("take_along_axis")
def take_along_axis(w: Writer, x: Ref, indices: Ref, axis: int) -> Any:
    """GatherElements."""
    return w.node("GatherElements", [x.name, _index(w, indices)], axis=axis)


@writes("one_hot")
def one_hot(w: Writer, indices: Ref, depth: int, dtype: Any = "float32") -> Any:
    """OneHot."""
    values = w.store(np.array([0, 1], np.dtype(dtype)))
    return w.node("OneHot", [_index(w, indices), w.store(np.array(depth, np.int64)), values], axis=-1)


def _index(w: Writer, indices: Ref) -> str:
    return indices.name if indices.dtype in ("int32", "int64") else str(w.node("Cast", [indices.name], to=7))
