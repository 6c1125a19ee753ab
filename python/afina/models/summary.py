"""The table that `model.summary()` prints."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING, Any

from ..layers.nested import map_nested
from ..layers.symbolic import SymbolicTensor

if TYPE_CHECKING:
    from ..layers.layer import Layer
    from .model import Model

Row = tuple[str, str, str, str, str]
_HEADER: Row = ("Layer (type)", "Output shape", "Params", "Trainable", "Connected to")


def summary_text(model: Model, *, line_length: int | None = None, expand_nested: bool = False) -> str:
    """The table with totals; `Connected to` appears where the model is not a plain chain."""
    rows = _rows(model, expand_nested, "")
    columns = 5 if any("," in row[4] for row in rows) or not _is_chain(rows) else 4
    widths = [max(len(row[i]) for row in [_HEADER, *rows]) for i in range(columns)]
    if line_length is not None:
        widths[0] = max(widths[0], line_length - sum(widths[1:]) - 2 * (columns - 1))
    rule = "─" * (sum(widths) + 2 * (columns - 1))
    lines = [f"Model: {model.name}", rule, _line(_HEADER, widths), rule]
    lines += [_line(row, widths) for row in rows]
    lines += [rule, *_totals(model)]
    return "\n".join(lines)


def _line(row: Row, widths: list[int]) -> str:
    cells = [
        text.rjust(width) if i == 2 else text.ljust(width)
        for i, (text, width) in enumerate(zip(row[: len(widths)], widths, strict=True))
    ]
    return "  ".join(cells).rstrip()


def _rows(model: Model, expand_nested: bool, indent: str) -> list[Row]:
    rows: list[Row] = []
    nodes = {id(node) for node in model._graph.nodes} if model._graph is not None else set()
    for layer in model.layers:
        name = f"{indent}{layer.name} ({type(layer).__name__})"
        params = f"{layer.count_params():,}" if layer.built or layer.weights else "?"
        rows.append(
            (name, _output_shape(layer, nodes), params, _trainable(layer), _connections(layer, nodes))
        )
        if expand_nested and hasattr(layer, "layers"):
            rows += _rows(layer, True, indent + "  ")  # type: ignore[arg-type]
    return rows


def _is_chain(rows: list[Row]) -> bool:
    """Whether every layer takes the one above it."""
    names = [row[0].split(" (")[0] for row in rows]
    return all(not row[4] or (i > 0 and row[4] == names[i - 1]) for i, row in enumerate(rows) if i > 0)


def _output_shape(layer: Layer, nodes: set[int]) -> str:
    used = [node for node in layer._inbound_nodes if id(node) in nodes] or layer._inbound_nodes[:1]
    if not used:
        return "?"
    shapes: Any = map_nested(lambda t: _Text(t.shape), used[0].outputs)
    return str(shapes)


class _Text:
    """A shape inside a nested structure, printed as it is."""

    def __init__(self, shape: Any) -> None:
        self.shape = shape

    def __repr__(self) -> str:
        return str(self.shape)


def _trainable(layer: Layer) -> str:
    weights = layer.weights
    if not weights:
        return "-"
    trained = len(layer.trainable_weights)
    declared = sum(w.trainable for w in weights)
    return "yes" if trained and trained == declared else "no" if not trained else "partly"


def _connections(layer: Layer, nodes: set[int]) -> str:
    names: list[str] = []
    for node in layer._inbound_nodes:
        if id(node) in nodes:
            names += [t.node.layer.name for t in node.parents if isinstance(t, SymbolicTensor)]
    return ", ".join(names)


def _totals(model: Model) -> list[str]:
    trainable = {id(w) for w in model.trainable_weights}
    counts = {"trainable": 0, "frozen": 0, "bytes": 0}
    for w in model.weights:
        size = math.prod(w.shape)
        counts["trainable" if id(w) in trainable else "frozen"] += size
        counts["bytes"] += size * (8 if w.dtype in ("float64", "int64") else 4)
    total = counts["trainable"] + counts["frozen"]
    return [
        f"Total params:         {total:,} ({_bytes(counts['bytes'])})",
        f"Trainable params:     {counts['trainable']:,}",
        f"Non-trainable params: {counts['frozen']:,}",
    ]


def _bytes(count: float) -> str:
    for unit in ("B", "KB", "MB"):
        if count < 1024:
            return f"{count:.2f} {unit}"
        count /= 1024
    return f"{count:.2f} GB"
