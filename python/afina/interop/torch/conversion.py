"""torch modules to models and back."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np

from ...errors import ArgumentError, ShapeError, UnsupportedOperatorError
from ...utils.optional import import_optional
from .model import Array, TorchModel, state_of
from .table import has_row, row


def convert(module: Any, name: str | None = None) -> TorchModel:
    """A `torch.nn.Module` as a model: the same forward pass over our kernels, trainable, savable.

    The module's forward is traced by `torch.fx`, so it may be any combination of the supported modules and
    functions without branches on data. Images stay channels-first. Parameters are copied; those with
    `requires_grad=False` are untrainable. `state_dict(model)` is the way back. The model itself does not need
    torch, also not when it is loaded from a file.

    Raises `UnsupportedOperatorError` naming a module, function or setting that has no counterpart.
    """
    steps, modules = _alone(module) if has_row(type(module).__name__) else _traced(module)
    model = TorchModel(modules, steps, name=name)
    load_state_dict(model, module.state_dict())
    return model


def state_dict(model: TorchModel) -> dict[str, Any]:
    """The model's weights as torch tensors, for `module.load_state_dict`."""
    torch = import_optional("torch", "making torch tensors")
    return {name: torch.from_numpy(array) for name, array in state_of(model).items()}


def load_state_dict(model: TorchModel, state: Mapping[str, Any]) -> None:
    """Overwrite the weights by a torch state dict, or by arrays under its names (`interop.read_state_dict`).

    All must be there in their shapes; otherwise `ArgumentError` or `ShapeError` says what differs.
    """
    arrays: list[tuple[Any, Array]] = []
    for part in model.parts:
        for weight in part.weights:
            if weight.path not in state:
                raise ArgumentError(f"{model.label}: the state has no {weight.path!r}")
            value = state[weight.path]
            array = np.asarray(value.detach().cpu().numpy() if hasattr(value, "detach") else value)
            if array.shape != weight.shape:
                raise ShapeError(f"{model.label}: {weight.path} has shape {weight.shape}, got {array.shape}")
            arrays.append((weight, array))
    for weight, array in arrays:
        weight.assign(array.astype(weight.dtype))


def _alone(module: Any) -> tuple[list[Any], list[Any]]:
    """The steps of a single module."""
    words = [
        ("x", "input", "x", []),
        ("y", "module", "", [{"step": "x"}]),
        ("z", "output", "output", [{"step": "y"}]),
    ]
    steps = [{"name": n, "kind": k, "target": t, "args": args, "kwargs": {}} for n, k, t, args in words]
    return steps, [_module_config(module, "")]


def _traced(module: Any) -> tuple[list[Any], list[Any]]:
    """The steps of a network, and the configurations of the modules they use."""
    fx = import_optional("torch.fx", "converting torch modules")

    class Tracer(fx.Tracer):  # type: ignore[misc, name-defined]
        def is_leaf_module(self, m: Any, module_qualified_name: str) -> bool:
            return has_row(type(m).__name__) or super().is_leaf_module(m, module_qualified_name)

    traced = Tracer().trace(module)
    inner = dict(module.named_modules())
    steps: list[Any] = []
    used: dict[str, Any] = {}
    for node in traced.nodes:
        kind, target = _step(node)
        if kind == "module" and target not in used:
            used[target] = _module_config(inner[target], target)
        steps.append(
            {
                "name": node.name,
                "kind": kind,
                "target": target,
                "args": _plain([] if kind == "input" else list(node.args)),
                "kwargs": _plain(dict(node.kwargs)),
            }
        )
    return steps, list(used.values())


def _step(node: Any) -> tuple[str, str]:
    """The kind and the target of a node of torch.fx."""
    if node.op == "placeholder":
        return "input", str(node.target)
    if node.op == "call_module":
        return "module", str(node.target)
    if node.op == "call_method":
        return "function", str(node.target)
    if node.op == "call_function":
        return "function", str(node.target.__name__)
    if node.op == "output":
        return "output", "output"
    raise UnsupportedOperatorError(
        f"convert: {node.target!r} is a parameter of the module itself; allowed: parameters of modules inside"
    )


def _module_config(module: Any, path: str) -> dict[str, Any]:
    kind = type(module).__name__
    found = row(kind)
    parameters = [
        [name, list(p.shape), _dtype(p, f"{path}.{name}"), bool(p.requires_grad)]
        for name, p in module.named_parameters()
    ]
    parameters += [
        [name, list(b.shape), _dtype(b, f"{path}.{name}"), False] for name, b in module.named_buffers()
    ]
    options = {word: _plain(getattr(module, word, None)) for word in found.options}
    return {"kind": kind, "path": path, "options": options, "parameters": parameters}


def _dtype(t: Any, where: str) -> str:
    word = str(t.dtype).removeprefix("torch.")
    if word not in ("float32", "float64", "int64", "int32", "uint8", "bool"):
        raise UnsupportedOperatorError(f"convert: {where} is {word}; allowed: float32 and float64")
    return word


def _plain(value: Any) -> Any:
    """Arguments as plain data: nodes by their names."""
    if type(value).__name__ == "Node":
        return {"step": value.name}
    if isinstance(value, slice):
        return {"slice": [_plain(part) for part in (value.start, value.stop, value.step)]}
    if isinstance(value, list | tuple):
        return [_plain(item) for item in value]
    if isinstance(value, dict):
        return {str(key): _plain(item) for key, item in value.items()}
    if value is None or isinstance(value, bool | int | float | str):
        return value
    raise UnsupportedOperatorError(f"convert: an argument of type {type(value).__name__} is not supported")
