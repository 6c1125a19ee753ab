"""Wrong labels, gradients, shapes and steps for layers, losses, metrics and so on that were made right."""

from __future__ import annotations

import inspect
import re
from collections.abc import Callable, Iterator
from typing import Any

import numpy as np
from malformed_case import Malformed, foreign_arrays
from malformed_classes import IMAGES, NEEDED, named, public_classes, said, valid_inputs

import afina
from afina import layers, losses


def use_cases() -> Iterator[Malformed]:
    """Wrong labels, gradients, shapes and steps for objects that are right."""
    for module_name, kind in public_classes():
        if inspect.isabstract(kind) or kind.__name__ in {"Loss", "Metric", "Optimizer", "Initializer"}:
            continue
        maker = {
            "losses": loss_uses, "metrics": metric_uses, "optimizers": optimizer_uses,
            "initializers": initializer_uses, "schedules": schedule_uses, "layers": layer_uses,
            "regularizers": weight_uses, "constraints": weight_uses,
        }.get(module_name)  # fmt: skip
        if maker is not None and kind.__name__ not in {
            "Regularizer",
            "Constraint",
            "Schedule",
            "LossFunction",
            "MeanOfFunction",
        }:
            yield from maker(kind)


def made(kind: type) -> Any:
    needed = {p.name: NEEDED[p.name] for p in named(kind).values() if p.default is p.empty}
    layer = kind(**needed, **({"rate": 0.5} if kind is layers.Dropout else {}))
    if hasattr(layer, "adapt"):
        layer.adapt(*valid_inputs(kind))
    return layer


def half(*shape: int) -> Any:
    return np.full(shape, 0.5, "float32")


SHAPES = {  # labels, outputs: what must never be broadcast
    "(16, 1) against (16, 4)": ((16, 1), (16, 4)),
    "(16, 4) against (16, 1)": ((16, 4), (16, 1)),
    "(n,) against (n, 1, 1)": ((16,), (16, 1, 1)),
    "another number of samples": ((15, 4), (16, 4)),
    "one row for all": ((1, 4), (16, 4)),
    "one label for all": ((), (16, 4)),
    "an axis more": ((16, 3, 4), (16, 4)),
}


def loss_uses(kind: type) -> Iterator[Malformed]:
    subject = rf"{said(kind)}|output"
    sparse = kind is losses.SparseCategoricalCrossentropy

    def call(labels: Any, outputs: Any, weights: Any = None) -> Callable[[], Any]:
        return lambda: made(kind)(labels, outputs, weights)

    right = np.zeros(16, int) if sparse else np.ones((16, 4), "float32")
    for trigger, (labels, outputs) in SHAPES.items():
        if sparse and trigger == "(16, 1) against (16, 4)":
            continue
        given = np.zeros(labels, int) if sparse else np.ones(labels, "float32")
        says = (subject, re.escape(str(labels)))
        yield Malformed(kind.__name__, f"labels: {trigger}", call(given, half(*outputs)), says)
    for trigger, (value, came) in foreign_arrays((16, 4)).items():
        if trigger in {"float16", "byte-swapped", "uint16"}:  # NumPy brings these to float32 without loss
            continue
        yield Malformed(kind.__name__, f"y_true: {trigger}", call(value, half(16, 4)), (came,))
        yield Malformed(kind.__name__, f"y_pred: {trigger}", call(right, value), (came,))
        if value is not None:
            yield Malformed(
                kind.__name__, f"sample_weight: {trigger}", call(right, half(16, 4), value), (came,)
            )
    for trigger, weights in {
        "too few weights": half(3), "a weight per class": half(4), "weights of another rank": half(16, 1, 1),
        "no weights": half(0),
    }.items():  # fmt: skip
        says = ("sample_weight", re.escape(str(weights.shape)))
        yield Malformed(kind.__name__, trigger, call(right, half(16, 4), weights), says)
    spoiled = np.array(right, "float32")
    spoiled.flat[3] = np.nan
    if kind is not losses.MaskedLoss:  # for which NaN is a label that is missing
        says = ("nan", f"{said(kind)}|{kind().name}")
        yield Malformed(kind.__name__, "a NaN label", call(spoiled, half(16, 4)), says)
    if sparse:
        for label in (4, -1, 2**31, -(2**63), 2**63 - 1):
            labels = np.full(16, label)
            yield Malformed(
                kind.__name__, f"label {label}", call(labels, half(16, 4)), (str(label), "0 to 3|label")
            )


def metric_uses(kind: type) -> Iterator[Malformed]:
    subject = said(kind)
    names = list(inspect.signature(kind.update_state).parameters)
    if names[1] != "y_true":
        for trigger, (value, came) in foreign_arrays((4,)).items():
            if trigger in {"float16", "byte-swapped", "uint16"}:
                continue
            yield Malformed(
                kind.__name__, f"values: {trigger}", lambda v=value: made(kind).update_state(v), (came,)
            )
        return

    def call(labels: Any, outputs: Any, weights: Any = None) -> Callable[[], Any]:
        def use() -> Any:
            metric = made(kind)
            metric.update_state(labels, outputs, weights)
            return metric.result()

        return use

    sparse = "Sparse" in kind.__name__
    right = np.zeros(16, int) if sparse else np.ones((16, 4), "float32")
    for trigger, (labels, outputs) in SHAPES.items():
        if sparse and trigger == "(16, 1) against (16, 4)":
            continue
        given = np.zeros(labels, int) if sparse else np.ones(labels, "float32")
        says = (subject, re.escape(str(labels)))
        yield Malformed(kind.__name__, f"labels: {trigger}", call(given, half(*outputs)), says)
    for trigger, (value, came) in foreign_arrays((16, 4)).items():
        if trigger in {"float16", "byte-swapped", "uint16"}:
            continue
        yield Malformed(kind.__name__, f"y_true: {trigger}", call(value, half(16, 4)), (came,))
        yield Malformed(kind.__name__, f"y_pred: {trigger}", call(right, value), (came,))
    yield Malformed(kind.__name__, "too few weights", call(right, half(16, 4), half(3)), (r"\(3,\)",))


def optimizer_uses(kind: type) -> Iterator[Malformed]:
    def call(change: Callable[[Any, Any], Any]) -> Callable[[], Any]:
        def use() -> Any:
            optimizer = made(kind)
            weight = afina.Parameter(afina.tensor(np.ones((3, 2), "float32")), name="w")
            optimizer.build([weight])
            return change(optimizer, weight)

        return use

    gradient = afina.ones((3, 2))
    for trigger, change, says in (
        ("a gradient of another shape", lambda o, w: o.apply([afina.ones((2, 3))]), (r"\(2, 3\)",)),
        ("a gradient of another type", lambda o, w: o.apply([afina.ones((3, 2), "float64")]), ("float64",)),
        ("a complex gradient", lambda o, w: o.apply([np.ones((3, 2), "complex64")]), ("complex64",)),
        ("a gradient of text", lambda o, w: o.apply(["text"]), ("text|str",)),
        ("too many gradients", lambda o, w: o.apply([gradient, gradient]), ("2",)),
        ("no gradients", lambda o, w: o.apply([]), ("0",)),
        ("None for the list", lambda o, w: o.apply(None), ("None",)),
        ("nothing to train", lambda o, w: made(kind).build([]), ("no|0|empty",)),
        ("weights of text", lambda o, w: made(kind).build(["text"]), ("text|str",)),
    ):
        yield Malformed(kind.__name__, trigger, call(change), says, may_pass=trigger == "nothing to train")


def initializer_uses(kind: type) -> Iterator[Malformed]:
    for trigger, shape in {
        "negative": (-1, 2), "text": "text", "text inside": ("a",), "fraction": (1.5, 2), "None": None,
        "over 2**63": (2**40, 2**40), "over the memory": (2**20, 2**20), "nine axes": (1,) * 9,
        "an object": object(), "NaN": (float("nan"),), "2**63": (2**63,),
    }.items():  # fmt: skip
        says = (f"{said(kind)}|shape|allocate|initializer|random",)
        yield Malformed(kind.__name__, f"shape: {trigger}", lambda s=shape: made(kind)(s), says)
    for dtype in ("complex64", "no such thing", 3, "float16"):
        says = ("dtype", re.escape(str(dtype)))
        yield Malformed(kind.__name__, f"dtype: {dtype}", lambda d=dtype: made(kind)((2, 2), d), says)


def schedule_uses(kind: type) -> Iterator[Malformed]:
    if kind.__name__ == "FunctionSchedule":
        return
    for trigger, step in {
        "text": "three",
        "None": None,
        "complex": 1j,
        "an object": object(),
        "a list": [1],
    }.items():
        yield Malformed(
            kind.__name__,
            f"step: {trigger}",
            lambda s=step: made(kind)(s),
            (f"{said(kind)}|step|not supported|must be",),
        )


def weight_uses(kind: type) -> Iterator[Malformed]:
    for trigger, (value, came) in foreign_arrays((3, 2)).items():
        yield Malformed(kind.__name__, f"weight: {trigger}", lambda v=value: made(kind)(v), (came,))


def layer_uses(kind: type) -> Iterator[Malformed]:
    if kind is layers.InputLayer:
        return
    first, *others = valid_inputs(kind)
    merges = isinstance(first, list)
    shown_otherwise = {"text": "<U|str", "a dict": "dict|'a'"}
    for trigger, (value, came) in foreign_arrays(IMAGES).items():
        if trigger in {"float16", "byte-swapped", "uint16"}:
            continue
        given = [first[0], value] if merges else value
        yield Malformed(
            kind.__name__,
            f"inputs: {trigger}",
            lambda g=given: made(kind)(g, *others),
            (said(kind), shown_otherwise.get(trigger, came)),
        )

    def rebuilt(change: Callable[[Any], Any]) -> Callable[[], Any]:
        def use() -> Any:
            layer = made(kind)
            layer(first, *others)
            return layer(change(first), *others)

        return use

    if merges or kind is layers.Embedding:
        return
    has_weights = bool(_weights(kind))
    for trigger, change in {
        "a channel more": lambda a: np.concatenate([a, a[..., :1]], -1),
        "no channels": lambda a: a[..., :0],
        "a scalar": lambda a: np.float32(1.0),
        "a vector": lambda a: np.ones(4, "float32"),
        "an axis more": lambda a: a[None],
        "nine axes": lambda a: a.reshape((1,) * (9 - a.ndim) + a.shape),
        "no samples": lambda a: a[:0],
        "integers": lambda a: a.astype("int32"),
        "booleans": lambda a: a.astype(bool),
    }.items():
        strict = trigger == "nine axes" or (has_weights and trigger in {"a channel more", "a scalar"})
        says = (said(kind),)
        yield Malformed(kind.__name__, f"after the first call: {trigger}", rebuilt(change), says, not strict)


def _weights(kind: type) -> list[Any]:
    layer = made(kind)
    layer(*valid_inputs(kind))
    return list(layer.weights)
