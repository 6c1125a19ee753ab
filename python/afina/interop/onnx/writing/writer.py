"""An ONNX graph while it is written: nodes, stored arrays, names, and sizes that grow with the batch."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any

import numpy as np

from ....errors import UnsupportedOperatorError
from ....utils.optional import import_optional
from ..tensors import onnx_code
from ..values import Array

OPSET = 21
# Elementwise operators: a transposition before them may as well stand behind, where it may meet its inverse.
POINTWISE = frozenset(
    {
        *("Relu", "Clip", "Sigmoid", "Tanh", "Elu", "LeakyRelu", "Selu", "Gelu", "Softplus", "Softsign"),
        *("Add", "Sub", "Mul", "Div", "Max", "Min", "Exp", "Abs", "Neg", "Sqrt", "HardSigmoid"),
    }
)


@dataclass(frozen=True)
class Size:
    """A number that depends on the batch: slope * batch + offset."""

    slope: int
    offset: int


@dataclass(frozen=True)
class Ref:
    """A tensor of the trace as the graph knows it; `value` of one that is stored."""

    name: str
    shape: tuple[Any, ...]  # ints and Sizes
    dtype: str
    value: Array | None = None

    @property
    def ndim(self) -> int:
        """The number of axes."""
        return len(self.shape)


@dataclass
class Writer:
    """Collects what a GraphProto is made of."""

    batch_input: str | None = None
    nodes: list[Any] = field(default_factory=list)
    stored: dict[str, Array] = field(default_factory=dict)
    _count: int = 0
    _turned: dict[str, tuple[str, tuple[int, ...]]] = field(default_factory=dict)
    _same: dict[tuple[bytes, tuple[int, ...], str], str] = field(default_factory=dict)
    _sizes: dict[Size, str] = field(default_factory=dict)
    op: str = "input"

    def name(self, stem: str | None = None) -> str:
        """A name that nothing has yet."""
        self._count += 1
        return f"{stem or self.op}_{self._count}"

    def node(self, operator: str, inputs: Sequence[str], outputs: int = 1, **attributes: Any) -> Any:
        """Add a node; the name of its output, or a list of them. Pointwise ones pass transpositions on."""
        if operator in POINTWISE and outputs == 1:
            turned = [self._turned.get(name) for name in inputs]
            moving = [t for t, name in zip(turned, inputs, strict=True) if not self._single(name)]
            if moving and None not in moving and len({t[1] for t in moving if t}) == 1:
                before = [name if t is None else t[0] for t, name in zip(turned, inputs, strict=True)]
                return self.transpose(self._add(operator, before, 1, attributes)[0], moving[0][1])  # type: ignore[index]
        names = self._add(operator, inputs, outputs, attributes)
        return names[0] if outputs == 1 else names

    def _single(self, name: str) -> bool:
        """Whether the name is that of a stored number, which fits every order of axes."""
        return name in self.stored and self.stored[name].ndim == 0

    def _add(
        self, operator: str, inputs: Sequence[str], outputs: int, attributes: dict[str, Any]
    ) -> list[str]:
        helper = import_optional("onnx.helper", "writing ONNX models")
        names = [self.name() for _ in range(outputs)]
        given = {key: value for key, value in attributes.items() if value is not None}
        self.nodes.append(helper.make_node(operator, list(inputs), names, name=names[0], **given))
        return names

    def store(self, array: Any, name: str | None = None) -> str:
        """Keep an array in the graph; equal ones without a name are kept once."""
        array = np.ascontiguousarray(array).reshape(np.shape(array))
        if name is None:
            key = (array.tobytes(), array.shape, str(array.dtype))
            if key not in self._same:
                self._same[key] = self.name("constant")
                self.stored[self._same[key]] = array
            return self._same[key]
        unique, number = name, 2
        while unique in self.stored and not np.array_equal(self.stored[unique], array):
            unique, number = f"{name}_{number}", number + 1
        self.stored[unique] = array
        return unique

    def number(self, value: float, like: str) -> str:
        """A number of the element type `like`."""
        return self.store(np.array(value, like))

    def integers(self, values: Sequence[Any]) -> str:
        """A vector of int64; sizes that grow with the batch are computed from the input's."""
        if not any(isinstance(v, Size) for v in values):
            return self.store(np.array([int(v) for v in values], np.int64))
        parts = [
            self._size(v) if isinstance(v, Size) else self.store(np.array([v], np.int64)) for v in values
        ]
        return parts[0] if len(parts) == 1 else str(self.node("Concat", parts, axis=0))

    def _size(self, size: Size) -> str:
        if size not in self._sizes:
            assert self.batch_input is not None
            found = str(self.node("Shape", [self.batch_input], start=0, end=1))
            if size.slope != 1:
                found = str(self.node("Mul", [found, self.store(np.array([size.slope], np.int64))]))
            if size.offset:
                found = str(self.node("Add", [found, self.store(np.array([size.offset], np.int64))]))
            self._sizes[size] = found
        return self._sizes[size]

    def transpose(self, source: str, axes: Sequence[int]) -> str:
        """The axes in another order; what only turns back what was turned before is left away."""
        order = tuple(axes)
        if source in self._turned:
            first, before = self._turned[source]
            source, order = first, tuple([before[axis] for axis in order])
        if order == tuple(range(len(order))):
            return source
        if source in self.stored:
            return self.store(np.transpose(self.stored[source], order), f"{source}_turned")
        result = str(self.node("Transpose", [source], perm=list(order)))
        self._turned[result] = (source, order)
        return result

    def first(self, source: str, ndim: int) -> str:
        """Channels-last as channels-first."""
        return self.transpose(source, [0, ndim - 1, *range(1, ndim - 1)])

    def last(self, source: str, ndim: int) -> str:
        """Channels-first as channels-last."""
        return self.transpose(source, [0, *range(2, ndim), 1])

    def reshape(self, source: str, shape: Sequence[Any]) -> str:
        """Another shape; the one size that grows with the batch is what is left."""
        growing = [i for i, size in enumerate(shape) if isinstance(size, Size)]
        if len(growing) == 1 and 0 not in shape:
            shape = [-1 if i in growing else size for i, size in enumerate(shape)]
        return str(self.node("Reshape", [source, self.integers(shape)], allowzero=1 if 0 in shape else None))

    def live_nodes(self, outputs: Sequence[str]) -> list[Any]:
        """The nodes that outputs depend on."""
        wanted, kept = set(outputs), []
        for node in reversed(self.nodes):
            if wanted & set(node.output):
                wanted |= set(node.input)
                kept.append(node)
        return kept[::-1]


def plain_sizes(shape: Sequence[Any]) -> list[int | None]:
    """A shape with None where it grows with the batch."""
    return [None if isinstance(size, Size) else int(size) for size in shape]


def merged(a: Any, b: Any, batches: tuple[int, int], where: str) -> Any:
    """The same argument of two runs: integers that differ are sizes that grow with the batch."""
    if isinstance(a, list | tuple) and isinstance(b, list | tuple) and len(a) == len(b):
        return [merged(x, y, batches, where) for x, y in zip(a, b, strict=True)]
    if a == b or (isinstance(a, float) and isinstance(b, float) and math.isnan(a) and math.isnan(b)):
        return a
    if type(a) is int and type(b) is int and batches[0] != batches[1]:
        slope, rest = divmod(b - a, batches[1] - batches[0])
        if rest == 0:
            return Size(slope, a - slope * batches[0])
    raise UnsupportedOperatorError(
        f"export: {where} was given {a!r} in one run and {b!r} in another: it depends on the data, and ONNX "
        "keeps what is computed with tensors alone"
    )


def element_code(dtype: str) -> int:
    """The ONNX element type of a tensor's."""
    return onnx_code(np.dtype(dtype))
