"""A picture of a model: Graphviz text always, a PNG where matplotlib is installed."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any

from ..errors import ArgumentError
from ..utils.optional import import_optional
from .summary import _output_shape

if TYPE_CHECKING:
    from ..layers.layer import Layer
    from .model import Model


def _edges(model: Model) -> list[tuple[int, int]]:
    places = {id(layer): i for i, layer in enumerate(_boxes(model))}
    if model._graph is None:
        return [(i, i + 1) for i in range(len(places) - 1)]
    edges = []
    for node in model._graph.nodes:
        for t in node.parents:
            if id(t.node.layer) in places:
                edges.append((places[id(t.node.layer)], places[id(node.layer)]))
    return list(dict.fromkeys(edges))


def _boxes(model: Model) -> list[Layer]:
    return model.layers if model._graph is None else model._graph.layers


def _label(layer: Layer, show_shapes: bool) -> str:
    text = f"{layer.name} ({type(layer).__name__})"
    return f"{text}\n{_output_shape(layer, set())}" if show_shapes else text


def model_to_dot(model: Model, show_shapes: bool = True) -> str:
    """The model in Graphviz's language: one box a layer, one arrow a tensor.

    >>> from afina.layers import Dense
    >>> from afina.models import Sequential
    >>> "digraph" in model_to_dot(Sequential([Dense(2, input_shape=(3,))]))
    True
    """
    lines = ["digraph model {", "  node [shape=box, fontname=Helvetica];"]
    for i, layer in enumerate(_boxes(model)):
        text = _label(layer, show_shapes).replace('"', "'").replace("\n", "\\n")
        lines.append(f'  layer_{i} [label="{text}"];')
    lines += [f"  layer_{a} -> layer_{b};" for a, b in _edges(model)]
    return "\n".join([*lines, "}"])


def plot_model(model: Model, to_file: Any = "model.png", show_shapes: bool = True, dpi: int = 120) -> Path:
    """Draw the model into `to_file`: .dot or .gv writes Graphviz text, other endings need matplotlib.

    Returns the path. Layers stand below what they depend on.
    """
    path = Path(to_file)
    if path.suffix in (".dot", ".gv"):
        path.write_text(model_to_dot(model, show_shapes) + "\n", encoding="utf-8")
        return path
    if path.suffix not in (".png", ".svg", ".pdf"):
        raise ArgumentError(
            f"plot_model: to_file must end in .png, .svg, .pdf, .dot or .gv, got {path.name!r}"
        )
    figure_module = import_optional("matplotlib.figure", "plot_model")
    boxes, edges = _boxes(model), _edges(model)
    depth = [0] * len(boxes)
    for a, b in sorted(edges, key=lambda edge: edge[1]):
        depth[b] = max(depth[b], depth[a] + 1)
    across: dict[int, int] = {}
    places = []
    for level in depth:
        places.append((across.get(level, 0), -level))
        across[level] = across.get(level, 0) + 1
    centred = [(x - (across[-y] - 1) / 2, y) for x, y in places]
    size = (3.2 * max(across.values(), default=1) + 0.6, 0.9 * (max(depth, default=0) + 1) + 0.4)
    figure = figure_module.Figure(figsize=size)
    axes = figure.add_subplot()
    axes.axis("off")
    style = {"boxstyle": "round", "facecolor": "#eef3fa", "edgecolor": "#456"}
    for a, b in edges:
        arrow = {"arrowstyle": "->", "color": "#456", "shrinkA": 14, "shrinkB": 14}
        axes.annotate("", xy=centred[b], xytext=centred[a], arrowprops=arrow)
    for layer, (x, y) in zip(boxes, centred, strict=True):
        axes.text(x, y, _label(layer, show_shapes), ha="center", va="center", fontsize=8, bbox=style)
    axes.set_xlim(min(x for x, _ in centred) - 0.6, max(x for x, _ in centred) + 0.6)
    axes.set_ylim(min(y for _, y in centred) - 0.6, 0.6)
    figure.savefig(path, dpi=dpi, bbox_inches="tight")
    return path
