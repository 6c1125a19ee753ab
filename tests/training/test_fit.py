"""fit, evaluate, predict: what they return, what they record, which data they take."""

import math

import numpy as np
import pytest

import afina
from afina import layers, losses, metrics, optimizers, schedules
from afina.callbacks import Callback, EarlyStopping, LambdaCallback
from afina.errors import ArgumentError, NotBuiltError, ShapeError

from .conftest import blobs, classifier

SPARSE = "sparse_categorical_crossentropy"


def weights_of(model):
    return [weight.numpy().copy() for weight in model.weights]


def same(a, b):
    return len(a) == len(b) and all(np.array_equal(x, y) for x, y in zip(a, b, strict=True))


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


def test_validation_split_takes_the_last_samples_before_shuffling(data):
    x, y = data
    model = classifier()
    model.compile(optimizers.SGD(1e-30), SPARSE)
    history = model.fit(x, y, verbose=0, validation_split=0.25)
    assert history.history["val_loss"][0] == pytest.approx(
        model.evaluate(x[72:], y[72:], verbose=0), rel=1e-6
    )
    assert history.history["loss"][0] == pytest.approx(model.evaluate(x[:72], y[:72], verbose=0), rel=1e-5)


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


def test_callbacks_are_called_in_order(data):
    events = []
    hooks = [name for name in dir(Callback) if name.startswith("on_") and "predict" not in name]
    spy = LambdaCallback(**{hook: lambda *_, hook=hook: events.append(hook[3:]) for hook in hooks})
    model = classifier()
    model.compile("sgd", SPARSE)
    model.fit(*data, batch_size=48, verbose=0, validation_data=data, callbacks=[spy])
    batches = ["train_batch_begin", "gradients", "train_batch_end"] * 2
    tests = ["test_begin", *(["test_batch_begin", "test_batch_end"] * 2), "test_end"]
    assert events == ["train_begin", "epoch_begin", *batches, *tests, "epoch_end", "train_end"]


def test_a_callback_stops_training_and_early_stopping_restores_the_best_weights(data):
    x, y = data
    model = classifier()
    model.compile(optimizers.SGD(0.5), SPARSE)
    stop = EarlyStopping(patience=3, restore="best")
    wrong = (y + 1) % 3  # the better the model learns, the worse it does on these
    history = model.fit(x, y, epochs=50, verbose=0, validation_data=(x, wrong), callbacks=stop)
    costs = history.history["val_loss"]
    assert len(costs) < 50
    assert model.evaluate(x, wrong, verbose=0) == pytest.approx(min(costs), rel=1e-6)


def test_validation_within_an_epoch_leaves_the_epochs_own_numbers_alone(data):
    x, y = data
    found = []
    for options in ({}, {"callbacks": EarlyStopping(patience=99, every_n_steps=1)}):
        model = classifier()
        model.compile("sgd", SPARSE, metrics=["accuracy"])
        found.append(
            model.fit(x, y, batch_size=16, epochs=2, verbose=0, validation_data=(x[:9], y[:9]), **options)
        )
    assert found[0].history == found[1].history


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


def test_ctrl_c_leaves_the_library_usable(data):
    def interrupt(batch, logs):
        if batch == 1:
            raise KeyboardInterrupt

    model = classifier()
    model.compile("adam", SPARSE)
    with pytest.raises(KeyboardInterrupt):
        model.fit(*data, batch_size=16, verbose=0, callbacks=[LambdaCallback(on_train_batch_end=interrupt)])
    with pytest.raises(KeyboardInterrupt):
        model.evaluate(
            *data, verbose=0, callbacks=[LambdaCallback(on_test_batch_end=interrupt)], batch_size=16
        )
    history = model.fit(*data, epochs=2, verbose=0)
    assert history.history["loss"][1] < history.history["loss"][0]


def test_describe_training_prints_the_formulas_in_force(data, capsys):
    model = classifier(dropout=0.25)
    model.compile(optimizers.SGD(0.1, 0.9, style="ema", decay=0.01), SPARSE)
    text = model.describe_training()
    assert capsys.readouterr().out == text + "\n"
    for part in ("v <- m * v + (1 - m) * g", "lr / (1 + decay * t)", "-log p[label]", "0.25"):
        assert part in text


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


def test_a_model_whose_weights_are_all_frozen_cannot_be_trained(data):
    model = classifier()
    model.trainable = False
    model.compile("sgd", SPARSE)
    with pytest.raises(ArgumentError, match="all 4 weights are frozen"):
        model.fit(*data)


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
