"""Models written as ONNX files."""

from __future__ import annotations

import functools
import os
import warnings
from typing import Any

import numpy as np

from ...._C import Tensor
from ....errors import ArgumentError, NotBuiltError, UnsupportedOperatorError
from ....layers.nested import leaves, map_nested
from ....parameter import Parameter
from ....tensor import tensor
from ....utils.atomic import atomic_write
from ....utils.optional import import_optional
from ..values import Array
from . import (  # noqa: F401  fill the table
    elementwise as _elementwise,
    network as _network,
    recurrent as _recurrent,
    shape as _shape,
)
from .table import rows
from .tracing import Key, Trace, key_of, trace
from .writer import OPSET, Ref, Writer, element_code, merged, plain_sizes

BATCHES = (2, 3)
IR_VERSION = 10  # that of opset 21


def export(model: Any, path: str | os.PathLike[str], *, inputs: Any = None) -> None:
    """Write `model` as an ONNX file (opset 21), in inference mode, with an open batch.

    The model is run twice, on batches of two and three, and what it does with ops is written down; so its own
    layers, nested models and Lambda are fine, and Python that looks at values is not. Images stay
    channels-last. `inputs`: arrays like those the model takes, for a model without symbolic inputs or one
    whose sizes besides the batch are open.

    Raises `UnsupportedOperatorError` for what ONNX has no word for (a cumulative product, say), and
    `NotBuiltError` when the inputs' shapes are not known.
    """
    proto = to_proto(model, inputs=inputs)
    with atomic_write(path) as file:
        file.write(proto.SerializeToString())


def to_proto(model: Any, *, inputs: Any = None) -> Any:
    """The ModelProto that `export` writes."""
    from ..model import OnnxModel

    if isinstance(model, OnnxModel):
        return model.proto()
    onnx = import_optional("onnx", "writing ONNX models")
    names, structures, batches = _samples(model, inputs)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", UserWarning)  # of layers that look at pixels: these are random
        model(structures[0], training=False)  # what is built late is built now
        first, second = [trace(model, list(leaves(structure)), structure) for structure in structures]
    graph = _Translation(first, second, batches, names).graph(onnx, getattr(model, "name", "model"))
    proto = onnx.helper.make_model(
        graph,
        opset_imports=[onnx.helper.make_opsetid("", OPSET)],
        ir_version=IR_VERSION,
        producer_name="afina",
    )
    onnx.checker.check_model(proto, full_check=True)
    return proto


def _samples(model: Any, inputs: Any) -> tuple[list[str], list[Any], tuple[int, int]]:
    """Names of the inputs, and random ones for two batches in the structure the model takes."""
    numbers = np.random.default_rng(0)
    graph = getattr(model, "_graph", None)
    if inputs is not None:
        given = map_nested(np.asarray, inputs)
        names = [f"input_{i}" if i else "input" for i, _ in enumerate(leaves(given))]

        def resized(a: Array, batch: int) -> Tensor:
            if a.ndim == 0 or a.shape[0] == 0:
                raise ArgumentError(f"export: inputs must have a batch axis, got shape {a.shape}")
            array = np.resize(a, (batch, *a.shape[1:]))
            return tensor(array, "float32" if a.dtype == np.float64 else None)

        sizes = [functools.partial(resized, batch=batch) for batch in BATCHES]
        return names, [map_nested(size, given) for size in sizes], BATCHES
    if graph is None:
        raise NotBuiltError(f"export: {getattr(model, 'name', model)!r} has no symbolic inputs: give inputs=")
    open_sizes = [t.shape for t in graph.input_list if None in t.shape[1:]]
    if open_sizes:
        raise NotBuiltError(f"export: the sizes of an input of shape {open_sizes[0]} are open: give inputs=")
    fixed = [t.shape[0] for t in graph.input_list if t.shape[0] is not None]
    batches = (fixed[0], fixed[0]) if fixed else BATCHES

    def sample(t: Any, batch: int) -> Tensor:
        shape = (batch, *t.shape[1:])
        if t.dtype not in ("float32", "float64"):
            return tensor(np.zeros(shape, t.dtype))
        return tensor(numbers.random(shape), t.dtype)

    return (
        [str(name) for name in graph.input_names],
        [map_nested(functools.partial(sample, batch=batch), graph.inputs) for batch in batches],
        batches,
    )


class _Translation:
    """Two traces of one model, on two batches, to one graph."""

    def __init__(self, first: Trace, second: Trace, batches: tuple[int, int], names: list[str]) -> None:
        self.first, self.second, self.batches = first, second, batches
        self.writer = Writer(batch_input=names[0])
        self.refs: dict[Key, Ref] = {}
        self.inputs = []
        for name, a, b in zip(names, first.inputs, second.inputs, strict=True):
            ref = Ref(name, tuple(merged(a.shape, b.shape, batches, "an input")), a.dtype)
            self.inputs.append(ref)
            self.refs[key_of(a)] = ref
        self.calls = list(zip(first.needed(), second.needed(), strict=False))
        if [c.op for c in first.needed()] != [c.op for c in second.needed()]:
            raise UnsupportedOperatorError("export: the model does other things with another batch")

    def graph(self, onnx: Any, name: str) -> Any:
        """The GraphProto."""
        for a, b in self.calls:
            self._call(a, b)
        outputs = [self._ref(a, b) for a, b in zip(self.first.outputs, self.second.outputs, strict=True)]
        w = self.writer
        results = []
        for index, ref in enumerate(outputs):
            w.op = f"output_{index}" if index else "output"
            results.append(Ref(w.node("Identity", [ref.name]), ref.shape, ref.dtype))
        nodes = w.live_nodes([r.name for r in results])
        used = {name for node in nodes for name in node.input}
        ports = [
            [onnx.helper.make_tensor_value_info(r.name, element_code(r.dtype), _dims(r)) for r in side]
            for side in (self.inputs, results)
        ]
        stored = [onnx.numpy_helper.from_array(a, n) for n, a in w.stored.items() if n in used]
        return onnx.helper.make_graph(nodes, name, *ports, stored)

    def _call(self, a: Any, b: Any) -> None:
        row = rows.get(a.op)
        if row is None:
            raise UnsupportedOperatorError(f"export: ops.{a.op} is not written to ONNX")
        self.writer.op = a.op
        args = self._arguments(list(a.args), list(b.args), a.op)
        kwargs = {key: self._arguments(a.kwargs[key], b.kwargs[key], a.op) for key in a.kwargs}
        found = row(self.writer, *args, **kwargs)
        names = found if isinstance(found, list) else [found]
        for name, x, y in zip(names, a.results, b.results, strict=True):
            shape = tuple(merged(x.shape, y.shape, self.batches, a.op))
            self.refs[key_of(x)] = Ref(name, shape, x.dtype)

    def _arguments(self, a: Any, b: Any, op: str) -> Any:
        if isinstance(a, Tensor):
            return self._ref(a, b)
        if isinstance(a, list | tuple):
            return [self._arguments(x, y, op) for x, y in zip(a, b, strict=True)]
        return merged(a, b, self.batches, f"ops.{op}")

    def _ref(self, a: Tensor, b: Tensor) -> Ref:
        found = self.refs.get(key_of(a))
        return self._constant(a, b) if found is None else found

    def _constant(self, a: Tensor, b: Tensor) -> Ref:
        """A tensor that no op has made from the inputs: a weight, or what Python has put there."""
        x, y = np.array(a.numpy()), np.array(b.numpy())
        if x.shape == y.shape and np.array_equal(x, y, equal_nan=x.dtype.kind == "f"):
            name = self.writer.store(x, _path(a))
            return Ref(name, a.shape, a.dtype, x)
        if x.ndim == y.ndim and x.ndim and x.shape[1:] == y.shape[1:] and len(x) == self.batches[0]:
            row = x[:1]
            if (x == row).all() and (y == row).all():  # one row for every sample, as first states are
                shape = merged(x.shape, y.shape, self.batches, "a constant")
                name = self.writer.node("Expand", [self.writer.store(row), self.writer.integers(shape)])
                return Ref(name, tuple(shape), a.dtype)
        raise UnsupportedOperatorError(
            f"export: a tensor of shape {a.shape} was computed outside of afina.ops from the values of inputs"
        )


def _path(t: Tensor) -> str | None:
    return t.path if isinstance(t, Parameter) else None


def _dims(ref: Ref) -> list[Any]:
    return ["batch" if size is None else size for size in plain_sizes(ref.shape)]
