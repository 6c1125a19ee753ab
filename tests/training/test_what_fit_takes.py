"""The data fit takes: arrays, generators, sequences, loaders, lists and dicts; weights of samples."""

import math

import numpy as np
import pytest

import afina
from afina import layers, losses, optimizers

from .conftest import classifier, same, weights_of

SPARSE = "sparse_categorical_crossentropy"


def generator(x, y, size):
    while True:
        for first in range(0, len(x), size):
            yield x[first : first + size], y[first : first + size]


class Sequence:
    def __init__(self, x, y, size):
        self.x, self.y, self.size, self.epochs = x, y, size, 0

    def __len__(self):
        return math.ceil(len(self.x) / self.size)

    def __getitem__(self, index):
        rows = slice(index * self.size, (index + 1) * self.size)
        return self.x[rows], self.y[rows]

    def on_epoch_end(self):
        self.epochs += 1


def test_arrays_a_generator_a_sequence_and_a_loader_give_the_same_training(data):
    x, y = data
    sources = {
        "arrays": lambda: ((x, y), {"batch_size": 16}),
        "lists": lambda: ((x.tolist(), y.tolist()), {"batch_size": 16}),
        "tensors": lambda: ((afina.tensor(x), afina.tensor(y)), {"batch_size": 16}),
        "generator": lambda: ((generator(x, y, 16),), {"steps_per_epoch": 6}),
        "sequence": lambda: ((Sequence(x, y, 16),), {}),
        "loader": lambda: ((afina.data.Loader((x, y), 16),), {}),
        "iterable": lambda: ((iter_batches(x, y),), {}),
    }
    found = {}
    for name, make in sources.items():
        model = classifier()
        model.compile(optimizers.SGD(0.1), SPARSE)
        arguments, options = make()
        model.fit(*arguments, epochs=3, verbose=0, shuffle=False, **options)
        found[name] = weights_of(model)
    for name, weights in found.items():
        assert same(weights, found["arrays"]), name


def iter_batches(x, y):
    class Batches:
        def __len__(self):
            return 6

        def __iter__(self):
            for first in range(0, 96, 16):
                yield x[first : first + 16], y[first : first + 16]

    return Batches()


def test_a_sequence_is_told_about_the_end_of_each_epoch(data):
    sequence = Sequence(*data, 16)
    model = classifier()
    model.compile("sgd", SPARSE)
    model.fit(sequence, epochs=3, verbose=0)
    assert sequence.epochs == 3


def two_in_two_out():
    afina.random.set_seed(4)
    a, b = layers.Input((4,), name="a"), layers.Input((2,), name="b")
    joined = layers.concatenate([layers.Dense(5, activation="tanh")(a), b])
    outputs = [
        layers.Dense(1, name="size")(joined),
        layers.Dense(3, activation="softmax", name="kind")(joined),
    ]
    return afina.Model([a, b], outputs)


def test_lists_and_dicts_of_inputs_and_outputs_train_alike_and_weights_multiply_the_losses():
    rng = np.random.default_rng(0)
    a, b = rng.normal(size=(32, 4)).astype("float32"), rng.normal(size=(32, 2)).astype("float32")
    size, kind = a[:, :1].copy(), rng.integers(0, 3, 32)
    ways = [
        (["mse", SPARSE], [2.0, 0.5], [a, b], [size, kind]),
        (
            {"kind": SPARSE, "size": "mse"},
            {"size": 2.0, "kind": 0.5},
            {"b": b, "a": a},
            {"kind": kind, "size": size},
        ),
    ]
    found = []
    for loss, factors, x, y in ways:
        model = two_in_two_out()
        model.compile(optimizers.SGD(0.1), loss, loss_weights=factors, metrics={"kind": ["accuracy"]})
        history = model.fit(x, y, epochs=2, verbose=0)
        logs = {name: values[0] for name, values in history.history.items()}
        assert list(logs) == ["loss", "size_loss", "kind_loss", "kind_accuracy"]
        assert logs["loss"] == pytest.approx(2.0 * logs["size_loss"] + 0.5 * logs["kind_loss"], rel=1e-6)
        found.append(weights_of(model))
    assert same(*found)
    predicted = model.predict([a, b])
    assert [p.shape for p in predicted] == [(32, 1), (32, 3)]


def test_a_class_weight_is_the_sample_weight_of_its_labels(data):
    x, y = data
    found = []
    for options in (
        {"class_weight": {0: 1.0, 1: 5.0, 2: 0.5}},
        {"sample_weight": np.float32([1.0, 5.0, 0.5])[y]},
    ):
        model = classifier()
        model.compile(optimizers.SGD(0.1), SPARSE)
        model.fit(x, y, verbose=0, **options)
        found.append(weights_of(model))
    assert same(*found)
    model = classifier()
    model.compile(optimizers.SGD(0.1), SPARSE)
    model.fit(x, y, verbose=0)
    assert not same(found[0], weights_of(model))


def test_zero_weights_leave_their_samples_out(data):
    x, y = data
    mask = (np.arange(len(y)) < 48).astype("float32")
    model = classifier()
    model.compile("sgd", losses.SparseCategoricalCrossentropy(reduction="sum"), weighted_metrics=["accuracy"])
    _, accuracy = model.evaluate(x, y, sample_weight=mask, batch_size=96, verbose=0)
    assert accuracy == pytest.approx((model.predict(x)[:48].argmax(1) == y[:48]).mean())
