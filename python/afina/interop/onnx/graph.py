"""An ONNX graph as a list of nodes to run, one after the other."""

from __future__ import annotations

from collections import ChainMap
from collections.abc import Callable, Mapping, MutableMapping
from dataclasses import dataclass, replace
from typing import Any

import numpy as np

from ...errors import AfinaError, ArgumentError, FileFormatError, UnsupportedOperatorError
from . import operators as _operators  # noqa: F401  fills the table
from .registry import Context, Operator, find
from .tensors import numpy_dtype, to_array
from .values import Array, Value, as_value, plain

Scope = MutableMapping[str, Value]


@dataclass(frozen=True)
class Node:
    """One operator, and the names of what it reads and writes."""

    operator: Operator
    context: Context
    inputs: tuple[str, ...]
    outputs: tuple[str, ...]
    reads: frozenset[str]  # with what graphs in its attributes take from outside

    def run(self, inputs: list[Value], scope: Scope, training: bool) -> list[Value]:
        """The outputs for inputs."""
        given = inputs if self.operator.images else [plain(v) for v in inputs]
        context = self.context
        if training or self.reads:
            context = replace(
                context, training=training, run_graph=lambda graph, values: graph.run(values, scope, training)
            )
        try:
            result = self.operator.function(context, *given)
        except AfinaError as error:
            if str(error).startswith("ONNX "):
                raise
            raise type(error)(f"ONNX {context.operator} {context.name!r}: {error}") from error
        except (ValueError, TypeError, IndexError, KeyError, AttributeError, ZeroDivisionError) as error:
            shapes = [tuple(v.shape) if hasattr(v, "shape") else type(v).__name__ for v in given]
            raise ArgumentError(
                f"ONNX {context.operator} {context.name!r}: inputs of shapes {shapes} do not fit: {error}"
            ) from error
        return list(result) if isinstance(result, tuple) else [result]


@dataclass(frozen=True)
class Port:
    """An input or output of the graph: sizes that are not fixed are None."""

    name: str
    dtype: np.dtype[Any] | None
    shape: tuple[int | None, ...] | None


class Graph:
    """The nodes of a GraphProto, its inputs and outputs, and the arrays stored in it by name."""

    def __init__(
        self, proto: Any, versions: dict[str, int], where: str, outer: frozenset[str] = frozenset()
    ) -> None:
        self.arrays: dict[str, Array] = {}
        for tensor in proto.initializer:
            text(tensor.name, where)
            if tensor.name in self.arrays:
                raise FileFormatError(f"{where}: two tensors have the name {tensor.name[:80]!r}")
            self.arrays[tensor.name] = to_array(tensor, where)
        if proto.sparse_initializer:
            raise UnsupportedOperatorError(f"{where}: sparse tensors are not supported")
        self.inputs = [_port(value, where) for value in proto.input if value.name not in self.arrays]
        self.outputs = [_port(value, where) for value in proto.output]
        known = {port.name for port in self.inputs} | set(self.arrays) | {""}
        self.free: set[str] = set()  # what a graph inside another takes from there
        self.nodes: list[Node] = []
        for number, node in enumerate(proto.node):
            made = _node(node, number, versions, where, outer | known)
            for name in made.reads - known:
                if name not in outer:
                    raise FileFormatError(
                        f"{where}: {made.context.operator} reads {name[:80]!r}, which nothing made"
                    )
                self.free.add(name)
            repeated = [name for name in made.outputs if name and name in known]
            if repeated:
                raise FileFormatError(f"{where}: {repeated[0][:80]!r} is made twice")
            known |= set(made.outputs)
            self.nodes.append(made)
        missing = [port.name for port in self.outputs if port.name not in known | outer]
        if missing:
            raise FileFormatError(f"{where}: the output {missing[0][:80]!r} is made by nothing")
        self.free |= {port.name for port in self.outputs} - known
        self.constants = {name: as_value(array) for name, array in self.arrays.items()}
        self._dropped = self._last_reads()

    def _last_reads(self) -> list[list[str]]:
        """For each node the names nobody reads after it."""
        keep = {port.name for port in self.outputs}
        last: dict[str, int] = {}
        for index, node in enumerate(self.nodes):
            for name in (*node.reads, *node.outputs):
                last[name] = index
        dropped: list[list[str]] = [[] for _ in self.nodes]
        for name, index in last.items():
            if name and name not in keep:
                dropped[index].append(name)
        return dropped

    def run(
        self,
        inputs: list[Value],
        scope: Scope,
        training: bool = False,
        runs: Mapping[int, Callable[..., list[Value]]] | None = None,
    ) -> list[Value]:
        """The outputs for inputs; `scope` has what lies outside, `runs` what stands in for single nodes."""
        values: dict[str, Value] = {"": None, **self.constants}
        values.update(zip([port.name for port in self.inputs], inputs, strict=True))
        names: Scope = ChainMap(values, scope)
        for index, node in enumerate(self.nodes):
            run = runs.get(index, node.run) if runs else node.run
            results = run([names[name] for name in node.inputs], names, training)
            for name, value in zip(node.outputs, results, strict=False):
                values[name] = value
            for name in self._dropped[index]:
                values.pop(name, None)
            values[""] = None
        return [names[port.name] for port in self.outputs]


def text(value: Any, where: str) -> str:
    """A name as it should be; protobuf hands out bytes where one is not UTF-8."""
    if not isinstance(value, str):
        raise FileFormatError(f"{where}: the name {bytes(value)[:40]!r}; allowed: UTF-8")
    return value


def _port(value: Any, where: str) -> Port:
    text(value.name, where)
    kind = value.type
    if not kind.HasField("tensor_type"):
        return Port(value.name, None, None)
    tensor = kind.tensor_type
    dtype = numpy_dtype(tensor.elem_type, f"{where}: {value.name!r}") if tensor.elem_type else None
    if not tensor.HasField("shape"):
        return Port(value.name, dtype, None)
    sizes = [d.dim_value if d.HasField("dim_value") and d.dim_value > 0 else None for d in tensor.shape.dim]
    return Port(value.name, dtype, tuple(sizes))


def _node(proto: Any, number: int, versions: dict[str, int], where: str, visible: frozenset[str]) -> Node:
    for name in (proto.op_type, proto.domain, proto.name, *proto.input, *proto.output):
        text(name, where)
    domain = "" if proto.domain == "ai.onnx" else proto.domain
    operator = find(domain, proto.op_type)
    attributes = {a.name: _attribute(a, versions, where, visible) for a in proto.attribute}
    graphs = [value for value in attributes.values() if isinstance(value, Graph)]
    context = Context(
        proto.op_type,
        proto.name or next(iter(proto.output), "") or f"node {number}",
        versions.get(domain, 1),
        {name: value for name, value in attributes.items() if value is not None},
        outputs=max([i + 1 for i, name in enumerate(proto.output) if name] or [1]),
    )
    reads = {name for name in proto.input if name}.union(*[graph.free for graph in graphs])
    return Node(operator, context, tuple(proto.input), tuple(proto.output), frozenset(reads))


def _attribute(proto: Any, versions: dict[str, int], where: str, visible: frozenset[str]) -> Any:
    """An attribute as a Python value; None for the rare kinds no operator here reads."""
    text(proto.name, where)
    if proto.ref_attr_name:
        raise FileFormatError(
            f"{where}: attribute {proto.name[:80]!r} refers to a function's; allowed: values"
        )
    kind = proto.AttributeType.Name(proto.type)
    reads: dict[str, Callable[[], Any]] = {
        "FLOAT": lambda: float(proto.f),
        "INT": lambda: int(proto.i),
        "STRING": lambda: proto.s.decode("utf-8", "replace"),
        "TENSOR": lambda: to_array(proto.t, where),
        "GRAPH": lambda: Graph(proto.g, versions, where, visible),
        "FLOATS": lambda: list(proto.floats),
        "INTS": lambda: list(proto.ints),
        "STRINGS": lambda: [s.decode("utf-8", "replace") for s in proto.strings],
    }
    return reads[kind]() if kind in reads else None
