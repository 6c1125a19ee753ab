"""The formulas in force, in words a lecture would use."""

from __future__ import annotations

from typing import Any

from .compiled import Compiled


def describe(model: Any, compiled: Compiled) -> str:
    """Cost, update, penalties, layers whose meaning depends on an option, and how steps run, one a line."""
    lines = [f"Training of {getattr(model, 'name', type(model).__name__)!r}", "", "cost"]
    lines += [f"  {line}" for line in _cost(compiled)]
    penalties = _penalties(model)
    lines += ["", "penalties", *(f"  {line}" for line in penalties or ["none"])]
    lines += ["", "update", *(f"  {line}" for line in compiled.optimizer.describe().splitlines())]
    layers = [
        f"{layer.name}: {formula}"
        for layer in model.flatten_layers()
        if layer is not model and (formula := getattr(layer, "formula", ""))
    ]
    lines += [
        "",
        "layers",
        *(f"  {line}" for line in layers or ["no layer with an option that changes its formula"]),
    ]
    if compiled.trainable is not None:
        count = sum(weight.size for weight in compiled.trainable)
        lines += ["", f"trained: {len(compiled.trainable)} tensors, {count:,} numbers"]
    lines += ["", f"steps: {model.how_steps_run()}"]
    return "\n".join(lines)


def _cost(compiled: Compiled) -> list[str]:
    from .. import losses

    if compiled.outputs is not None:
        pairs = [(output.name, output.loss, output.weight) for output in compiled.outputs]
    elif isinstance(compiled.loss, dict):
        pairs = [(name, losses.get(loss), 1.0) for name, loss in compiled.loss.items()]
    else:
        listed = compiled.loss if isinstance(compiled.loss, (list, tuple)) else [compiled.loss]
        pairs = [(f"output {index + 1}", losses.get(loss), 1.0) for index, loss in enumerate(listed)]
    lines = []
    for name, loss, weight in pairs:
        factor = "" if weight == 1.0 else f"{weight!r} * "
        lines.append(f"{name}: {factor}{loss.describe()}" if loss is not None else f"{name}: no loss")
    return lines


def _penalties(model: Any) -> list[str]:
    lines = []
    for weight in model.trainable_weights:
        regularizer = getattr(weight, "regularizer", None)
        if regularizer is not None:
            formula = getattr(regularizer, "formula", None) or repr(regularizer)
            lines.append(f"{weight.path}: {formula}")
    shared = getattr(model, "regularizer", None)
    if shared is not None:
        paths = ", ".join(weight.path for weight in model.regularized_weights())
        lines.append(f"whole model ({paths}): {shared.formula}")
    return lines
