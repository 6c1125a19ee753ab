"""Malformed calls of compile, fit, evaluate, predict and train_on_batch."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from typing import Any

import numpy as np
from malformed_case import NOT_INTS, Malformed, foreign_arrays, shown

import afina
from afina import layers

X = np.ones((12, 4), "float32")
Y = np.zeros((12, 3), "float32")
LABELS = np.arange(12) % 3


def net(*, compiled: bool = True, loss: Any = "sparse_categorical_crossentropy") -> Any:
    model = afina.Sequential([layers.Dense(3, activation="softmax", input_shape=(4,), name="scores")])
    if compiled:
        model.compile("sgd", loss, metrics=["accuracy"])
    return model


def model_cases() -> Iterator[Malformed]:
    """All of them."""
    yield from compile_cases()
    yield from data_cases()
    yield from option_cases()
    yield from state_cases()


def case(
    subject: str, trigger: str, call: Callable[[], Any], *says: str, may_pass: bool = False
) -> Malformed:
    return Malformed(f"model.{subject}", trigger, call, says, may_pass)


def compile_cases() -> Iterator[Malformed]:
    for argument in ("optimizer", "loss", "metrics", "weighted_metrics", "loss_weights"):
        for trigger, value in {
            "unknown": "no such thing", "a number": 3, "an object": object(), "NUL": "m\0se", "bytes": b"mse",
            "a list with an object": [object()], "an unknown output": {"nowhere": "mse"},
        }.items():  # fmt: skip
            if argument == "loss_weights" and trigger == "a number":
                continue

            def call(argument: str = argument, value: Any = value) -> Any:
                model = net(compiled=False)
                options = {"optimizer": "sgd", "loss": "mse", argument: value}
                model.compile(**options)
                return model.train_on_batch(X, Y)

            yield case("compile", f"{argument}: {trigger}", call, f"{argument}|{argument.rstrip('s')}")
    for trigger, value in {"None": None, "a list": ["sgd"]}.items():
        yield case(
            "compile", f"optimizer: {trigger}", lambda v=value: net(compiled=False).compile(v), "optimizer"
        )


WAYS = {
    "fit": lambda model, x, y: model.fit(x, y, verbose=0),
    "evaluate": lambda model, x, y: model.evaluate(x, y, verbose=0),
    "train_on_batch": lambda model, x, y: model.train_on_batch(x, y),
    "test_on_batch": lambda model, x, y: model.test_on_batch(x, y),
    "predict": lambda model, x, y: model.predict(x, verbose=0),
    "predict_on_batch": lambda model, x, y: model.predict_on_batch(x),
}


def data_cases() -> Iterator[Malformed]:
    for way, run in WAYS.items():
        for trigger, (value, came) in foreign_arrays((12, 4)).items():
            if trigger in {"float16", "byte-swapped", "uint16"}:
                continue
            yield case(way, f"x: {trigger}", lambda r=run, v=value: r(net(), v, LABELS), f"{came}|x")
            if not way.startswith("predict"):
                yield case(way, f"y: {trigger}", lambda r=run, v=value: r(net(), X, v), f"{came}|y|labels")
        for trigger, x in {
            "no samples": X[:0], "a channel less": X[:, :3], "a vector": X[:, 0],
            "an axis more": X[:, None, None],
            "a scalar": np.float32(1.0), "an empty list": [], "two arrays": [X, X],
            "ragged": [[1.0], [1.0, 2.0]],
            "an unknown input": {"nowhere": X}, "a number": 3,
        }.items():  # fmt: skip
            yield case(
                way,
                f"x: {trigger}",
                lambda r=run, x=x: r(net(), x, LABELS),
                r"x\b|input|scores|Dense|sequential",
            )
        if way.startswith("predict"):
            continue
        for trigger, y in {
            "too few": LABELS[:5], "one-hot for integers": Y, "(n, 2)": np.zeros((12, 2), int),
            "none": LABELS[:0],
            "a class too many": LABELS + 1, "negative": LABELS - 1, "int64 min": np.full(12, -(2**63)),
            "fractions": LABELS + 0.5, "NaN": np.full(12, np.nan), "infinite": np.full(12, np.inf),
            "two arrays": [LABELS, LABELS], "an unknown output": {"nowhere": LABELS}, "a scalar": 3,
        }.items():  # fmt: skip
            yield case(way, f"y: {trigger}", lambda r=run, y=y: r(net(), X, y), r"\by\b|label|output|class")
        for loss in ("mse", "mae", "categorical_crossentropy", "huber", "kl_divergence"):
            for trigger, y in {
                "(12, 1) against (12, 3)": Y[:, :1], "(12,) against (12, 3)": Y[:, 0],
                "(12, 4)": np.zeros((12, 4)),
                "(12, 3, 1)": Y[..., None], "NaN": np.full((12, 3), np.nan),
            }.items():  # fmt: skip
                call = lambda r=run, y=y, loss=loss: r(net(loss=loss), X, y)  # noqa: E731
                yield case(way, f"{loss}, y: {trigger}", call, "label|y|output|nan")
        for trigger, weights in {
            "too few": np.ones(5), "another rank": np.ones((12, 3)), "text": np.array(["a"] * 12),
            "a number": 3.0,
            "complex": np.ones(12, "complex64"), "NaN": np.full(12, np.nan), "negative": -np.ones(12),
        }.items():  # fmt: skip
            if way == "test_on_batch" or trigger in {"negative"}:
                continue
            call = lambda way=way, w=weights: getattr(net(), way)(X, LABELS, sample_weight=w)  # noqa: E731
            yield case(
                way, f"sample_weight: {trigger}", call, "sample_weight|weight", may_pass=trigger == "NaN"
            )


def option_cases() -> Iterator[Malformed]:
    wrong: dict[str, dict[str, Any]] = {
        "batch_size": {"0": 0, "negative": -1, **NOT_INTS},
        "epochs": {"negative": -1, "None": None, **NOT_INTS},
        "initial_epoch": {"negative": -1, "None": None, **NOT_INTS},
        "steps_per_epoch": {"0": 0, "negative": -1, **NOT_INTS},
        "validation_steps": {"0": 0, "negative": -1, **NOT_INTS},
        "validation_batch_size": {"negative": -1, **NOT_INTS},
        "validation_freq": {"0": 0, "negative": -1, "text": "often", "fraction": 1.5, "None": None},
        "validation_split": {"negative": -0.1, "1": 1.0, "2": 2, "NaN": float("nan"), "text": "half",
        "None": None},
        "validation_data": {"a number": 3, "one array": (X,), "four": (X,) * 4, "text": "text",
                            "too few labels": (X, LABELS[:3]), "another shape": (X[:, :2], LABELS)},
        "class_weight": {"negative": {0: -1.0}, "a class of text": {"a": 1.0}, "a number": 3,
        "NaN": {0: float("nan")},
                         "a list": [1.0, 2.0], "a negative class": {-1: 1.0}, "text": {0: "heavy"}},
        "callbacks": {"a number": 3, "text": ["early"], "a class": [afina.callbacks.History],
        "None inside": [None]},
        "verbose": {"7": 7, "text": "loud", "an object": object()},
        "resume": {"a number": 3, "NUL": "a\0b", "an object": object()},
        "surprise": {"unknown": "surprise"},
    }  # fmt: skip
    for name, values in wrong.items():
        for trigger, value in values.items():

            def call(name: str = name, value: Any = value) -> Any:
                options: dict[str, Any] = {"verbose": 0, "epochs": 1}
                if name in {"validation_steps", "validation_batch_size", "validation_freq"}:
                    options["validation_data"] = (X, LABELS)
                return net().fit(X, LABELS, **{**options, name: value})

            came = shown(value) if not isinstance(value, (dict, list, tuple, np.ndarray)) else "."
            about = (
                f"{name}|label|shape|x and y|callback"
                if name.startswith("valid") or name == "callbacks"
                else name
            )
            yield case("fit", f"{name}: {trigger}", call, about, came if name != "validation_data" else ".")
    yield case(
        "fit", "checkpoint_every without resume", lambda: net().fit(X, LABELS, checkpoint_every=3), "resume"
    )
    for trigger, value in {"0": 0, "negative": -1, "fraction": 1.5, "text": "three"}.items():
        call = lambda v=value: net().fit(X, LABELS, resume="state", checkpoint_every=v)  # noqa: E731
        yield case("fit", f"checkpoint_every: {trigger}", call, "checkpoint_every", re.escape(str(value)))
    for way in ("evaluate", "predict"):
        for name in ("batch_size", "steps"):
            for trigger, value in {"0": 0, "negative": -1, **NOT_INTS}.items():

                def call(way: str = way, name: str = name, value: Any = value) -> Any:
                    given = (X,) if way == "predict" else (X, LABELS)
                    return getattr(net(), way)(*given, verbose=0, **{name: value})

                yield case(way, f"{name}: {trigger}", call, name, shown(value))


def state_cases() -> Iterator[Malformed]:
    frozen = layers.Dense(3, activation="softmax", input_shape=(4,), trainable=False)

    def no_weights() -> Any:
        model = afina.Sequential([layers.Flatten(input_shape=(4,))])
        model.compile("sgd", "mse")
        return model

    def all_frozen() -> Any:
        model = afina.Sequential([frozen])
        model.compile("sgd", "sparse_categorical_crossentropy")
        return model

    for way, run in WAYS.items():
        if not way.startswith("predict"):
            yield case(way, "not compiled", lambda r=run: r(net(compiled=False), X, LABELS), "compile", way)
    for way in ("fit", "train_on_batch"):
        yield case(way, "no weights", lambda r=WAYS[way]: r(no_weights(), X, X), "train")
        yield case(way, "frozen weights", lambda r=WAYS[way]: r(all_frozen(), X, LABELS), "train|frozen")
    for name in ("optimizer", "loss", "metrics_names"):
        yield case(name, "not compiled", lambda n=name: getattr(net(compiled=False), n), "compile")
    unbuilt = lambda: afina.Sequential([layers.Dense(3)])  # noqa: E731
    for name in ("summary", "save_weights", "get_weights", "count_params"):

        def call(name: str = name) -> Any:
            return getattr(unbuilt(), name)(*(["file.afina"] if name == "save_weights" else []))

        yield case(
            name,
            "not built",
            call,
            "built|build|weights",
            may_pass=name in {"summary", "get_weights", "count_params"},
        )
    yield case("set_weights", "too few arrays", lambda: net().set_weights([np.ones((4, 3))]), "1|2")
    yield case(
        "set_weights", "another shape", lambda: net().set_weights([np.ones((3, 4)), np.ones(3)]), r"\(3, 4\)"
    )
    yield case("set_weights", "text", lambda: net().set_weights("text"), "text|str|set_weights|weights")
    yield case("set_weights", "objects", lambda: net().set_weights([object(), object()]), "object|shape")
    yield case("get_layer", "unknown", lambda: net().get_layer("nowhere"), "nowhere")
    yield case("get_layer", "a far index", lambda: net().get_layer(index=9), "9")
    yield case("add", "no layer", lambda: afina.Sequential().add(3), "int|3|layer")
    yield case("Sequential", "no list", lambda: afina.Sequential(3), "int|3|layer")
    yield case("Sequential", "text inside", lambda: afina.Sequential(["dense"]), "str|dense|layer")
    yield case("Model", "no graph", lambda: afina.Model(inputs=3, outputs=4), "input|int|3")
    yield case(
        "Model",
        "not connected",
        lambda: afina.Model(afina.Input((3,)), layers.Dense(2)(afina.Input((3,)))),
        "input|reach|connect",
    )
    yield case("Input", "no shape", afina.Input, "shape")
    yield case("Input", "a negative size", lambda: afina.Input((-3,)), "-3")
    yield case("Input", "a number", lambda: afina.Input(shape="a"), "shape")
