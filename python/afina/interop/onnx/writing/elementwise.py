"""Elementwise ops, activations, comparisons and reductions."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np

from ....errors import UnsupportedOperatorError
from .table import rows, writes
from .writer import Ref, Writer, element_code

SAME = {
    "negative": "Neg", "exp": "Exp", "log": "Log", "sqrt": "Sqrt", "reciprocal": "Reciprocal", "abs": "Abs",
    "sign": "Sign", "floor": "Floor", "ceil": "Ceil", "round": "Round", "sin": "Sin", "cos": "Cos",
    "isnan": "IsNaN", "sigmoid": "Sigmoid", "tanh": "Tanh", "relu": "Relu", "softplus": "Softplus",
    "softsign": "Softsign", "selu": "Selu",
}  # fmt: skip
PAIRS = {
    "add": "Add", "subtract": "Sub", "multiply": "Mul", "divide": "Div", "power": "Pow", "equal": "Equal",
    "less": "Less", "less_equal": "LessOrEqual", "greater": "Greater", "greater_equal": "GreaterOrEqual",
    "maximum": "Max", "minimum": "Min",
}  # fmt: skip


def _same(operator: str) -> Callable[..., str]:
    return lambda w, x: str(w.node(operator, [x.name]))


def operands(w: Writer, a: Any, b: Any) -> list[str]:
    """Two operands, either of which may be a number."""
    like = a.dtype if isinstance(a, Ref) else b.dtype
    return [x.name if isinstance(x, Ref) else w.number(x, like) for x in (a, b)]


def _pair(operator: str) -> Callable[..., str]:
    return lambda w, a, b: str(w.node(operator, operands(w, a, b)))


for _name, _operator in SAME.items():
    writes(_name)(_same(_operator))
for _name, _operator in PAIRS.items():
    writes(_name)(_pair(_operator))


def then(w: Writer, source: str, op: str, *arguments: Any, dtype: str = "float32") -> str:
    """Another op behind a name."""
    return str(rows[op](w, Ref(source, (), dtype), *arguments))


@writes("not_equal")
def not_equal(w: Writer, a: Any, b: Any) -> Any:
    """Not Equal."""
    return w.node("Not", [w.node("Equal", operands(w, a, b))])


def truth(w: Writer, x: Ref) -> str:
    """x as bool."""
    return x.name if x.dtype == "bool" else str(w.node("Cast", [x.name], to=element_code("bool")))


@writes("logical_not")
def logical_not(w: Writer, x: Ref) -> Any:
    """Not."""
    return w.node("Not", [truth(w, x)])


@writes("logical_and")
def logical_and(w: Writer, a: Ref, b: Ref) -> Any:
    """And."""
    return w.node("And", [truth(w, a), truth(w, b)])


@writes("logical_or")
def logical_or(w: Writer, a: Ref, b: Ref) -> Any:
    """Or."""
    return w.node("Or", [truth(w, a), truth(w, b)])


@writes("isfinite")
def isfinite(w: Writer, x: Ref) -> Any:
    """Neither IsNaN nor IsInf."""
    return w.node("Not", [w.node("Or", [w.node("IsNaN", [x.name]), w.node("IsInf", [x.name])])])


@writes("where")
def where(w: Writer, condition: Ref, a: Any, b: Any) -> Any:
    """Where."""
    return w.node("Where", [truth(w, condition), *operands(w, a, b)])


@writes("log1p")
def log1p(w: Writer, x: Ref) -> Any:
    """Log of 1 + x."""
    return w.node("Log", operands_sum(w, x, 1.0))


def operands_sum(w: Writer, x: Ref, number: float) -> list[str]:
    """[x + number]."""
    return [w.node("Add", operands(w, x, number))]


@writes("expm1")
def expm1(w: Writer, x: Ref) -> Any:
    """Exp minus 1."""
    return w.node("Sub", [w.node("Exp", [x.name]), w.number(1.0, x.dtype)])


@writes("rsqrt")
def rsqrt(w: Writer, x: Ref) -> Any:
    """Reciprocal of Sqrt."""
    return w.node("Reciprocal", [w.node("Sqrt", [x.name])])


@writes("square")
def square(w: Writer, x: Ref) -> Any:
    """x times x."""
    return w.node("Mul", [x.name, x.name])


@writes("clip")
def clip(w: Writer, x: Ref, min: float, max: float) -> Any:
    """Clip."""
    return w.node("Clip", [x.name, w.number(min, x.dtype), w.number(max, x.dtype)])


@writes("relu6")
def relu6(w: Writer, x: Ref) -> Any:
    """Clip from 0 to 6."""
    return clip(w, x, 0.0, 6.0)


@writes("silu")
def silu(w: Writer, x: Ref) -> Any:
    """x times Sigmoid."""
    return w.node("Mul", [x.name, w.node("Sigmoid", [x.name])])


@writes("gelu")
def gelu(w: Writer, x: Ref, approximate: bool = False) -> Any:
    """Gelu."""
    return w.node("Gelu", [x.name], approximate="tanh" if approximate else "none")


@writes("elu")
def elu(w: Writer, x: Ref, alpha: float = 1.0) -> Any:
    """Elu."""
    return w.node("Elu", [x.name], alpha=alpha)


@writes("leaky_relu")
def leaky_relu(w: Writer, x: Ref, negative_slope: float = 0.3) -> Any:
    """LeakyRelu."""
    return w.node("LeakyRelu", [x.name], alpha=negative_slope)


@writes("prelu")
def prelu(w: Writer, x: Ref, slope: Ref) -> Any:
    """PRelu."""
    return w.node("PRelu", [x.name, slope.name])


@writes("hard_sigmoid")
def hard_sigmoid(w: Writer, x: Ref) -> Any:
    """HardSigmoid of slope 1/6."""
    return w.node("HardSigmoid", [x.name], alpha=1 / 6, beta=0.5)


@writes("softmax")
def softmax(w: Writer, x: Ref, axis: int = -1) -> Any:
    """Softmax."""
    return w.node("Softmax", [x.name], axis=axis)


@writes("log_softmax")
def log_softmax(w: Writer, x: Ref, axis: int = -1) -> Any:
    """LogSoftmax."""
    return w.node("LogSoftmax", [x.name], axis=axis)


@writes("cast")
def cast(w: Writer, x: Ref, dtype: Any) -> Any:
    """Cast."""
    return w.node("Cast", [x.name], to=element_code(str(np.dtype(dtype))))


REDUCTIONS = {
    "sum": "ReduceSum",
    "mean": "ReduceMean",
    "max": "ReduceMax",
    "min": "ReduceMin",
    "prod": "ReduceProd",
    "logsumexp": "ReduceLogSumExp",
}


def reduced(w: Writer, operator: str, source: str, axis: Any, keepdims: bool) -> str:
    """A reduction over axes; None: all."""
    axes = [] if axis is None else [w.integers([axis] if isinstance(axis, int) else list(axis))]
    return str(w.node(operator, [source, *axes], keepdims=int(keepdims)))


def _reduction(name: str, operator: str) -> Callable[..., str]:
    def row(w: Writer, x: Ref, axis: Any = None, keepdims: bool = False) -> str:
        source = x.name
        if x.dtype in ("bool", "uint8", "int32") and name in ("sum", "prod"):
            source = w.node("Cast", [source], to=element_code("int64"))
        elif x.dtype not in ("float32", "float64") and name == "mean":
            source = w.node("Cast", [source], to=element_code("float32"))
        return reduced(w, operator, source, axis, keepdims)

    return row


for _name, _operator in REDUCTIONS.items():
    writes(_name)(_reduction(_name, _operator))


def _of_truths(operator: str) -> Callable[..., Any]:
    def row(w: Writer, x: Ref, axis: Any = None, keepdims: bool = False) -> Any:
        whole = w.node("Cast", [truth(w, x)], to=element_code("int32"))
        return w.node("Cast", [reduced(w, operator, whole, axis, keepdims)], to=element_code("bool"))

    return row


writes("any")(_of_truths("ReduceMax"))
writes("all")(_of_truths("ReduceMin"))


@writes("var")
def var(w: Writer, x: Ref, axis: Any = None, keepdims: bool = False, ddof: int = 0) -> Any:
    """The mean of the squares of x - mean."""
    if ddof:
        raise UnsupportedOperatorError("export: ops.var with ddof is not written to ONNX")
    centred = w.node("Sub", [x.name, reduced(w, "ReduceMean", x.name, axis, True)])
    return reduced(w, "ReduceMean", w.node("Mul", [centred, centred]), axis, keepdims)


@writes("std")
def std(w: Writer, x: Ref, axis: Any = None, keepdims: bool = False, ddof: int = 0) -> Any:
    """The root of var."""
    return w.node("Sqrt", [var(w, x, axis, keepdims, ddof)])


def _position(operator: str) -> Callable[..., Any]:
    def row(w: Writer, x: Ref, axis: int | None = -1) -> Any:
        source = x.name if axis is not None else w.reshape(x.name, [-1])
        return w.node(operator, [source], axis=0 if axis is None else axis, keepdims=0)

    return row


writes("argmax")(_position("ArgMax"))
writes("argmin")(_position("ArgMin"))


@writes("cumsum")
def cumsum(w: Writer, x: Ref, axis: int = -1) -> Any:
    """CumSum."""
    return w.node("CumSum", [x.name, w.store(np.array(axis, np.int64))])


def _sorted(w: Writer, x: Ref, axis: int, descending: bool) -> list[str]:
    size = x.shape[axis]
    count = w.integers([size])
    found: list[str] = w.node("TopK", [x.name, count], 2, axis=axis, largest=int(descending), sorted=1)
    return found


@writes("sort")
def sort(w: Writer, x: Ref, axis: int = -1, descending: bool = False) -> Any:
    """TopK of all."""
    return _sorted(w, x, axis, descending)[0]


@writes("argsort")
def argsort(w: Writer, x: Ref, axis: int = -1, descending: bool = False) -> Any:
    """The places of TopK of all."""
    return _sorted(w, x, axis, descending)[1]


@writes("top_k")
def top_k(w: Writer, x: Ref, k: int) -> Any:
    """TopK."""
    return w.node("TopK", [x.name, w.integers([k])], 2, axis=-1, largest=1, sorted=1)
