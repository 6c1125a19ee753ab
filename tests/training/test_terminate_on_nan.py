"""The first NaN is found: which layer, which tensor, which batch, how many values."""

import numpy as np
import pytest

import afina
from afina import layers, optimizers
from afina.callbacks import Callback, TerminateOnNaN

X = np.random.default_rng(0).normal(size=(48, 4)).astype("float32")
Y = X[:, :1].copy()


class Fault(layers.Layer):
    """Passes its input on, and multiplies it by `factor` from training call number `at` on."""

    def __init__(self, at, factor=np.nan, **options):
        super().__init__(**options)
        self.at, self.factor, self.calls = at, factor, 0

    def call(self, inputs, training=False):
        self.calls += training
        return inputs * self.factor if training and self.calls > self.at else inputs


def net(*middle):
    afina.random.set_seed(0)
    return afina.Sequential(
        [layers.Dense(5, input_shape=(4,), name="first"), *middle, layers.Dense(1, name="last")]
    )


def train(model, watch="loss", x=X, optimizer=None, callbacks=()):
    guard = TerminateOnNaN(watch)
    model.compile(optimizer or optimizers.SGD(0.01), "mse")
    model.fit(x, Y, batch_size=8, epochs=3, verbose=0, shuffle=False, callbacks=[*callbacks, guard])
    return guard.finding


@pytest.mark.parametrize("at", [0, 1, 4, 6, 11])
@pytest.mark.parametrize("factor", [np.nan, np.inf])
def test_a_layer_that_makes_nan_is_named_with_its_epoch_and_batch(at, factor, capsys):
    finding = train(net(Fault(at, factor, name="culprit"), layers.ReLU(name="after")))
    assert (finding.layer, finding.tensor) == ("culprit", "the output")
    assert (finding.epoch, finding.batch) == divmod(at, 6)
    assert finding.count == finding.size == 40
    assert "output of layer 'culprit'" in capsys.readouterr().out


def test_the_weights_stay_as_they_were_before_the_bad_batch():
    class Watch(Callback):
        def on_train_batch_begin(self, batch, logs=None):
            self.before = [weight.numpy().copy() for weight in self.model.weights]

    watch = Watch()
    model = net(Fault(3, name="culprit"))
    train(model, callbacks=[watch])
    assert len(watch.before) == 4
    for weight, expected in zip(model.weights, watch.before, strict=True):
        np.testing.assert_array_equal(weight.numpy(), expected)


def test_nan_in_the_data_is_named_as_the_input():
    bad = X.copy()
    bad[19, 2] = np.nan
    finding = train(net(), x=bad)
    assert (finding.layer, finding.tensor, finding.batch, finding.count) == (None, "input 0", 2, 1)


def test_a_broken_weight_is_named():
    class Break(Callback):
        def on_train_batch_begin(self, batch, logs=None):
            if batch == 4:
                kernel = self.model.get_layer("last").kernel
                value = kernel.numpy().copy()
                value[2] = np.inf
                kernel.assign(value)

    finding = train(net(), callbacks=[Break()])
    assert (finding.layer, finding.tensor, finding.batch, finding.count) == ("last", "weight 'kernel'", 4, 1)


def test_watching_everything_finds_a_bad_gradient_before_it_reaches_the_weights():
    x = np.full_like(X, 2e38)
    model = net()
    model.get_layer("first").kernel.fill_(2e-38)
    finding = train(model, "all", x=x)
    assert finding is not None
    assert finding.batch == 0
    assert all(np.isfinite(weight.numpy()).all() for weight in model.weights)


def test_a_healthy_run_is_left_alone():
    for watch in ("loss", "all"):
        model = net()
        assert train(model, watch) is None
        assert model.stop_training is False
