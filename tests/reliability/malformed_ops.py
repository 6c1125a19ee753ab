"""Malformed calls of every op, made from the valid calls of tests/cases, one mistake at a time."""

from __future__ import annotations

import re
import zlib
from collections.abc import Callable, Iterator
from typing import Any, NamedTuple

import numpy as np
from malformed_case import NOT_FLOATS, NOT_INTS, NOT_STRINGS, Malformed, foreign_arrays, shown

import afina
from afina import _C, ops
from cases import CASES
from cases.case import Call, Case

DIFFERENTIABLE = {row["name"] for row in _C.OPS if row["differentiable"]}
FINITE = {  # NaN and infinity have no meaning here
    *("lr", "momentum", "rho", "beta_1", "beta_2", "epsilon", "clip", "weight_decay", "rate", "p", "stddev"),
    *("label_smoothing", "delta"),
}
# Wrong elsewhere, right here.
ALLOWED = {
    ("adam_update", "step", "int 2**62"): "a count of updates",
    ("sparse_categorical_crossentropy", "ignore_class", "int 2**62"): "a class that does not occur",
    ("sparse_categorical_crossentropy", "ignore_class", "int -2**63"): "the same",
    ("sparse_categorical_crossentropy", "ignore_class", "int -1"): "the same",
    ("global_norm", "tensors", "no tensors"): "the norm of nothing is 0",
    ("clip_by_global_norm", "grads", "no tensors"): "the same",
    ("clip_by_norm", "grads", "no tensors"): "nothing to clip",
    ("clip_by_value", "grads", "no tensors"): "nothing to clip",
    ("clip_by_norm", "grads", "a scalar in front"): "each tensor on its own",
    ("clip_by_value", "grads", "a scalar in front"): "each element on its own",
    ("clip_by_global_norm", "grads", "a scalar in front"): "any shapes make one vector",
    ("global_norm", "tensors", "a scalar in front"): "the same",
    ("clip_by_norm", "grads", "mixed types"): "each tensor on its own",
    ("clip_by_value", "grads", "mixed types"): "each element on its own",
    ("clip_by_global_norm", "grads", "mixed types"): "summed up in float64",
    ("global_norm", "tensors", "mixed types"): "the same",
    ("concatenate", "tensors", "integers"): "any one type",
    ("stack", "tensors", "integers"): "any one type",
    **{
        (
            op,
            name,
            trigger,
        ): "a window is cut at the edges of the image; one step may be longer than the image"
        for op in ("max_pool2d", "average_pool2d", "conv2d", "depthwise_conv2d", "conv2d_transpose")
        for name in ("pool_size", "strides", "dilation")
        for trigger in ("int 100", "int 2147483648", "a product over 2**31")
    },
    ("resize2d", "size", "int 100"): "a larger image",
    ("slice", "starts", "int64 limits"): "clipped like Python's slices",
    ("slice", "stops", "int64 limits"): "clipped like Python's slices",
    ("slice", "steps", "int64 limits"): "one element",
}


class Parameter(NamedTuple):
    name: str
    kind: str
    default: str | None


def parameters(op: str) -> list[Parameter]:
    """The op's arguments, from the signature pybind11 wrote."""
    text = getattr(ops, op).__doc__.splitlines()[0]
    text = text[text.index("(") + 1 : text.rindex(") -> ")]
    found, depth, start = [], 0, 0
    for at, letter in enumerate(text + ","):
        depth += (letter in "([{") - (letter in ")]}")
        if letter == "," and depth == 0:
            declared, _, default = text[start:at].strip().partition(" = ")
            name, _, kind = declared.partition(": ")
            found.append(Parameter(name, kind, default or None))
            start = at + 1
    return found


def converted(value: Any, dtype: str = "float32") -> Any:
    """Fresh tensors of the arrays; other values as they are."""
    if isinstance(value, list):
        return [converted(entry, dtype) for entry in value]
    if not isinstance(value, (np.ndarray, np.generic)):
        return value
    return afina.tensor(value.astype(dtype) if value.dtype == np.float64 else value)


class Base(NamedTuple):
    """A valid call to spoil: its arguments in order, drawn anew each time."""

    case: Case
    call: Call

    @property
    def op(self) -> str:
        return self.case.name

    def drawn(self) -> dict[str, Any]:
        rng = np.random.default_rng(zlib.crc32(self.op.encode()))
        names = [parameter.name for parameter in parameters(self.op)]
        given = dict(zip(names, [make(rng) for make in self.call.inputs], strict=False))
        return {**given, **self.call.kwargs}

    def with_(self, name: str, value: Any) -> Callable[[], Any]:
        """The call with argument `name` replaced; a callable makes the value from the valid one."""

        def call() -> Any:
            arguments = {key: converted(item) for key, item in self.drawn().items()}
            arguments[name] = value(self.drawn().get(name)) if callable(value) else value
            return getattr(ops, self.op)(**arguments)

        return call

    def made(self, name: str, trigger: str, value: Any, *says: str, may_pass: bool = False) -> Malformed:
        subject = rf"\b{self.op}\b"
        allowed = may_pass or (self.op, name, trigger) in ALLOWED
        about = f"{name}|axis|axes|shape|rank|allocate|elements|tensor|dtype|float32|index|size"
        patterns = (subject,) if allowed else (subject, about, *says)
        return Malformed(f"op {self.op}", f"{name}: {trigger}", self.with_(name, value), patterns, allowed)


def op_cases() -> Iterator[Malformed]:
    """All of them."""
    for case in CASES:
        base = Base(case, richest(case))
        for parameter in parameters(case.name):
            yield from spoiled(base, parameter)
        yield from miscounted(base)
        if case.name in DIFFERENTIABLE:
            yield from spoiled_gradients(case)


def has_floats(base: Base) -> bool:
    """Does the call's first tensor ask for gradients?"""
    first = next(iter(base.drawn().values()))
    first = first[0] if isinstance(first, list) and first else first
    return getattr(first, "dtype", None) == np.float64


def richest(case: Case) -> Call:
    """The valid call with the most arguments that has no empty array."""

    def weight(call: Call) -> tuple[bool, int, int]:
        rng = np.random.default_rng(0)
        arrays = [make(rng) for make in call.inputs]
        full = all(a.size for a in arrays if isinstance(a, np.ndarray)) and all(
            len(a) and all(e.size for e in a) for a in arrays if isinstance(a, list)
        )
        largest = sum(a.size for a in arrays if isinstance(a, np.ndarray))
        return full, len(call.inputs) + len(call.kwargs), -largest

    return max(case.calls, key=weight)


def spoiled(base: Base, parameter: Parameter) -> Iterator[Malformed]:
    name, kind, _ = parameter
    optional = "None" in kind
    if kind.startswith("collections.abc.Sequence[afina._C.Tensor"):
        yield from spoiled_lists(base, name)
    elif "afina._C.Tensor" in kind:
        yield from spoiled_tensors(base, name, optional)
    elif "Sequence[" in kind or "list[" in kind or kind.startswith("tuple["):
        yield from spoiled_sequences(base, name, kind, optional)
    elif "SupportsInt" in kind or kind == "int":
        yield from spoiled_ints(base, name, optional)
    elif "SupportsFloat" in kind or kind == "float":
        yield from spoiled_floats(base, name, optional)
    elif kind == "str":
        yield from spoiled_strings(base, name)


def spoiled_tensors(base: Base, name: str, optional: bool) -> Iterator[Malformed]:
    given = base.drawn().get(name)
    shape = np.shape(given) if isinstance(given, np.ndarray) else (2, 3)
    for trigger, (value, came) in foreign_arrays(shape).items():
        if value is None and optional:
            continue
        yield base.made(name, trigger, value, came)
    if not isinstance(given, np.ndarray):
        return

    def reshaped(change: Callable[[Any], Any]) -> Callable[[Any], Any]:
        return lambda valid: converted(np.ascontiguousarray(change(np.asarray(valid))))

    changes: dict[str, Callable[[Any], Any]] = {
        "a scalar": lambda a: a.reshape(-1)[0].reshape(()),
        "an axis more": lambda a: a[None],
        "an axis less": lambda a: a[0] if a.ndim else a,
        "eight axes": lambda a: a.reshape((1,) * (8 - a.ndim) + a.shape),
        "flat": lambda a: a.reshape(-1),
        "float64 among float32": lambda a: afina.tensor(a.astype("float64")) if a.dtype == np.float64 else a,
        "int32": lambda a: a.astype("int32"),
        "bool": lambda a: a.astype(bool),
        "NaN": lambda a: np.full_like(a, np.nan) if a.dtype == np.float64 else a,
    }
    for axis in range(given.ndim):
        changes[f"axis {axis} empty"] = lambda a, axis=axis: np.take(a, [], axis=axis)
        changes[f"axis {axis} longer"] = lambda a, axis=axis: np.concatenate(
            [a, np.take(a, [0], axis=axis)], axis=axis
        )
    if given.dtype.kind in "iu" and name in {"indices", "labels"}:
        for trigger, index in {
            "2**31": 2**31,
            "-2**31 - 1": -(2**31) - 1,
            "2**63 - 1": 2**63 - 1,
            "-2**63": -(2**63),
        }.items():
            value = afina.tensor(np.full(given.shape, index, dtype="int64"))
            yield base.made(name, f"index {trigger}", value, re.escape(str(index)))
    for trigger, change in changes.items():
        yield border(base, name, trigger, reshaped(change))


def border(base: Base, name: str, trigger: str, value: Any) -> Malformed:
    """Refused where the reference raises; elsewhere refused, or equal to the reference."""
    case = base.case

    def reference() -> Any:
        arguments = base.drawn()
        changed = value(arguments.get(name)) if callable(value) else value
        arguments[name] = np.asarray(changed) if isinstance(changed, afina.Tensor) else changed
        with np.errstate(all="ignore"):
            return case.reference(**arguments) if case.check_values else None

    def check(result: Any) -> None:
        if not case.check_values:
            return
        try:
            wanted = reference()
        except Exception:  # the reference is looser or stricter in its own way: no verdict from it
            return
        one, other = (r[0] if isinstance(r, (tuple, list)) else r for r in (result, wanted))
        assert one.shape == np.shape(other), f"shape {one.shape} instead of {np.shape(other)}"
        np.testing.assert_allclose(
            np.asarray(one, "float64"), other, rtol=100 * case.rtol, atol=100 * case.atol
        )

    made = base.made(name, trigger, value, may_pass=True)
    return Malformed(made.subject, made.trigger, made.call, made.says, True, check)


def spoiled_lists(base: Base, name: str) -> Iterator[Malformed]:
    given = base.drawn().get(name) or [np.ones((2, 3))]
    shape = np.shape(given[0])
    for trigger, (value, came) in foreign_arrays(shape).items():
        yield base.made(
            name, f"a list with {trigger}", lambda v, value=value: [*converted(v or []), value], came
        )
    yield base.made(name, "None", lambda v: None, "None")
    yield base.made(name, "a number", lambda v: 3, "int|3")
    yield base.made(name, "text", lambda v: "abc", "abc|str")
    if base.drawn().get(name):
        yield base.made(name, "no tensors", lambda v: [])
        yield base.made(name, "a scalar in front", lambda v: [afina.tensor(1.0), *converted(v)])
        yield base.made(name, "integers", lambda v: [x.astype("int32") for x in converted(v)], "int32")
        mixed = lambda v: [*converted(v[:-1]), converted(v[-1]).astype("float64")]  # noqa: E731
        yield from [base.made(name, "mixed types", mixed, "float64")] if len(given) > 1 else []


def spoiled_sequences(base: Base, name: str, kind: str, optional: bool) -> Iterator[Malformed]:
    pairs = "tuple[" in kind
    takes_one = re.match(r"(typing\.SupportsInt|int)\b", kind) is not None
    for trigger, value in {
        "text": "abc",
        "a list of text": ["a"],
        "fractions": [(0.5, 0.5)] if pairs else [0.5],
        "NumPy's fractions": [(np.float32(0.5),) * 2] if pairs else [np.float32(0.5)],
        "NaN": [(float("nan"),) * 2] if pairs else [float("nan")],
        "2**63": [(2**63, 0)] if pairs else [2**63],
        "a list of None": [None],
        "an object": object(),
    }.items():
        inner = value[0] if isinstance(value, list) else value
        inner = inner[0] if isinstance(inner, tuple) else inner
        came = "list|tuple" if isinstance(value, list) else "nothing"
        yield base.made(name, trigger, value, f"{shown(inner)}|{came}|nan|pairs")
    if not optional:
        yield base.made(name, "None", None, "None")
    if not takes_one:
        yield base.made(name, "a number", 7, "int|7")
    else:
        for axis in (100, -100, 2**31, -(2**63)):
            yield base.made(name, f"int {axis}", axis, re.escape(str(axis)))
        for trigger, value in NOT_INTS.items():
            yield base.made(name, trigger, value, shown(value))
    wide = 64
    numbers = {
        "a long list": [0] * wide,
        "int64 limits": [2**63 - 1, -(2**63)],
        "products over 2**63": [2**32, 2**32],
        "a product over 2**31": [2**20, 2**20],
        "negative sizes": [-7, -7],
    }
    if "axis" in name or "axes" in name:
        numbers["the same axis twice"] = [0, 0]
        yield border(base, name, "no entries", [])
    for trigger, value in numbers.items():
        given = [(entry, entry) for entry in value] if pairs else value
        yield base.made(name, trigger, given)


def spoiled_ints(base: Base, name: str, optional: bool) -> Iterator[Malformed]:
    for trigger, value in NOT_INTS.items():
        yield base.made(name, trigger, value, shown(value))
    if not optional:
        yield base.made(name, "None", None, "None")
    for trigger, value in {"int 2**62": 2**62, "int -2**63": -(2**63)}.items():
        yield base.made(name, trigger, value)
    if name not in {"axis"}:
        yield base.made(name, "int -1", -1, "-1")


def spoiled_floats(base: Base, name: str, optional: bool) -> Iterator[Malformed]:
    for trigger, value in NOT_FLOATS.items():
        yield base.made(name, trigger, value, shown(value))
    if not optional:
        yield base.made(name, "None", None, "None")
    if name in FINITE:
        for value in (float("nan"), float("inf"), -float("inf")):
            yield base.made(name, str(value), value, "nan|inf")
        yield base.made(name, "negative", -0.5, "-0.5")


def spoiled_strings(base: Base, name: str) -> Iterator[Malformed]:
    for trigger, value in NOT_STRINGS.items():
        yield base.made(name, trigger, value, "''|\"\"" if value == "" else shown(value))
    yield base.made(name, "None", None, "None")


def miscounted(base: Base) -> Iterator[Malformed]:
    function = getattr(ops, base.op)

    def said(trigger: str, call: Callable[[], Any], *says: str) -> Malformed:
        return Malformed(f"op {base.op}", trigger, call, (rf"\b{base.op}\b", *says))

    first = parameters(base.op)[0].name
    yield said("no arguments", function, first, "missing")
    yield said(
        "an unknown argument",
        lambda: function(**{k: converted(v) for k, v in base.drawn().items()}, surprise=3),
        "surprise",
    )
    yield said("40 arguments", lambda: function(*[1.0] * 40), "40|arguments")


def spoiled_gradients(case: Case) -> Iterator[Malformed]:
    smooth = [call for call in case.calls if call.gradient is not False and has_floats(Base(case, call))]
    if not smooth:
        return
    base = Base(case, smooth[0])

    def output() -> tuple[Any, list[Any]]:
        arguments = {key: converted(value) for key, value in base.drawn().items()}
        inputs = []
        for value in arguments.values():
            for leaf in value if isinstance(value, list) else [value]:
                if isinstance(leaf, afina.Tensor) and leaf.dtype == "float32":
                    leaf.requires_grad = True
                    inputs.append(leaf)
        y = getattr(ops, base.op)(**arguments)
        return (y[0] if isinstance(y, (tuple, list)) else y), inputs

    def seeded(make: Callable[[Any], Any]) -> Callable[[], Any]:
        def call() -> Any:
            y, inputs = output()
            return afina.gradients(y, inputs[:1], make(y))

        return call

    def twice() -> Any:
        y, _ = output()
        seed = afina.ones_like(y)
        y.backward(seed)
        return y.backward(seed)

    def unrelated() -> Any:
        y, _ = output()
        return afina.gradients(y, [afina.ones((2,))], afina.ones_like(y))

    def cut() -> Any:
        y, inputs = output()
        return afina.gradients(y.detach(), inputs[:1], afina.ones_like(y))

    about = (r"gradients|seed",)
    for trigger, call, says in (
        ("a seed with an axis more", seeded(lambda y: afina.ones((1, *y.shape, 2))), ("seed", "shape")),
        ("an empty seed", seeded(lambda y: afina.ones((0,))), ("seed", "shape")),
        ("a float64 seed", seeded(lambda y: afina.ones(y.shape, "float64")), ("seed", "float64")),
        ("an integer seed", seeded(lambda y: afina.ones(y.shape, "int64")), ("seed", "int64")),
        ("a complex seed", seeded(lambda y: np.ones(y.shape, "complex64")), ("seed", "complex64")),
        ("a seed of text", seeded(lambda y: "one"), ("seed", "str")),
        ("a walk over released tensors", twice, ("released|retain_graph",)),
        ("an input without a gradient", unrelated, (r"\(2,\)",)),
        ("a detached output", cut, ("does not depend",)),
    ):
        if trigger == "a walk over released tensors":
            yield Malformed(f"op {base.op}", f"gradient: {trigger}", call, says, may_pass=True)
            continue
        yield Malformed(f"op {base.op}", f"gradient: {trigger}", call, (*about, *says))
