"""Frozen weights: what compile decides, and what stays bitwise as it was."""

import numpy as np
import pytest

import afina
from afina import layers, losses, optimizers
from afina.errors import ArgumentError

from .conftest import classifier, same, weights_of

SPARSE = "sparse_categorical_crossentropy"


def test_weights_frozen_after_compile_still_move_in_their_own_model_and_stay_in_the_other():
    """The two compiled models of a GAN."""
    afina.random.set_seed(0)
    judge = afina.Sequential(
        [layers.Dense(4, activation="tanh", input_shape=(3,)), layers.Dense(1, activation="sigmoid")]
    )
    judge.compile(optimizers.RMSprop(lr=0.01, clipvalue=1.0, decay=1e-8), "binary_crossentropy")
    judge.trainable = False
    maker = afina.Sequential([layers.Dense(3, input_shape=(2,))])
    noise = layers.Input((2,))
    both = afina.Model(noise, judge(maker(noise)))
    both.compile(optimizers.RMSprop(lr=0.01), "binary_crossentropy")
    rng = np.random.default_rng(0)
    before = weights_of(judge)
    judge.train_on_batch(rng.normal(size=(8, 3)).astype("float32"), np.ones((8, 1)))
    moved = weights_of(judge)
    assert all(not np.array_equal(a, b) for a, b in zip(before, moved, strict=True))
    start = weights_of(maker)
    both.train_on_batch(rng.normal(size=(8, 2)).astype("float32"), np.ones((8, 1)))
    assert same(weights_of(judge), moved)
    assert all(not np.array_equal(a, b) for a, b in zip(start, weights_of(maker), strict=True))


def test_frozen_layers_stay_bitwise_equal_and_the_new_head_learns(data):
    x, y = data
    model = classifier()
    model.compile("sgd", SPARSE)
    model.fit(x, y, verbose=0)
    for layer in model.layers:
        layer.trainable = False
    model.pop()
    model.add(layers.Dense(2, activation="softmax"))
    model.compile(loss=losses.categorical_crossentropy, optimizer=optimizers.Adadelta(), metrics=["accuracy"])
    before = weights_of(model)
    model.fit(x, np.eye(2, dtype="float32")[y % 2], epochs=2, verbose=0)
    after = weights_of(model)
    assert same(before[:2], after[:2])
    assert not np.array_equal(before[2], after[2])


def test_a_model_whose_weights_are_all_frozen_cannot_be_trained(data):
    model = classifier()
    model.trainable = False
    model.compile("sgd", SPARSE)
    with pytest.raises(ArgumentError, match="all 4 weights are frozen"):
        model.fit(*data)
