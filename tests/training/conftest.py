"""Small problems that train in milliseconds."""

import numpy as np
import pytest

import afina
from afina import layers


def blobs(count=96, features=6, classes=3, seed=0):
    """Points whose class is the largest of `classes` random projections."""
    rng = np.random.default_rng(seed)
    x = rng.normal(size=(count, features)).astype("float32")
    return x, (x @ rng.normal(size=(features, classes))).argmax(1)


def classifier(features=6, classes=3, dropout=0.0, seed=1):
    """A small net with seeded weights."""
    afina.random.set_seed(seed)
    inside = [layers.Dropout(dropout)] if dropout else []
    return afina.Sequential(
        [
            layers.Dense(8, activation="relu", input_shape=(features,)),
            *inside,
            layers.Dense(classes, activation="softmax"),
        ]
    )


@pytest.fixture
def data():
    return blobs()


def weights_of(model):
    return [weight.numpy().copy() for weight in model.weights]


def same(a, b):
    return len(a) == len(b) and all(np.array_equal(x, y) for x, y in zip(a, b, strict=True))
