"""On one small noisy task, each remedy of the decks lowers the gap between training and test."""

import numpy as np
import pytest

import afina
from afina import callbacks, data, inference, layers, regularizers

EPOCHS = 60


@pytest.fixture(scope="module")
def task():
    """Two classes of 20 features, of which 4 matter; a tenth of the training labels are wrong."""
    rng = np.random.default_rng(0)

    def part(count):
        x = rng.normal(size=(count, 20)).astype("float32")
        return x, (x[:, 0] + x[:, 1] - x[:, 2] * x[:, 3] > 0).astype("float32")[:, None]

    x, y = part(80)
    wrong = rng.random(80) < 0.1
    y[wrong] = 1 - y[wrong]
    return (x, y), part(1000), part(300), part(400)


def build(*, dropout=0.0, noise=0.0, norm=False, penalty=None):
    model = afina.Sequential([layers.Input(shape=(20,))])
    if noise:
        model.add(layers.GaussianNoise(noise))
    for _ in range(2):
        model.add(layers.Dense(32, kernel_regularizer=penalty))
        if norm:
            model.add(layers.BatchNormalization())
        model.add(layers.Activation("relu"))
        if dropout:
            model.add(layers.Dropout(dropout))
    model.add(layers.Dense(1, "sigmoid"))
    model.compile(afina.optimizers.Adam(0.01), "binary_crossentropy")
    return model


def cost(y, p):
    p = np.clip(p.astype("float64"), 1e-7, 1 - 1e-7)
    return float(-(y * np.log(p) + (1 - y) * np.log(1 - p)).mean())


def gap(predict, train, test):
    return cost(test[1], predict(test[0])) - cost(train[1], predict(train[0]))


def fitted(train, seed=0, *, hooks=(), held=None, epochs=EPOCHS, source=None, **options):
    afina.utils.set_random_seed(seed)
    model = build(**options)
    fit = {"verbose": 0, "epochs": epochs, "validation_data": held, "callbacks": list(hooks)}
    model.fit(*((source,) if source is not None else train), **fit)
    return lambda x: model.predict(x, verbose=0)


def remedies(train, more, held):
    """Name -> predict, one for each remedy of D4's and D0's lists."""
    augment = data.Loader(
        train, 32, shuffle=True,
        batch_transform=lambda batch, g: (
            batch[0] + 0.5 * g.normal(size=batch[0].shape).astype("float32"), batch[1]
        ),
    )  # fmt: skip
    stop = callbacks.EarlyStopping(patience=3, restore="best")
    together = tuple(np.concatenate(pair) for pair in zip(train, more, strict=True))
    members = [fitted(train, seed) for seed in range(3)]
    return {
        "L2 penalty": fitted(train, penalty=regularizers.L2(0.01)),
        "L1 penalty": fitted(train, penalty=regularizers.L1(0.003)),
        "dropout": fitted(train, dropout=0.5),
        "noise on inputs": fitted(train, noise=0.5),
        "noise on weights": fitted(train, hooks=[callbacks.WeightNoise(0.3)]),
        "noise on labels": fitted(
            train,
            source=data.Loader(train, 32, shuffle=True, batch_transform=data.LabelNoise(flip=0.2, classes=2)),
        ),
        "early stopping": fitted(train, hooks=[stop], held=held),
        "batch normalization": fitted(train, norm=True),
        "ensemble": lambda x: inference.combined(np.stack([member(x) for member in members])),
        "augmentation": fitted(train, source=augment),
        "more data": fitted(together),
    }


def test_each_remedy_lowers_the_gap(task):  # R9
    train, more, held, test = task
    plain = np.mean([gap(fitted(train, seed), train, test) for seed in range(3)])
    gaps = {name: gap(predict, train, test) for name, predict in remedies(train, more, held).items()}
    print({name: round(value, 3) for name, value in {"plain": plain, **gaps}.items()})
    assert plain > 0.8
    assert not {name: value for name, value in gaps.items() if value >= 0.95 * plain}
