"""Noise on inputs, labels and parameters: in training only, and none at sigma 0."""

import numpy as np
import pytest

import afina
from afina import callbacks, data, layers
from afina.errors import ArgumentError, DTypeError, IndexRangeError


def regression(*middle, rate=0.05):
    model = afina.Sequential([layers.Input(shape=(4,)), *middle, layers.Dense(1)])
    model.compile(afina.optimizers.SGD(rate), "mse")
    return model


def rows(count=40):
    rng = np.random.default_rng(0)
    x = rng.normal(size=(count, 4)).astype("float32")
    return x, x.sum(axis=1, keepdims=True)


def train(kind, sigma):
    """The weights after two epochs with one of the three noises."""
    afina.utils.set_random_seed(1)
    x, y = rows()
    model = regression(*([layers.GaussianNoise(sigma, seed=3)] if kind == "inputs" else []))
    hooks = [callbacks.WeightNoise(sigma, seed=3)] if kind == "parameters" else []
    noise = data.LabelNoise(stddev=sigma) if kind == "labels" else None
    loader = data.Loader((x, y), batch_size=10, batch_transform=noise, seed=3)
    model.fit(loader, epochs=2, verbose=0, callbacks=hooks)
    return model


@pytest.mark.parametrize("kind", ["inputs", "labels", "parameters"])
def test_sigma_zero_is_the_identity_and_noise_changes_training_only(kind):  # R8
    plain, still, noisy = train("none", 0.0), train(kind, 0.0), train(kind, 0.5)
    for a, b, c in zip(plain.get_weights(), still.get_weights(), noisy.get_weights(), strict=True):
        np.testing.assert_array_equal(a, b)
        assert np.abs(a - c).max() > 1e-4
    x, y = rows()
    first = noisy.evaluate(x, y, verbose=0)
    assert first == noisy.evaluate(x, y, verbose=0)
    by_hand = regression()
    by_hand.set_weights(noisy.get_weights())
    assert by_hand.evaluate(x, y, verbose=0) == first


def test_the_gradient_is_taken_at_the_noisy_weights_and_updates_the_clean_ones():
    x, y = rows(8)
    seen = []

    class Spy(callbacks.Callback):
        def on_train_batch_begin(self, batch, logs=None):
            seen.append([w.numpy().copy() for w in self.model.trainable_weights])

        def on_gradients(self, gradients, parameters):
            seen.append([w.numpy().copy() for w in parameters])
            seen.append([g.numpy().copy() for g in gradients])

    model = regression(rate=0.1)
    before = model.get_weights()
    model.fit(x, y, batch_size=8, epochs=1, verbose=0, callbacks=[callbacks.WeightNoise(0.3, seed=1), Spy()])
    noisy, clean, gradient = seen
    for a, b, c, g, after in zip(before, noisy, clean, gradient, model.get_weights(), strict=True):
        np.testing.assert_array_equal(a, c)
        assert np.abs(a - b).max() > 0.01
        np.testing.assert_allclose(after, a - 0.1 * g, rtol=1e-5, atol=1e-7)
    k, bias = (w.astype("float64") for w in noisy)
    wanted = 2 / 8 * x.astype("float64").T @ (x @ k + bias - y)
    np.testing.assert_allclose(gradient[0], wanted, rtol=1e-4)


def test_weights_are_clean_after_a_batch_that_broke_down():
    x, y = rows(8)
    model = regression()
    before = model.get_weights()
    with pytest.raises(RuntimeError, match="stop"):
        model.fit(
            x, y, verbose=0,
            callbacks=[callbacks.WeightNoise(0.5), callbacks.LambdaCallback(on_gradients=_stop)],
        )  # fmt: skip
    for a, b in zip(before, model.get_weights(), strict=True):
        np.testing.assert_array_equal(a, b)
    nan = callbacks.TerminateOnNaN()
    model.fit(x * np.nan, y, verbose=0, callbacks=[callbacks.WeightNoise(0.5), nan])
    assert nan.finding is not None
    for a, b in zip(before, model.get_weights(), strict=True):
        np.testing.assert_array_equal(a, b)


def _stop(*_):
    raise RuntimeError("stop")


def test_labels_flip_with_their_probability_to_each_other_class():
    y = np.repeat(np.arange(4), 2500)
    for labels in (y, np.eye(4, dtype="float32")[y], y[:, None]):
        noise = data.LabelNoise(flip=0.3, classes=4)
        x, new = noise((np.arange(10000), labels), np.random.default_rng(0))
        assert new.dtype == labels.dtype
        assert new.shape == labels.shape
        classes = new.argmax(1) if new.ndim == 2 and new.shape[1] == 4 else new.ravel()
        assert abs((classes != y).mean() - 0.3) < 0.02
        counts = np.bincount(classes[(classes != y) & (y == 1)], minlength=4) / 2500
        assert counts[1] == 0
        assert np.all(np.abs(counts[[0, 2, 3]] - 0.1) < 0.03)
        np.testing.assert_array_equal(x, np.arange(10000))


def test_a_loader_with_label_noise_is_resumable():
    x, y = np.arange(30), np.zeros(30, int)

    def loader():
        noise = data.LabelNoise(flip=0.5, classes=3)
        return data.Loader((x, y), batch_size=10, shuffle=True, seed=2, batch_transform=noise)

    straight = [labels.tolist() for _ in range(2) for _, labels in loader_epochs(loader(), 1)]
    again = [labels.tolist() for _, labels in loader_epochs(loader(), 1)]
    assert again == straight[:3]
    resumed = loader()
    resumed.load_state({**resumed.state(), "epoch": 0, "batch": 2})
    assert next(iter(resumed))[1].tolist() == straight[2]


def loader_epochs(loader, count):
    for _ in range(count):
        yield from loader


@pytest.mark.parametrize(
    ("call", "says", "kind"),
    [
        (lambda: callbacks.WeightNoise(-1), "stddev", ArgumentError),
        (lambda: callbacks.WeightNoise("a"), "stddev must be float", DTypeError),
        (lambda: callbacks.WeightNoise(0.1, seed=-1), "seed", ArgumentError),
        (lambda: data.LabelNoise(flip=2.0), "flip", ArgumentError),
        (lambda: data.LabelNoise(stddev=float("inf")), "stddev", ArgumentError),
        (lambda: data.LabelNoise(classes=1), "classes", ArgumentError),
        (lambda: data.LabelNoise(flip=0.5)((1, np.array([1, 2])), None), "needs classes", ArgumentError),
        (lambda: data.LabelNoise(0.5)(np.zeros(3), None), r"must be \(x, y\)", ArgumentError),
        (lambda: data.LabelNoise(0.5)((1, np.array([1, 2])), None), "real numbers", ArgumentError),
        (lambda: data.LabelNoise(flip=0.5, classes=2)((1, np.array([2])), None), "0 to 1", IndexRangeError),
    ],
)
def test_wrong_arguments_are_refused(call, says, kind):
    with pytest.raises(kind, match=says):
        call()


def test_dropout_may_open_a_model():  # R5: dropped features as augmentation
    rng = np.random.default_rng(0)
    for first in (layers.Dropout(keep_prob=0.8), layers.Dropout(keep_prob=0.8, input_shape=(6,))):
        model = afina.Sequential([first, layers.Dense(1, use_bias=False, kernel_initializer="ones")])
        model.compile("sgd", "mse")
        x = rng.normal(size=(50, 6)).astype("float32")
        model.fit(x, x.sum(1, keepdims=True), epochs=1, verbose=0)
        np.testing.assert_allclose(model.predict(x, verbose=0), x @ model.get_weights()[0], rtol=1e-5)
        assert model.layers[0].rate == pytest.approx(0.2)
    ones = layers.Dropout(keep_prob=0.8, seed=1)(np.ones((400, 50), "float32"), training=True).numpy()
    assert set(np.unique(ones)) == {0.0, np.float32(1.25)}
    assert abs((ones > 0).sum(1).mean() - 40) < 0.5
