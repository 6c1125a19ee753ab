"""Malformed constructor arguments of every public layer, loss, metric and so on, found by signature."""

from __future__ import annotations

import importlib
import inspect
import re
from collections.abc import Iterator, Sequence
from typing import Any

import numpy as np
from malformed_case import NOT_FLOATS, NOT_INTS, NOT_STRINGS, Malformed, shown

from afina import layers, optimizers
from afina.losses.loss import snake_case

MODULES = (
    *("layers", "losses", "metrics", "optimizers", "initializers"),
    *("regularizers", "constraints", "schedules", "callbacks"),
)
# Not made by callers, or with arguments that no rule below fits; what they refuse is in their own tests.
LEFT_OUT = {
    "InputSpec",
    "KerasTensor",
    "SymbolicTensor",
    "Layer",
    "CallbackList",
    "Slice",
    "Operation",
    "Lambda",
    "LambdaCallback",
    "SoftSharing",
}
NEEDED: dict[str, Any] = {
    "activation": "relu", "filters": 2, "kernel_size": 3, "units": 3, "rate": 0.5, "stddev": 0.1,
    "input_dim": 5, "output_dim": 2, "axes": 1, "dims": (3, 1, 2), "n": 2, "target_shape": (-1,),
    "learning_rate": 0.1, "initial_learning_rate": 0.1, "decay_steps": 10, "decay_rate": 0.5, "decay": 0.5,
    "scale": 1.0, "initial": 0.5, "final": 0.9, "steps": 5, "boundaries": [1], "values": [1.0, 0.5],
    "factor": 0.5, "every": 3, "filename": "log.csv", "filepath": "model.afina",
    "loss": "mse", "metric": "mae",
    "schedule": lambda epoch: 0.1, "function": lambda a, b: a, "num_heads": 2, "key_dim": 4,
    "height": 3, "width": 3,
    "height_factor": 0.2, "width_factor": 0.2, "layers": [layers.RandomFlip()],
    "layer": layers.LSTM(3), "cell": layers.LSTMCell(3), "cells": [layers.LSTMCell(3)],
}  # fmt: skip
POSITIVE = {
    *(
        "filters",
        "units",
        "input_dim",
        "output_dim",
        "groups",
        "depth_multiplier",
        "n",
        "num_thresholds",
        "k",
    ),
    *("top_k", "decay_steps", "every", "steps", "every_n_steps"),
    *("num_heads", "key_dim", "value_dim"),
}
FROM_ZERO = {
    "patience",
    "cooldown",
    "start_from_epoch",
    "warmup_steps",
    "class_id",
    "histogram_freq",
    "epsilon",
}
FROM_ZERO |= {"stddev", "l1", "l2", "min_delta", "max_value", "clipvalue", "clipnorm", "global_clipnorm"}
FROM_ZERO |= {
    "min_value",
    "initial_accumulator_value",
    "delta",
    "weight_decay",
    "min_lr",
    "loss_scale_factor",
}
BELOW_ONE = {
    "rate",
    "momentum",
    "rho",
    "beta_1",
    "beta_2",
    "label_smoothing",
    "initial",
    "final",
    "keep_prob",
    "dropout",
}
WINDOWS = {"kernel_size", "strides", "dilation_rate", "pool_size", "size"}
FREE_TEXT = {"name", "monitor", "filename", "filepath", "log_dir", "separator"}
ALLOWED = {  # (class, argument, trigger): right for this one
    ("Activation", "activation", "None"): "Keras's linear",
    **{
        (f"{kind}{cell}", name, "None"): "the same"
        for kind in ("LSTM", "GRU", "SimpleRNN")
        for cell in ("", "Cell")
        for name in ("activation", "recurrent_activation")
    },
    ("InputLayer", "dtype", "integers"): "inputs may be integers",
    ("EarlyStopping", "min_delta", "negative"): "Keras takes the absolute value",
    ("ReduceLROnPlateau", "min_delta", "negative"): "Keras takes the absolute value",
    ("LossFunction", "name", "empty"): "none",
    ("Normalization", "axis", "None"): "one mean for everything",
    ("MinMaxNormalization", "axis", "None"): "one range for everything",
    ("TopKCategoricalAccuracy", "k", "4611686018427387904"): "more than there are classes: every one counts",
}
FRACTION, TEXT, NAN = ("fraction", 1.5), ("text", "text"), ("NaN", float("nan"))
BY_NAME: dict[str, Sequence[tuple[str, Any]]] = {
    "name": [("NUL", "a\0b"), ("4 KiB", "x" * 4096)],
    "dtype": [
        ("unknown", "no such thing"),
        ("complex", "complex64"),
        ("integers", "int32"),
        ("a number", 3),
    ],
    "cropping": [FRACTION, TEXT, NAN, ("negative", -1), ("three", (1, 2, 3)), ("too much", 9)],
    "target_shape": [
        *(TEXT, ("two unknowns", (-1, -1)), ("another size", (7,)), ("zero", (0, -1))),
        *(("fraction", (1.5,)), ("negative", (-3,)), ("huge", (2**40, 2**40))),
    ],
    "dims": [
        *(TEXT, ("twice", (1, 1, 2)), ("from zero", (0, 1, 2)), ("too few", (2, 1))),
        ("fraction", (1.5, 1, 2)),
    ],
    "axis": [TEXT, FRACTION, ("far", 9), ("far back", -9), ("int64 min", -(2**63))],
    "axes": [TEXT, FRACTION, ("far", 9), ("far back", -9), ("int64 min", -(2**63))],
    "shared_axes": [TEXT, ("far", [9]), ("the batch", [0]), ("fraction", [1.5])],
    "boundaries": [TEXT, ("falling", [3, 1]), ("too many", [1, 2, 3]), ("a number", 3)],
    "values": [TEXT, ("too many", [1.0, 2.0, 3.0]), ("NaN", [float("nan"), 1.0]), ("a number", 3)],
    "function": [TEXT, ("a number", 3), ("None", None)],
    "schedule": [TEXT, ("a number", 3), ("None", None)],
    "shape": [TEXT, ("negative", (-3,)), ("fraction", (1.5,)), ("text inside", ("a",))],
    "batch_shape": [TEXT, ("negative", (-3,)), ("fraction", (1.5,)), ("text inside", ("a",))],
    "scale": [TEXT, ("an object", object())],
    "offset": [TEXT, ("an object", object())],
    "noise_shape": [TEXT, ("another rank", (1, 1, 1, 1, 1)), ("another size", (7, 7))],
    "output_padding": [TEXT, FRACTION, ("negative", -1), ("too much", 5), ("three", (0, 0, 0))],
    "output_shape": [TEXT, FRACTION, ("zero", 0), ("negative", (3, -1)), ("fraction inside", (1.5,))],
    "attention_axes": [TEXT, FRACTION, ("far", 9), ("the batch", 0), ("twice", (1, 1))],
    "save_freq": [FRACTION, ("0", 0), ("negative", -1), ("unknown", "sometimes")],
    "update_freq": [FRACTION, ("0", 0), ("negative", -1), ("unknown", "sometimes")],
    "verbose": [("text", "loud"), ("an object", object())],
}
IMAGES, SEQUENCES, ROWS = (2, 6, 6, 4), (2, 4, 3), (3, 5)
FLAT = {"Dense", "Dot", "Dropout", "Embedding", "RepeatVector", "LeakyReLU", "ELU", "UnitNormalization"}
INTERESTING = (np.float32(0.5), np.float32(1.0))


def public_classes() -> Iterator[tuple[str, type]]:
    """Each once, with the module that offers it."""
    seen: set[type] = set()
    for module_name in MODULES:
        module = importlib.import_module(f"afina.{module_name}")
        for name, kind in sorted(vars(module).items()):
            if not inspect.isclass(kind) or name in LEFT_OUT or kind in seen or name.startswith("_"):
                continue
            inside = kind.__module__.startswith(f"afina.{module_name}")
            if inside and not inspect.isabstract(kind):
                seen.add(kind)
                yield module_name, kind


def class_cases() -> Iterator[Malformed]:
    """All of them."""
    for module_name, kind in public_classes():
        for name, parameter in arguments(kind).items():
            if (kind.__name__, name) == ("ActivityRegularization", "activity_regularizer"):
                continue  # it is one
            for trigger, value in wrong_values(name, str(parameter.annotation), parameter):
                allowed = (kind.__name__, name, trigger) in ALLOWED
                if module_name == "constraints" and trigger in {"far", "far back", "int64 min"}:
                    continue  # shows when it meets a weight
                yield constructed(module_name, kind, name, trigger, value, allowed)
        yield constructed(module_name, kind, "surprise", "unknown argument", "surprise")
        yield Malformed(
            kind.__name__, "40 arguments", lambda kind=kind: kind(*[object()] * 40), (said(kind),)
        )


def arguments(kind: type) -> dict[str, inspect.Parameter]:
    """The constructor's arguments; an optimizer's and a layer's include those of their kind."""
    found = {}
    for base in (optimizers.Optimizer, layers.Layer):
        if issubclass(kind, base):
            found.update(named(base))
    found.update(named(kind))
    return found


def named(kind: type) -> dict[str, inspect.Parameter]:
    parameters = list(inspect.signature(kind.__init__).parameters.values())[1:]
    return {p.name: p for p in parameters if p.kind not in (p.VAR_POSITIONAL, p.VAR_KEYWORD)}


def said(kind: type) -> str:
    return rf"{kind.__name__}|{snake_case(kind.__name__)}"


def constructed(
    module: str, kind: type, name: str, trigger: str, value: Any, may_pass: bool = False
) -> Malformed:
    """Make it with one wrong argument; a layer is also called, since some mistakes show in the shapes."""

    def call() -> Any:
        required = {
            p.name: NEEDED[p.name] for p in named(kind).values() if p.default is p.empty and p.name in NEEDED
        }
        if kind.__name__ == "InputLayer" and name not in {"shape", "batch_shape"}:
            required["shape"] = (3,)
        if kind is layers.Dropout and name not in {"rate", "keep_prob"}:
            required["rate"] = 0.5
        made = kind(**{**required, name: value})
        if hasattr(made, "adapt"):
            made.adapt(*valid_inputs(kind))
        if issubclass(kind, layers.Layer) and kind is not layers.InputLayer:
            return made(*valid_inputs(kind), training=True)
        return made

    stem = "schedule" if name == "learning_rate" else name.rsplit("_", maxsplit=1)[-1]
    about = f"{name}|{stem}|positional|axis|axes|shape|takes no arguments"
    came = shown(value) if not isinstance(value, (tuple, dict, list)) else shown_parts(value)
    if trigger == "unknown argument":
        came = "surprise|takes no arguments"
    if isinstance(value, str) and value == "text":
        came += r"|'t', 'e'"  # a text taken for a sequence of letters
    return Malformed(kind.__name__, f"{name}: {trigger}", call, (said(kind), about, came), may_pass)


def shown_parts(value: Any) -> str:
    parts = [re.escape(str(value)), type(value).__name__] + ["unknown"] * (
        isinstance(value, dict) and not value
    )
    entries = value if isinstance(value, (list, tuple)) else value.values()
    return "|".join(parts + [shown(entry) for entry in entries])


def valid_inputs(kind: type) -> tuple[Any, ...]:
    """What the layer is usually called with."""
    rows, state = np.ones(ROWS, "float32"), np.zeros((3, 3), "float32")
    queries, steps = np.ones((2, 6, 4), "float32"), np.ones(SEQUENCES, "float32")
    special = {
        layers.MultiHeadAttention: (queries, queries),
        layers.GroupNormalization: (np.ones((2, 3, 3, 32), "float32"),),  # 32 groups unless told otherwise
        layers.PreparedImages: (np.ones((2, 6, 6, 3), "float32"),),
        layers.STFTSpectrogram: (np.ones((2, 2100), "float32"),),
        layers.MelSpectrogram: (np.ones((2, 2100), "float32"),),
        layers.Embedding: (np.array([[0, 1], [1, 2]]),),
        layers.StackedRNNCells: (rows, [[state, state]]),
        layers.LSTMCell: (rows, [state, state]),
        layers.GRUCell: (rows, [state]),
        layers.SimpleRNNCell: (rows, [state]),
    }
    by_module = {"attention": ([queries, queries],), "merging": ([rows, rows],)}
    of_steps = issubclass(kind, layers.RNN | layers.Bidirectional)
    if of_steps or kind.__name__.endswith(("1D", "1DTranspose")):
        return (steps,)
    usual = (rows if kind.__name__ in FLAT else np.ones(IMAGES, "float32"),)
    return special.get(kind) or by_module.get(kind.__module__.rpartition(".")[2], usual)


def wrong_values(name: str, kind: str, parameter: inspect.Parameter) -> Iterator[tuple[str, Any]]:
    """(trigger, value) pairs that this argument must refuse."""
    optional = "None" in kind or parameter.default is None
    if not optional and name not in {"initializer"}:
        yield "None", None
    words = set(kind.split(" | ")) - {"None"}
    if words == {"int"} or name == "seed":
        yield from NOT_INTS.items() if name != "seed" else list(NOT_INTS.items())[:1]
    elif words == {"float"} or name == "learning_rate":
        yield from NOT_FLOATS.items()
        yield "NaN", float("nan")
    elif words == {"str"}:
        yield "3", 3
        yield "an object", object()
        yield "bytes", b"mean"
        if name not in FREE_TEXT:
            yield from ((t, v) for t, v in NOT_STRINGS.items() if isinstance(v, str))
    if name in POSITIVE:
        yield "0", 0
    if name in POSITIVE | FROM_ZERO:
        yield "negative", -2
    if name in BELOW_ONE:
        yield "negative", -0.25
        yield "above one", 1.5
    if name in BELOW_ONE | {
        "learning_rate",
        "initial_learning_rate",
        "stddev",
        "epsilon",
        "l1",
        "l2",
        "delta",
    }:
        yield "infinity", float("inf")
    if name in {"learning_rate", "initial_learning_rate"}:
        yield "negative", -0.1
    if name in WINDOWS:
        yield from windows(optional)
    if name.endswith(("_initializer", "_regularizer", "_constraint", "activation")):
        yield from (("unknown", "no such thing"), ("a number", 3.5), ("an object", object()))
        yield "an unknown class", {"class_name": "os", "config": {}}
    yield from BY_NAME.get(name, ())


def windows(optional: bool) -> Iterator[tuple[str, Any]]:
    yield from (("0", 0), ("negative", -1), ("fraction", 1.5), ("text", "big"), ("NaN", float("nan")))
    yield from (("three sizes", (1, 2, 3)), ("no sizes", ()), ("one zero", (0, 1)), ("one negative", (1, -1)))
    yield from (("an object", object()), ("2**63", 2**63), ("a fraction in a pair", (1, 0.5)), ("a dict", {}))
