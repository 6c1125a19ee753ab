"""fit, evaluate, predict: what they return and what they record."""

import numpy as np
import pytest

import afina
from afina import layers, losses, metrics, optimizers, schedules
from afina.callbacks import LambdaCallback

from .conftest import blobs, classifier, same, weights_of

SPARSE = "sparse_categorical_crossentropy"


def test_the_history_has_one_value_per_epoch_and_the_validation_equals_evaluate(data):
    x, y = data
    model = classifier()
    model.compile(optimizers.Adam(0.02), SPARSE, metrics=["accuracy"])
    found = []
    watch = LambdaCallback(
        on_epoch_end=lambda epoch, logs: found.append(model.evaluate(x[:32], y[:32], verbose=0))
    )
    history = model.fit(x, y, epochs=4, verbose=0, validation_data=(x[:32], y[:32]), callbacks=[watch])
    assert set(history.history) == {"loss", "accuracy", "val_loss", "val_accuracy"}
    assert all(len(values) == 4 for values in history.history.values())
    assert history.history["loss"][-1] < history.history["loss"][0]
    np.testing.assert_allclose(
        np.transpose([history.history["val_loss"], history.history["val_accuracy"]]), found, rtol=1e-6
    )


def test_evaluate_returns_loss_and_metrics_and_equals_numpy(data):
    x, y = data
    model = classifier()
    model.compile("sgd", SPARSE, metrics=["accuracy", "sparse_top_k_categorical_accuracy"])
    p = model.predict(x)
    loss, accuracy, _ = model.evaluate(x, y, batch_size=20, verbose=0)
    assert loss == pytest.approx(-np.log(p[np.arange(len(y)), y]).mean(), rel=1e-5)
    assert accuracy == pytest.approx((p.argmax(1) == y).mean())
    assert model.metrics_names == ["loss", "accuracy", "sparse_top_k_categorical_accuracy"]
    assert model.evaluate(x, y, verbose=0, return_dict=True)["accuracy"] == pytest.approx(accuracy)


def test_one_sgd_step_is_the_closed_form():
    x, y = np.float32([[1.0, 2.0], [3.0, -1.0]]), np.float32([[1.0], [0.0]])
    model = afina.Sequential([layers.Dense(1, use_bias=False, input_shape=(2,))])
    w = np.float32([[0.5], [-0.25]])
    model.set_weights([w])
    model.compile(optimizers.SGD(0.1), "mse")
    model.fit(x, y, batch_size=2, verbose=0)
    gradient = 2 * x.T @ (x @ w - y) / 2
    np.testing.assert_allclose(model.get_weights()[0], w - 0.1 * gradient, rtol=1e-6)


def test_three_spellings_of_the_loss_give_bitwise_the_same_weights(data):
    x, y = data
    y = np.eye(3, dtype="float32")[y]
    found = []
    for loss in (
        "categorical_crossentropy",
        losses.categorical_crossentropy,
        losses.CategoricalCrossentropy(),
    ):
        model = classifier()
        model.compile(optimizers.SGD(0.1), loss)
        model.fit(x, y, epochs=2, verbose=0)
        found.append(weights_of(model))
    assert same(found[0], found[1])
    assert same(found[0], found[2])


def test_the_same_seed_gives_bitwise_the_same_run_and_another_seed_does_not(data):
    x, y = data

    def run(seed):
        model = classifier(dropout=0.3, seed=seed)
        model.compile("adam", SPARSE)
        model.fit(x, y, epochs=2, verbose=0)
        return weights_of(model)

    assert same(run(1), run(1))
    assert not same(run(1), run(2))


def test_shuffling_changes_the_order_every_epoch_and_sees_every_sample_once():
    x = np.arange(20, dtype="float32").reshape(20, 1)
    seen = []

    class Spy(layers.Layer):
        def call(self, inputs, training=False):
            if training:
                seen.append(inputs.numpy().ravel().copy())
            return inputs

    model = afina.Sequential([layers.Input((1,)), Spy(), layers.Dense(1)])
    model.compile("sgd", "mse")
    model.fit(x, x, batch_size=5, epochs=2, verbose=0)
    first, second = np.concatenate(seen[:4]), np.concatenate(seen[4:])
    assert sorted(first) == sorted(second) == list(range(20))
    assert not np.array_equal(first, second)
    seen.clear()
    model.fit(x, x, batch_size=5, verbose=0, shuffle=False)
    np.testing.assert_array_equal(np.concatenate(seen), np.arange(20))


@pytest.mark.parametrize(("size", "updates"), [(None, 3), (1, 96), (96, 1), (64, 2)])
def test_batches_have_32_samples_one_or_all_of_them(data, size, updates):  # X11
    model = classifier()
    model.compile("sgd", SPARSE)
    model.fit(*data, batch_size=size, verbose=0)
    assert model.optimizer.iterations == updates


def test_validation_split_takes_the_last_samples_before_shuffling(data):
    x, y = data
    model = classifier()
    model.compile(optimizers.SGD(1e-30), SPARSE)
    history = model.fit(x, y, verbose=0, validation_split=0.25)
    assert history.history["val_loss"][0] == pytest.approx(
        model.evaluate(x[72:], y[72:], verbose=0), rel=1e-6
    )
    assert history.history["loss"][0] == pytest.approx(model.evaluate(x[:72], y[:72], verbose=0), rel=1e-5)


def test_a_momentum_ramp_is_readable_in_the_history(data):
    model = classifier()
    model.compile(optimizers.SGD(0.01, schedules.MomentumRamp(0.5, 0.99, 6)), SPARSE)
    history = model.fit(*data, batch_size=32, epochs=3, verbose=0)
    np.testing.assert_allclose(history.history["momentum"], [0.745, 0.99, 0.99])


def test_epochs_are_counted_from_initial_epoch_and_validation_freq_is_kept(data):
    model = classifier()
    model.compile("sgd", SPARSE)
    history = model.fit(*data, epochs=5, initial_epoch=2, verbose=0, validation_data=data, validation_freq=2)
    assert history.epoch == [2, 3, 4]
    assert len(history.history["val_loss"]) == 1


def test_train_on_batch_returns_the_numbers_of_this_batch_from_before_the_update(data):
    x, y = data
    model = classifier()
    model.compile(optimizers.SGD(0.5), SPARSE, metrics=["accuracy"])
    expected = model.test_on_batch(x, y)
    assert model.train_on_batch(x, y) == pytest.approx(expected)
    assert model.train_on_batch(x, y)[0] < expected[0]
    assert model.predict_on_batch(x).shape == (96, 3)


def test_penalties_count_in_the_loss_and_in_the_gradient():
    x, y = np.float32([[1.0]]), np.float32([[0.0]])
    model = afina.Sequential(
        [layers.Dense(1, use_bias=False, kernel_regularizer=afina.regularizers.L2(0.25), input_shape=(1,))]
    )
    model.set_weights([np.float32([[2.0]])])
    model.compile(optimizers.SGD(0.1), "mse")
    history = model.fit(x, y, verbose=0)
    assert history.history["loss"][0] == pytest.approx(4.0 + 0.25 * 4.0)
    assert model.get_weights()[0][0, 0] == pytest.approx(2.0 - 0.1 * (4.0 + 2 * 0.25 * 2.0))
    assert "0.25 * sum(w^2)" in model.describe_training()


def test_a_model_compiled_without_a_loss_trains_by_add_loss():
    class Pull(layers.Layer):
        def build(self, input_shape):
            self.w = self.add_weight((2,), "ones", name="w")

        def call(self, inputs):
            self.add_loss(afina.ops.sum(afina.ops.square(self.w)))
            return inputs

    model = afina.Sequential([layers.Input((2,)), Pull()])
    model.compile(optimizers.SGD(0.25), loss=None)
    model.fit(np.zeros((4, 2), "float32"), batch_size=4, verbose=0)
    np.testing.assert_allclose(model.get_weights()[0], [0.5, 0.5])


def test_describe_training_prints_the_formulas_in_force(data, capsys):
    model = classifier(dropout=0.25)
    model.compile(optimizers.SGD(0.1, 0.9, style="ema", decay=0.01), SPARSE)
    text = model.describe_training()
    assert capsys.readouterr().out == text + "\n"
    for part in ("v <- m * v + (1 - m) * g", "lr / (1 + decay * t)", "-log p[label]", "0.25"):
        assert part in text


def test_accuracy_given_as_a_metric_object_counts_the_same(data):
    x, y = data
    model = classifier()
    model.compile("sgd", SPARSE, metrics=["accuracy", metrics.SparseCategoricalAccuracy("again")])
    logs = model.evaluate(x, y, verbose=0, return_dict=True)
    assert logs["accuracy"] == logs["again"]


def test_blobs_can_be_learned():
    x, y = blobs(300)
    model = classifier()
    model.compile(optimizers.Adam(0.02), SPARSE, metrics=["accuracy"])
    history = model.fit(x, y, epochs=15, verbose=0)
    assert history.history["accuracy"][-1] > 0.9
