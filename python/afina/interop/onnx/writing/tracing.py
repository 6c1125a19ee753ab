"""What a model does with its inputs, recorded op by op while it runs once.

While a trace is taken, the functions of `afina.ops` and the operators of `Tensor` are replaced by ones that
run the same op and note it down. So everything that computes with ops is seen: layers, models of any kind,
functions in Lambda. Tensors are known by their memory, shape and type, which all keep until the trace ends.
"""

from __future__ import annotations

import contextlib
import functools
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from typing import Any

from .... import ops
from ...._C import Tensor
from ....errors import UnsupportedOperatorError
from ....gradient import no_grad
from ....layers.nested import leaves

Key = tuple[int, tuple[int, ...], str]


def key_of(t: Tensor) -> Key:
    """What makes a handle the same tensor as another: memory, shape and element type."""
    return (t.numpy().__array_interface__["data"][0], t.shape, t.dtype)


@dataclass(frozen=True)
class Call:
    """One op: its arguments and what came out."""

    op: str
    args: tuple[Any, ...]
    kwargs: dict[str, Any]
    results: list[Tensor]


@dataclass
class Trace:
    """The calls between inputs and outputs; those of constants alone are not among them."""

    inputs: list[Tensor]
    outputs: list[Tensor] = field(default_factory=list)
    calls: list[Call] = field(default_factory=list)
    live: set[Key] = field(default_factory=set)
    kept: list[Any] = field(default_factory=list)  # so that no memory is used a second time

    def note(self, op: str, args: tuple[Any, ...], kwargs: dict[str, Any], result: Any) -> None:
        """Note a call down if it depends on the inputs."""
        results = [r for r in leaves(result) if isinstance(r, Tensor)]
        self.kept.append((args, kwargs, results))
        if any(key_of(t) in self.live for t in leaves([list(args), kwargs]) if isinstance(t, Tensor)):
            self.calls.append(Call(op, args, kwargs, results))
            self.live |= {key_of(r) for r in results}

    def needed(self) -> list[Call]:
        """The calls that the outputs depend on: penalties and warnings are not among them."""
        wanted, kept = {key_of(t) for t in self.outputs}, []
        for call in reversed(self.calls):
            if any(key_of(r) in wanted for r in call.results):
                wanted |= {key_of(t) for t in leaves([list(call.args), call.kwargs]) if isinstance(t, Tensor)}
                kept.append(call)
        return kept[::-1]


def trace(model: Callable[..., Any], inputs: list[Tensor], structure: Any) -> Trace:
    """Run `model` on `structure`, which holds `inputs`, and return what it did."""
    found = Trace(inputs, live={key_of(t) for t in inputs})
    with _watched(found), no_grad():
        result = model(structure, training=False)
    found.outputs = [t for t in leaves(result) if isinstance(t, Tensor)]
    return found


@contextlib.contextmanager
def _watched(found: Trace) -> Iterator[None]:
    """Replace the ops, and the operators of Tensor that are ops, for the length of a block."""
    depth = [0]

    def recorded(name: str, function: Callable[..., Any]) -> Callable[..., Any]:
        @functools.wraps(function)
        def run(*args: Any, **kwargs: Any) -> Any:
            depth[0] += 1
            try:
                result = function(*args, **kwargs)
            finally:
                depth[0] -= 1
            if depth[0] == 0:
                found.note(name, args, kwargs, result)
            return result

        return run

    originals = {name: getattr(ops, name) for name in ops.__all__}
    methods = {name: Tensor.__dict__[name] for name in (*METHODS, "__getitem__")}
    try:
        for name, function in originals.items():
            setattr(ops, name, recorded(name, function))
        for name, (op, arrange) in METHODS.items():
            setattr(Tensor, name, _method(op, arrange))
        Tensor.__getitem__ = indexed  # type: ignore[method-assign]
        yield
    finally:
        for name, function in originals.items():
            setattr(ops, name, function)
        for name, function in methods.items():
            setattr(Tensor, name, function)


def _method(op: str, arrange: Callable[..., Any]) -> Any:
    def run(self: Tensor, *args: Any, **kwargs: Any) -> Any:
        given, named = arrange(self, *args, **kwargs)
        return getattr(ops, op)(*given, **named)

    return property(run) if op == "transpose" else run


def _straight(*args: Any, **kwargs: Any) -> Any:
    return args, kwargs


def _swapped(a: Any, b: Any) -> Any:
    return (b, a), {}


def _sizes(x: Tensor, *shape: Any) -> Any:
    return (x, shape[0] if len(shape) == 1 and not isinstance(shape[0], int) else shape), {}


METHODS: dict[str, tuple[str, Callable[..., Any]]] = {
    **{
        f"__{word}__": (op, _straight)
        for word, op in (("add", "add"), ("sub", "subtract"), ("mul", "multiply"))
    },
    **{
        f"__r{word}__": (op, _swapped)
        for word, op in (("add", "add"), ("sub", "subtract"), ("mul", "multiply"))
    },
    "__truediv__": ("divide", _straight),
    "__rtruediv__": ("divide", _swapped),
    "__pow__": ("power", _straight),
    "__rpow__": ("power", _swapped),
    "__matmul__": ("matmul", _straight),
    "__neg__": ("negative", _straight),
    "__abs__": ("abs", _straight),
    **{
        f"__{word}__": (op, _straight)
        for word, op in (
            ("eq", "equal"),
            ("ne", "not_equal"),
            ("lt", "less"),
            ("le", "less_equal"),
            ("gt", "greater"),
            ("ge", "greater_equal"),
        )
    },
    "astype": ("cast", _straight),
    "reshape": ("reshape", _sizes),
    "sum": ("sum", _straight),
    "mean": ("mean", _straight),
    "max": ("max", _straight),
    "min": ("min", _straight),
    "T": ("transpose", _straight),
}


def indexed(x: Tensor, key: Any) -> Any:
    """x[key] by ops.slice and ops.reshape: ints, slices, None and Ellipsis."""
    parts = list(key) if isinstance(key, tuple) else [key]
    if any(not (p is None or p is Ellipsis or isinstance(p, int | slice)) for p in parts):
        raise UnsupportedOperatorError(f"export: an index of {key!r} cannot be written to ONNX")
    named = sum(p is not None and p is not Ellipsis for p in parts)
    if Ellipsis not in parts:
        parts.append(Ellipsis)
    at = parts.index(Ellipsis)
    parts[at : at + 1] = [slice(None)] * (x.ndim - named)
    starts, stops, steps, shape = [], [], [], []
    sizes = iter(x.shape)
    for part in parts:
        if part is None:
            shape.append(1)
            continue
        size = next(sizes)
        start, stop, step = (
            part.indices(size) if isinstance(part, slice) else (part % size, part % size + 1, 1)
        )
        starts.append(start)
        stops.append(stop if stop >= 0 else -size - 1)
        steps.append(step)
        if isinstance(part, slice):
            shape.append(len(range(start, stop, step)))
    whole = starts == [0] * x.ndim and tuple(stops) == x.shape and set(steps) <= {1}
    cut = x if whole else ops.slice(x, starts, stops, steps)
    return ops.reshape(cut, shape) if tuple(shape) != cut.shape else cut
