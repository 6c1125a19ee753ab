"""Double precision from data to update, and losses that are scaled while they are differentiated (D0)."""

import numpy as np
import pytest

import afina
from afina import callbacks, layers, optimizers


class Watch(callbacks.Callback):
    def __init__(self, seen):
        super().__init__()
        self.seen = seen

    def on_gradients(self, gradients, parameters):
        self.seen.append([gradient.numpy().copy() for gradient in gradients])


def trained(optimizer, *, dtype="float64", shift=0.0, seen=None):
    """A small network after ten updates on data of float64."""
    afina.utils.set_random_seed(0)
    rng = np.random.default_rng(0)
    x, y = 1.0 + shift + rng.random((160, 8, 8, 1)), rng.integers(0, 3, 160)
    model = afina.Sequential(
        [
            layers.Conv2D(4, 3, activation="relu", input_shape=(8, 8, 1), dtype=dtype),
            layers.BatchNormalization(dtype=dtype),
            layers.Flatten(dtype=dtype),
            layers.Dense(3, activation="softmax", dtype=dtype),
        ]
    )
    model.compile(optimizer, "sparse_categorical_crossentropy", metrics=["accuracy"])
    hooks = [] if seen is None else [Watch(seen)]
    model.fit(x, y, batch_size=16, epochs=1, verbose=0, callbacks=hooks)
    return model


@pytest.mark.parametrize("make", [lambda: optimizers.SGD(0.1, 0.9), lambda: optimizers.Adam(0.01)])
def test_a_network_of_float64_has_float64_weights_gradients_and_slots(make):  # G4
    seen = []
    model = trained(make(), seen=seen)
    assert {weight.dtype for weight in model.weights} == {"float64"}
    assert {gradient.dtype.name for gradients in seen for gradient in gradients} == {"float64"}
    assert {slot.dtype for slots in model.optimizer.slots.values() for slot in slots} == {"float64"}
    assert model.predict(np.zeros((2, 8, 8, 1)), verbose=0).dtype == np.float64


def test_a_change_in_the_eleventh_digit_of_the_data_is_lost_in_float32_only():  # G4
    def weights(dtype, shift):
        return np.concatenate([w.numpy().ravel() for w in trained("sgd", dtype=dtype, shift=shift).weights])

    assert np.abs(weights("float32", 1e-11) - weights("float32", 0.0)).max() == 0
    assert 0 < np.abs(weights("float64", 1e-11) - weights("float64", 0.0)).max() < 1e-8


@pytest.mark.parametrize("factor", [2.0**-10, 2.0**16])
@pytest.mark.parametrize("name", ["SGD", "Adam"])
def test_a_power_of_two_times_the_loss_leaves_every_update_as_it_was(name, factor):  # G4
    plain, scaled = [], []
    one = trained(getattr(optimizers, name)(0.01), seen=plain)
    other = trained(getattr(optimizers, name)(0.01, loss_scale_factor=factor), seen=scaled)
    for a, b in zip(one.weights, other.weights, strict=True):
        np.testing.assert_allclose(a.numpy(), b.numpy(), rtol=0, atol=1e-12)
    for mine, theirs in zip(plain, scaled, strict=True):  # callbacks see the gradients of the loss itself
        for a, b in zip(mine, theirs, strict=True):
            np.testing.assert_allclose(a, b, rtol=0, atol=1e-12)


def test_scaling_saves_gradients_that_float32_would_lose():
    """x = 1e20, hidden = x, output = 1e-18 hidden, loss = 1e-30 output: the slope at `hidden` is 1e-48, at
    the first weight 1e-28; float32 ends at 1.4e-45."""

    def moved(**options):
        model = afina.Sequential(
            [
                layers.Dense(1, use_bias=False, kernel_initializer="ones", input_shape=(1,)),
                layers.Dense(1, use_bias=False, kernel_initializer=afina.initializers.Constant(1e-18)),
            ]
        )
        model.compile(optimizers.SGD(1e28, **options), lambda _y, output: afina.ops.mean(output) * 1e-30)
        model.train_on_batch(np.array([[1e20]], "float32"), np.zeros((1, 1), "float32"))
        return 1.0 - model.weights[0].numpy().item()

    assert moved() == 0.0
    np.testing.assert_allclose(moved(loss_scale_factor=2.0**60), 1.0, rtol=1e-5)
