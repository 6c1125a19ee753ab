"""Averages of the weights equal their formula, validate, are left in the model, and survive a stop."""

import numpy as np
import pytest

import afina
from afina import callbacks, inference, layers
from afina.errors import ArgumentError


def rows():
    rng = np.random.default_rng(0)
    x = rng.normal(size=(48, 5)).astype("float32")
    return x, (x[:, :1] - x[:, 1:2]).astype("float32")


def network():
    afina.utils.set_random_seed(0)
    model = afina.Sequential(
        [layers.Dense(6, input_shape=(5,)), layers.BatchNormalization(), layers.Dense(1)]
    )
    model.compile(afina.optimizers.SGD(0.05, momentum=0.9), "mse")
    return model


class Trace(callbacks.Callback):
    """The weights after each update, and after each epoch."""

    def __init__(self):
        super().__init__()
        self.updates, self.epochs = [], []

    def on_train_batch_end(self, batch, logs=None):
        self.updates.append(self.model.get_weights())

    def on_epoch_end(self, epoch, logs=None):
        self.epochs.append(self.model.get_weights())


def test_the_exponential_average_follows_its_recurrence():  # R8, weight averaging
    model, trace = network(), Trace()
    model.fit(*rows(), epochs=3, verbose=0, callbacks=[trace, callbacks.ExponentialMovingAverage(0.8)])
    average = trace.updates[0]
    for weights in trace.updates[1:]:
        average = [0.8 * a + 0.2 * w for a, w in zip(average, weights, strict=True)]
    for a, b in zip(average, model.get_weights(), strict=True):
        np.testing.assert_allclose(a, b, rtol=1e-5, atol=1e-6)


def test_the_stochastic_average_is_the_mean_of_the_epochs_from_its_start():
    model, trace = network(), Trace()
    swa = callbacks.StochasticWeightAverage(start_epoch=1, every=2)
    model.fit(*rows(), epochs=6, verbose=0, callbacks=[trace, swa])
    chosen = trace.epochs[1::2]
    assert swa.count == len(chosen) == 3
    for n, value in enumerate(model.get_weights()):
        np.testing.assert_allclose(value, np.mean([w[n] for w in chosen], axis=0), rtol=1e-5, atol=1e-6)


def test_validation_uses_the_average_and_training_goes_on_with_its_own_weights():
    x, y = rows()
    plain = network()
    plain.fit(x, y, epochs=3, verbose=0)
    model = network()
    trace = Trace()
    history = model.fit(
        x, y, epochs=3, verbose=0, validation_data=(x, y),
        callbacks=[trace, callbacks.ExponentialMovingAverage(0.9)],
    )  # fmt: skip
    for a, b in zip(plain.get_weights(), trace.epochs[-1], strict=True):
        np.testing.assert_array_equal(a, b)
    assert history.history["val_loss"][-1] == pytest.approx(model.evaluate(x, y, verbose=0))
    unswapped = network()
    quiet = callbacks.ExponentialMovingAverage(0.9, swap_on_evaluation=False)
    history = unswapped.fit(x, y, epochs=3, verbose=0, validation_data=(x, y), callbacks=[quiet])
    assert history.history["val_loss"][-1] == pytest.approx(plain.evaluate(x, y, verbose=0))


@pytest.mark.parametrize("kind", [callbacks.ExponentialMovingAverage, callbacks.StochasticWeightAverage])
def test_a_resumed_average_is_bit_equal(kind, tmp_path):
    x, y = rows()

    def run(epochs, folder):
        model = network()
        model.fit(x, y, epochs=epochs, verbose=0, validation_data=(x, y), resume=folder, callbacks=[kind()])
        return model.get_weights()

    straight = run(4, tmp_path / "a")
    run(2, tmp_path / "b")
    for a, b in zip(straight, run(4, tmp_path / "b"), strict=True):
        np.testing.assert_array_equal(a, b)


def test_recalibrated_statistics_are_those_of_the_data():
    x, y = rows()
    model = network()
    model.fit(x, y, epochs=2, verbose=0, callbacks=[callbacks.StochasticWeightAverage()])
    before = model.get_weights()
    inference.recalibrate_normalization(model, x, batch_size=len(x))
    hidden = x @ before[0] + before[1]
    norm = model.layers[1]
    np.testing.assert_allclose(norm.moving_mean.numpy(), hidden.mean(0), rtol=1e-4, atol=1e-5)
    np.testing.assert_allclose(norm.moving_variance.numpy(), hidden.var(0), rtol=1e-4, atol=1e-5)
    assert norm.momentum == 0.99
    halves = [hidden[:24].mean(0), hidden[24:].mean(0)]
    inference.recalibrate_normalization(model, x, batch_size=24)
    np.testing.assert_allclose(norm.moving_mean.numpy(), np.mean(halves, axis=0), rtol=1e-4, atol=1e-5)


def test_wrong_arguments_are_refused():
    for call, says in (
        (lambda: callbacks.ExponentialMovingAverage(1.0), "momentum"),
        (lambda: callbacks.StochasticWeightAverage(-1), "start_epoch"),
        (lambda: callbacks.StochasticWeightAverage(0, 0), "every"),
        (lambda: inference.recalibrate_normalization(3, [1]), "model must be"),
    ):
        with pytest.raises(ArgumentError, match=says):
            call()
