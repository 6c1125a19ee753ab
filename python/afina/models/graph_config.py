"""A graph as JSON-able data, and back."""

from __future__ import annotations

from typing import Any

from ..errors import FileFormatError
from ..layers.input import InputLayer
from ..layers.layer import Layer
from ..layers.nested import leaves
from ..layers.symbolic import SymbolicTensor
from ..registry import CustomObjects, deserialize, serialize
from .graph import Graph


def graph_to_config(graph: Graph) -> dict[str, Any]:
    """Layers with the calls that use them; a tensor is {'tensor': [layer, call, output]}."""
    calls: dict[int, int] = {}
    per_layer: dict[int, list[Any]] = {id(layer): [] for layer in graph.layers}
    for t in graph.input_list:
        calls[id(t.node)] = 0
    for node in graph.nodes:
        calls[id(node)] = len(per_layer[id(node.layer)])
        per_layer[id(node.layer)].append(node)

    def encode(value: Any) -> Any:
        if isinstance(value, SymbolicTensor):
            return {"tensor": [value.node.layer.name, calls[id(value.node)], value.index]}
        if isinstance(value, dict):
            return {key: encode(item) for key, item in value.items()}
        if isinstance(value, list):
            return [encode(item) for item in value]
        if isinstance(value, tuple):
            return {"tuple": [encode(item) for item in value]}
        return serialize(value)

    layers = []
    for layer in graph.layers:
        entry = serialize(layer)
        entry["calls"] = [
            {
                "order": graph.nodes.index(n),
                "inputs": encode(n.inputs),
                "args": encode(n.args),
                "kwargs": encode(n.kwargs),
            }
            for n in per_layer[id(layer)]
        ]
        layers.append(entry)
    return {"layers": layers, "inputs": encode(graph.inputs), "outputs": encode(graph.outputs)}


def graph_from_config(config: dict[str, Any], custom_objects: CustomObjects | None = None) -> tuple[Any, Any]:
    """(inputs, outputs) of a network rebuilt from `graph_to_config`'s data, with new weights."""
    made: dict[tuple[str, int, int], SymbolicTensor] = {}
    todo = []
    for entry in config["layers"]:
        layer = deserialize({"class_name": entry["class_name"], "config": entry["config"]}, custom_objects)
        if not isinstance(layer, Layer):
            raise FileFormatError(f"model: {entry['class_name']!r} is not a layer")
        if isinstance(layer, InputLayer):
            made[layer.name, 0, 0] = layer.output
        todo += [(call["order"], number, layer, call) for number, call in enumerate(entry["calls"])]

    def decode(value: Any) -> Any:
        if isinstance(value, dict):
            if value.keys() == {"tensor"}:
                name, number, index = value["tensor"]
                if (name, number, index) not in made:
                    raise FileFormatError(
                        f"model: output {index} of call {number} of layer {name!r} is not made yet"
                    )
                return made[name, number, index]
            if value.keys() == {"tuple"}:
                return tuple([decode(item) for item in value["tuple"]])
            if value.keys() == {"class_name", "config"} or value.keys() == {"function"}:
                return deserialize(value, custom_objects)
            return {key: decode(item) for key, item in value.items()}
        return [decode(item) for item in value] if isinstance(value, list) else value

    for _, number, layer, call in sorted(todo, key=lambda item: item[0]):
        outputs = layer(decode(call["inputs"]), *decode(call["args"]), **decode(call["kwargs"]))
        for index, t in enumerate(leaves(outputs)):
            made[layer.name, number, index] = t
    return decode(config["inputs"]), decode(config["outputs"])
