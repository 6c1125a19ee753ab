"""Mistakes in compile and fit are typed errors that name what is wrong, before any weight moves."""

import numpy as np
import pytest

import afina
from afina import layers
from afina.errors import ArgumentError, NotBuiltError, ShapeError

from .conftest import classifier, same, weights_of

SPARSE = "sparse_categorical_crossentropy"


ERRORS = {
    "not compiled": (
        NotBuiltError,
        "compile",
        lambda m, x, y: afina.Sequential([layers.Dense(3, input_shape=(6,))]).fit(x, y),
    ),
    "sample counts": (ShapeError, "96.*95", lambda m, x, y: m.fit(x, y[:95])),
    "no samples": (ShapeError, "no samples", lambda m, x, y: m.fit(x[:0], y[:0])),
    "no labels": (ArgumentError, "no labels", lambda m, x, y: m.fit(x)),
    "one-hot labels": (ShapeError, "one-hot", lambda m, x, y: m.fit(x, np.eye(3)[y].astype(int))),
    "label range": (IndexError, "3 classes", lambda m, x, y: m.fit(x, y + 1)),
    "no data": (ArgumentError, "x", lambda m, x, y: m.fit()),
    "batch size": (ArgumentError, "batch_size", lambda m, x, y: m.fit(x, y, batch_size=0)),
    "epochs": (ArgumentError, "epochs", lambda m, x, y: m.fit(x, y, epochs=-1)),
    "verbose": (ArgumentError, "verbose", lambda m, x, y: m.fit(x, y, verbose=7)),
    "split": (ShapeError, "validation_split", lambda m, x, y: m.fit(x[:3], y[:3], validation_split=0.1)),
    "both validations": (
        ArgumentError,
        "not both",
        lambda m, x, y: m.fit(x, y, validation_split=0.1, validation_data=(x, y)),
    ),
    "text": (TypeError, "numbers", lambda m, x, y: m.fit(np.array([["a"]] * 96), y)),
    "y beside a generator": (ArgumentError, "whole batches", lambda m, x, y: m.fit(iter([(x, y)]), y)),
    "empty generator": (ArgumentError, "no batch", lambda m, x, y: m.fit(iter([]), steps_per_epoch=3)),
    "weights": (ShapeError, "sample_weight", lambda m, x, y: m.fit(x, y, sample_weight=np.ones(5))),
    "checkpoint_every alone": (ArgumentError, "resume", lambda m, x, y: m.fit(x, y, checkpoint_every=3)),
    "too many labels": (ShapeError, "samples", lambda m, x, y: m.fit(x, [y, y])),
    "class weight": (ArgumentError, "class_weight", lambda m, x, y: m.fit(x, y, class_weight={-1: 1.0})),
    "unknown loss": (ArgumentError, "unknown loss", lambda m, x, y: m.compile("sgd", "mze")),
    "unknown metric": (
        ArgumentError,
        "unknown metric",
        lambda m, x, y: m.compile("sgd", "mse", metrics=["acurracy"]),
    ),
    "unknown optimizer": (ArgumentError, "unknown optimizer", lambda m, x, y: m.compile("sdg", "mse")),
}


@pytest.mark.parametrize("name", ERRORS)
def test_a_mistake_is_a_typed_error_that_names_it(name, data):
    kind, text, act = ERRORS[name]
    model = classifier()
    model.compile("sgd", SPARSE)
    before = weights_of(model)
    with pytest.raises(kind, match=text):
        act(model, *data)
    assert same(before, weights_of(model))


def test_an_output_with_the_wrong_number_of_classes_is_named():
    model = afina.Sequential([layers.Dense(100, input_shape=(6,), name="dense")])
    model.compile("sgd", "categorical_crossentropy")
    with pytest.raises(
        ShapeError, match=r"output 'dense' has shape \(None, 100\) but labels have shape \(32, 10\)"
    ):
        model.fit(np.zeros((64, 6), "float32"), np.zeros((64, 10), "float32"))
