"""The layers between symbolic inputs and outputs, in an order that works, and a plan to run them."""

from __future__ import annotations

from typing import Any

from .._C import Tensor
from ..errors import ArgumentError, ShapeError
from ..layers.input import InputLayer
from ..layers.layer import Layer
from ..layers.nested import leaves, map_nested
from ..layers.symbolic import Node, SymbolicTensor
from .pairs import pair_of


class _Slot(int):
    """Stands in a recorded call for the value number so-and-so."""


# layer (or a pair of them), its inputs, its other arguments, where its outputs go, is that one tensor to one
_Step = tuple[Any, Any, Any, dict[str, Any], Any, bool]
# a step, and the slots that no later one reads: their values need not be kept
_LeavingStep = tuple[_Step, tuple[_Slot, ...]]


class Graph:
    """A network given by its symbolic inputs and outputs (tensors, or lists, tuples or dicts of them)."""

    def __init__(self, owner: str, inputs: Any, outputs: Any) -> None:
        self.owner = owner
        self.inputs = inputs
        self.outputs = outputs
        for argument, value in (("inputs", inputs), ("outputs", outputs)):
            bad = [leaf for leaf in leaves(value) if not isinstance(leaf, SymbolicTensor)]
            if bad or not list(leaves(value)):
                got = type(bad[0]).__name__ if bad else "none"
                raise ArgumentError(
                    f"{owner}: {argument} must be symbolic tensors (from Input or a layer), got {got}"
                )
        self.input_list: list[SymbolicTensor] = list(leaves(inputs))
        self.output_list: list[SymbolicTensor] = list(leaves(outputs))
        if len({id(t) for t in self.input_list}) < len(self.input_list):
            raise ArgumentError(f"{owner}: inputs must be different tensors, got one of them twice")
        self.nodes = self._sort()
        self.layers = self._unique_layers()
        self.input_names = [t.node.layer.name for t in self.input_list]
        self.output_names = _unique([t.node.layer.name for t in self.output_list])
        self._plan = self._compile()
        self._chain = self._as_chain()
        first = self.input_list[0].shape
        # one input with an open batch: the common case, whose shape is compared at once
        self._only_shape = first[1:] if len(self.input_list) == 1 and first and first[0] is None else None

    def _sort(self) -> list[Node]:
        """Nodes from inputs to outputs in order of creation, which is an order of dependence."""
        found: dict[int, Node] = {}
        known = {id(t) for t in self.input_list}
        pending = list(self.output_list)
        while pending:
            t = pending.pop()
            if id(t) in known or id(t.node) in found:
                continue
            if isinstance(t.node.layer, InputLayer):
                raise ArgumentError(
                    f"{self.owner}: outputs depend on the Input {t.node.layer.name!r} (shape {t.shape}), "
                    "which is not among the inputs"
                )
            found[id(t.node)] = t.node
            pending.extend(t.node.parents)
        return sorted(found.values(), key=lambda node: node.serial)

    def _unique_layers(self) -> list[Layer]:
        layers: dict[int, Layer] = {}
        for t in self.input_list:
            if isinstance(t.node.layer, InputLayer):
                layers[id(t.node.layer)] = t.node.layer
        for node in self.nodes:
            layers[id(node.layer)] = node.layer
        names: dict[str, Layer] = {}
        for layer in layers.values():
            if layer.name in names:
                raise ArgumentError(
                    f"{self.owner}: two layers have the name {layer.name!r}; names must differ"
                )
            names[layer.name] = layer
        return list(layers.values())

    def _compile(self) -> list[_LeavingStep]:
        slots: dict[int, _Slot] = {}

        def slot(t: Any) -> Any:
            if not isinstance(t, SymbolicTensor):
                return t
            return slots.setdefault(id(t), _Slot(len(slots)))

        map_nested(slot, self.input_list)
        plan = []
        for node in self.nodes:
            args = map_nested(slot, node.args)
            kwargs = map_nested(slot, node.kwargs)
            inputs = map_nested(slot, node.inputs)
            simple = isinstance(inputs, _Slot) and not args and not kwargs
            plan.append((node.layer, inputs, args, kwargs, map_nested(slot, node.outputs), simple))
        self._result = map_nested(slot, self.outputs)
        self._size = len(slots)
        results = set(leaves(self._result))
        return _leaving(_paired(plan, results), results)

    def _as_chain(self) -> list[Any] | None:
        """The layers, if each takes the one output of the one before it: nothing is to be looked up then."""
        at: Any = _Slot(0)
        for (_, source, _, _, target, simple), _ in self._plan:
            if not simple or source != at or type(target) is not _Slot:
                return None
            at = target
        straight = isinstance(self.inputs, SymbolicTensor) and type(self._result) is _Slot
        return [step[0] for step, _ in self._plan] if straight and self._result == at else None

    def run(self, inputs: Any, training: bool) -> Any:
        """The outputs for `inputs`, in the structure the graph was given."""
        if self._chain is not None and type(inputs) is Tensor:
            for layer in self._chain:
                inputs = layer(inputs, training=training)
            return inputs
        values: list[Any] = [None] * self._size
        for position, value in enumerate(self.ordered(inputs)):
            values[position] = value

        def filled(item: Any) -> Any:
            return values[item] if type(item) is _Slot else item

        for (layer, source, args, kwargs, target, simple), read in self._plan:
            if simple:
                result = layer(values[source], training=training)
            else:
                options = {"training": training, **map_nested(filled, kwargs)}
                result = layer(map_nested(filled, source), *map_nested(filled, args), **options)
            if type(target) is _Slot:
                values[target] = result
            else:
                for place, value in zip(leaves(target), leaves(result), strict=True):
                    values[place] = value
            for place in read:
                values[place] = None
        if type(self._result) is _Slot:
            return values[self._result]
        return map_nested(filled, self._result)

    def apply(self, inputs: Any) -> Any:
        """Symbolic outputs for other symbolic inputs, without recording the inner calls."""
        values: dict[int, Any] = {
            id(t): v for t, v in zip(self.input_list, self.ordered(inputs), strict=True)
        }

        def filled(item: Any) -> Any:
            return values[id(item)] if isinstance(item, SymbolicTensor) else item

        for node in self.nodes:
            args, kwargs = map_nested(filled, node.args), map_nested(filled, node.kwargs)
            kwargs.pop("training", None)
            result = node.layer.compute_output_spec(map_nested(filled, node.inputs), *args, **kwargs)
            for t, value in zip(leaves(node.outputs), leaves(result), strict=True):
                values[id(t)] = value
        fresh = map_nested(filled, self.outputs)
        return map_nested(lambda t: SymbolicTensor(t.shape, t.dtype), fresh)

    def ordered(self, inputs: Any) -> list[Any]:
        """The given data in the order of the inputs: one value, a list, or a dict by input name."""
        if isinstance(inputs, dict):
            names = list(self.inputs) if isinstance(self.inputs, dict) else self.input_names
            missing = [name for name in names if name not in inputs]
            if missing:
                raise ArgumentError(f"{self.owner}: inputs must have the names {names}, got {list(inputs)}")
            return [inputs[name] for name in names]
        given = list(inputs) if isinstance(inputs, list | tuple) else [inputs]
        if len(given) != len(self.input_list):
            raise ArgumentError(
                f"{self.owner}: needs {len(self.input_list)} inputs {self.input_names}, got {len(given)}"
            )
        return given

    def check(self, inputs: Any) -> None:
        """ShapeError unless ranks and known sizes of the data are those of the inputs."""
        if self._only_shape is not None and type(inputs) is Tensor and inputs.shape[1:] == self._only_shape:
            return
        for t, value in zip(self.input_list, self.ordered(inputs), strict=True):
            shape = tuple(value.shape)
            if len(shape) != len(t.shape) or any(
                a != b and a is not None and b is not None for a, b in zip(t.shape, shape, strict=True)
            ):
                raise ShapeError(
                    f"{self.owner}: input {t.node.layer.name!r} must have shape {t.shape}, got {shape}"
                )


def _leaving(plan: list[_Step], results: set[int]) -> list[_LeavingStep]:
    """The steps, each with the slots that it is the last to read or write and that are no result."""
    last = {
        slot: index
        for index, (_, source, args, kwargs, target, _) in enumerate(plan)
        for slot in leaves([source, args, kwargs, target])
        if type(slot) is _Slot and slot not in results
    }
    read: list[list[_Slot]] = [[] for _ in plan]
    for slot, index in last.items():
        read[index].append(slot)
    return [(step, tuple(slots)) for step, slots in zip(plan, read, strict=True)]


def _paired(plan: list[_Step], results: set[int]) -> list[_Step]:
    """The plan with pairs of layers that can run as one put together, if nobody else reads between them."""
    readers: dict[int, list[int]] = {}
    for index, (_, source, args, kwargs, _, _) in enumerate(plan):
        for slot in leaves([source, args, kwargs]):
            if type(slot) is _Slot:
                readers.setdefault(slot, []).append(index)
    result: list[_Step | None] = list(plan)
    for index, (layer, source, args, kwargs, target, simple) in enumerate(plan):
        between = readers.get(target, []) if type(target) is _Slot and target not in results else []
        if not simple or len(between) != 1:
            continue
        second, _, _, _, second_target, second_simple = plan[between[0]]
        pair = pair_of(layer, second) if second_simple else None
        if pair is not None:
            result[index] = None
            result[between[0]] = (pair, source, args, kwargs, second_target, True)
    return [step for step in result if step is not None]


def _unique(names: list[str]) -> list[str]:
    """Names with _1, _2, ... after repetitions."""
    seen: dict[str, int] = {}
    result = []
    for name in names:
        count = seen.get(name, 0)
        seen[name] = count + 1
        result.append(f"{name}_{count}" if count else name)
    return result
