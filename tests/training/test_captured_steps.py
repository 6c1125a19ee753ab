"""Steps that are captured give, to the last bit, what steps that run as they stand give."""

import numpy as np
import pytest

import afina
from afina import layers as L, ops
from afina.errors import ArgumentError, IndexRangeError

RNG = np.random.default_rng(0)


def start(seed):
    """Draw the same numbers as before from here on."""
    RNG.bit_generator.state = np.random.default_rng(seed).bit_generator.state


def numbers(*shape):
    return RNG.normal(size=shape).astype("float32")


def classes(n, *shape):
    return RNG.integers(0, n, shape)


def dense():
    model = afina.Sequential(
        [
            L.Dense(16, activation="relu", kernel_regularizer="l2", input_shape=(8,)),
            L.Dropout(0.3),
            L.GaussianNoise(0.1),
            L.Dense(4, activation="softmax"),
        ]
    )
    return model, numbers(70, 8), classes(4, 70), "sparse_categorical_crossentropy"


def convolutions():
    model = afina.Sequential(
        [
            L.Conv2D(8, 3, padding="same", input_shape=(8, 8, 3)),
            L.BatchNormalization(),
            L.Activation("relu"),
            L.DepthwiseConv2D(3, padding="same"),
            L.MaxPooling2D(),
            L.SpatialDropout2D(0.2),
            L.Conv2DTranspose(4, 2, strides=2, activation="gelu"),
            L.LayerNormalization(),
            L.GlobalAveragePooling2D(),
            L.Dense(5),
        ]
    )
    loss = afina.losses.SparseCategoricalCrossentropy(from_logits=True)
    return model, numbers(40, 8, 8, 3), classes(5, 40), loss


def residual():
    x = L.Input((6, 6, 4))
    y = L.Conv2D(4, 3, padding="same", activation="relu")(x)
    y = L.BatchNormalization()(L.Conv2D(4, 3, padding="same")(y))
    y = L.Activation("relu")(L.add([x, y]))
    y = L.concatenate([y, L.Conv2D(2, 1)(x)])
    return afina.Model(x, L.Dense(1)(L.Flatten()(y))), numbers(40, 6, 6, 4), numbers(40, 1), "mse"


def recurrent():
    model = afina.Sequential(
        [
            L.Embedding(20, 6, input_length=7),
            L.Bidirectional(L.LSTM(5, return_sequences=True)),
            L.GRU(6, return_sequences=True),
            L.SimpleRNN(4),
            L.Dense(1, activation="sigmoid"),
        ]
    )
    return model, classes(20, 40, 7), classes(2, 40, 1).astype("float32"), "binary_crossentropy"


def attention():
    x = L.Input((6, 8))
    y = L.add([x, L.MultiHeadAttention(2, 4, dropout=0.1)(x, x)])
    y = L.LayerNormalization()(y)
    return afina.Model(x, L.Dense(3)(y)), numbers(40, 6, 8), numbers(40, 6, 3), "huber"


def stateful():
    x = L.Input((5, 3), batch_size=16)
    y = L.LSTM(4, stateful=True, return_sequences=True, dropout=0.2)(x)
    return afina.Model(x, L.Dense(1)(L.GRU(3, stateful=True)(y))), numbers(48, 5, 3), numbers(48, 1), "mae"


NETWORKS = [stateful, dense, convolutions, residual, recurrent, attention]


def trained(network, jit_compile, optimizer="adam", epochs=3, **options):
    afina.utils.set_random_seed(3)
    start(1)
    model, x, y, loss = network()
    model.compile(
        optimizer, loss, metrics=["mse"] if loss in ("mse", "huber") else None, jit_compile=jit_compile
    )
    history = model.fit(x, y, batch_size=16, epochs=epochs, verbose=0, **options)
    return model, history.history


@pytest.mark.parametrize("network", NETWORKS)
@pytest.mark.parametrize("optimizer", ["adam", "sgd"])
def test_capturing_changes_no_bit(network, optimizer):
    plain, before = trained(network, False, optimizer)
    model, history = trained(network, "auto", optimizer)
    assert model._step.computation.describe().startswith("captured: ")
    assert history == before
    for ours, theirs in zip(model.get_weights(), plain.get_weights(), strict=True):
        np.testing.assert_array_equal(ours, theirs)
    assert afina.random.get_state()[1] > 0


def test_the_random_numbers_after_training_are_the_same():
    trained(dense, False)
    before = afina.random.get_state()
    trained(dense, "auto")
    assert afina.random.get_state() == before


def test_several_outputs_weights_and_masks_of_samples():
    def fit(jit_compile):
        afina.utils.set_random_seed(0)
        rng = np.random.default_rng(0)
        a, b = L.Input((4,), name="a"), L.Input((3,), name="b")
        h = L.Dense(8, activation="tanh")(L.concatenate([a, b]))
        model = afina.Model([a, b], {"u": L.Dense(1, name="u")(h), "v": L.Dense(3, name="v")(h)})
        model.compile(
            "rmsprop",
            {"u": "mae", "v": afina.losses.CategoricalCrossentropy(from_logits=True)},
            loss_weights={"u": 0.5, "v": 2.0},
            jit_compile=jit_compile,
        )
        x = {"a": rng.normal(size=(50, 4)).astype("f"), "b": rng.normal(size=(50, 3)).astype("f")}
        y = {"u": rng.normal(size=(50, 1)).astype("f"), "v": np.eye(3, dtype="f")[rng.integers(0, 3, 50)]}
        weights = {"u": rng.random(50).astype("f"), "v": rng.random(50).astype("f")}
        history = model.fit(x, y, sample_weight=weights, batch_size=20, epochs=4, verbose=0).history
        return history, model

    (history, model), (before, _) = fit("auto"), fit(False)
    assert model._step.computation.describe().startswith("captured")
    assert history == before


def test_the_rate_of_the_optimizer_may_change():
    def losses(jit_compile):
        model, x, y, loss = dense()
        afina.utils.set_random_seed(2)
        model.set_weights([np.full_like(w, 0.01) for w in model.get_weights()])
        model.compile(afina.optimizers.SGD(0.1, momentum=0.5), loss, jit_compile=jit_compile)
        found = []
        for i in range(8):
            model.optimizer.learning_rate = 0.1 / (i + 1)
            found.append(model.train_on_batch(x[:32], y[:32]))
        return found

    start(5)
    first = losses("auto")
    start(5)
    assert losses(False) == first


def test_a_changed_scale_of_the_loss_is_heeded_at_once():
    model = afina.Sequential([L.Dense(2, input_shape=(3,)), L.Dense(1)])
    model.compile(afina.optimizers.SGD(0.0), "mse")
    x, y = numbers(8, 3), numbers(8, 1)
    plain = {model.train_on_batch(x, y) for _ in range(4)}
    assert len(plain) == 1
    seen = []
    apply = model.optimizer.apply
    model.optimizer.apply = lambda found: (seen.append(found[0].numpy().copy()), apply(found))
    for scale in (None, 2.0):
        model.optimizer.loss_scale_factor = scale
        for _ in range(3):
            model.train_on_batch(x, y)
    for gradient in seen[3:]:
        np.testing.assert_array_equal(gradient, 2 * seen[0])
    assert model.how_steps_run().startswith("captured: ")


def test_batches_of_every_kind_may_follow_one_another():
    """Arrays like those before are repeated at once; all others find their way, and nothing differs."""
    start(5)
    x, y = numbers(12, 8), classes(4, 12)
    batches = [(x, y)] * 4 + [
        (x.astype("float64"), y),
        (np.asfortranarray(x), y),
        (x, y.astype("int32")),
        (x, y.astype("uint8")),
        (x, y.astype("uint64")),
        (x, y.astype("float32")),
        (x, y[:, None]),
        (x[:5], y[:5]),
        (x.tolist(), y.tolist()),
        (afina.tensor(x), y),
        ([x], [y]),
        (x, y, np.linspace(0.0, 1.0, 12)),
        (x, y, None, {0: 2.0, 1: 1.0, 2: 1.0, 3: 1.0}),
        (x, y),
    ]

    def losses(jit_compile):
        afina.utils.set_random_seed(0)
        model = dense()[0]
        model.compile("adam", "sparse_categorical_crossentropy", jit_compile=jit_compile)
        given = [model.train_on_batch(*batch) for batch in batches]
        given.append(model.train_on_batch(x, y, return_dict=True)["loss"])
        with pytest.raises(afina.errors.AfinaError):
            model.train_on_batch(x, y[:5])
        with pytest.raises(afina.errors.AfinaError):
            model.train_on_batch(x)
        return given, [weight.numpy() for weight in model.weights]

    captured, weights = losses("auto")
    as_it_stands, wanted = losses(False)
    assert captured == as_it_stands
    for ours, theirs in zip(weights, wanted, strict=True):
        np.testing.assert_array_equal(ours, theirs)


def test_a_changed_layer_is_heeded_at_once():
    afina.utils.set_random_seed(0)
    model, x, y, loss = dense()
    model.compile(afina.optimizers.SGD(0.0), loss)
    dropout, noise = model.layers[1:3]
    assert len({model.train_on_batch(x, y) for _ in range(6)}) == 6
    dropout.rate = 0.0
    noise.stddev = 0.0
    assert len({model.train_on_batch(x, y) for _ in range(6)}) == 1


def test_a_frozen_normalization_stays_frozen_and_a_thawed_one_moves():
    model, x, y, loss = convolutions()
    model.compile("sgd", loss)
    norm = model.layers[1]
    for frozen in (False, True, False):
        norm.trainable = not frozen
        for _ in range(3):
            before = norm.moving_mean.numpy().copy()
            model.train_on_batch(x, y)
            assert (norm.moving_mean.numpy() == before).all() == frozen


def test_weights_that_are_set_are_used():
    model, x, y, loss = dense()
    model.compile(afina.optimizers.SGD(0.0), afina.losses.SparseCategoricalCrossentropy())
    for layer in model.layers[1:3]:
        layer.trainable = True
    for _ in range(4):
        model.train_on_batch(x, y)
    model.layers[0].kernel_regularizer = None
    model.set_weights([np.zeros_like(w) for w in model.get_weights()])
    assert model.train_on_batch(x, y) == pytest.approx(np.log(4), rel=1e-5)
    assert loss == "sparse_categorical_crossentropy"


def test_a_wrong_label_is_refused_by_a_captured_step_and_changes_nothing():
    model, x, y, loss = dense()
    model.compile("sgd", loss)
    for _ in range(4):
        model.train_on_batch(x, y)
    before = model.get_weights()
    with pytest.raises(IndexRangeError, match="4 classes: 0 to 3"):
        model.train_on_batch(x, y + 3)
    for ours, theirs in zip(model.get_weights(), before, strict=True):
        np.testing.assert_array_equal(ours, theirs)
    assert np.isfinite(model.train_on_batch(x, y))


def own_layer():
    class Scaled(L.Layer):
        def call(self, inputs):
            return inputs * 2.0

    return Scaled()


@pytest.mark.parametrize(
    ("make", "reason"),
    [
        (own_layer, "Scaled runs code of the caller"),
        (lambda: L.Lambda(lambda x: x * 2.0), "Lambda runs code of the caller"),
        (lambda: L.Dense(2, activation=lambda x: x * x), "Dense runs <lambda> of the caller"),
        (lambda: L.Dropout(0.5, seed=3), "item() reads a value"),
    ],
)
def test_what_cannot_be_captured_runs_as_it_stands_and_says_why(make, reason):
    model = afina.Sequential([L.Dense(4, input_shape=(3,)), make(), L.Dense(1)])
    model.compile("sgd", "mse")
    for _ in range(4):
        model.train_on_batch(numbers(8, 3), numbers(8, 1))
    assert reason in model._step.computation.describe()
    assert (
        f"steps: as it stands: {model._step.computation.why_not() or reason}"[:30]
        in model.describe_training()
    )


def test_a_callers_code_is_captured_when_asked():
    calls = []

    class Counting(L.Layer):
        def call(self, inputs):
            calls.append(1)
            return ops.tanh(inputs)

    def fit(jit_compile):
        afina.utils.set_random_seed(0)
        model = afina.Sequential([L.Dense(4, input_shape=(3,)), Counting(), L.Dense(1)])
        model.compile("sgd", lambda t, p: ops.mean((t - p) * (t - p), -1), jit_compile=jit_compile)
        x, y = np.ones((8, 3), "float32"), np.ones((8, 1), "float32")
        model(x)
        calls.clear()
        return [model.train_on_batch(x, y) for _ in range(6)], len(calls)

    captured, few = fit(True)
    plain, many = fit("auto")
    assert captured == plain
    assert few <= 4  # preparing, as it stands, captured
    assert many >= 6


def test_a_layer_that_remembers_is_not_repeated():
    class Remembering(L.Layer):
        def call(self, inputs):
            self.last = inputs * 1.0
            return inputs

    model = afina.Sequential([L.Dense(4, input_shape=(3,)), Remembering(), L.Dense(1)])
    model.compile("sgd", "mse", jit_compile=True)
    for _ in range(3):
        model.train_on_batch(numbers(8, 3), numbers(8, 1))
    assert "Remembering.last is set while the step runs" in model._step.computation.describe()


def test_options_of_compile_are_checked():
    model = afina.Sequential([L.Dense(1, input_shape=(2,))])
    with pytest.raises(ArgumentError, match='jit_compile must be True, False or "auto", got'):
        model.compile("sgd", "mse", jit_compile="yes")
    with pytest.raises(ArgumentError, match="contradict"):
        model.compile("sgd", "mse", jit_compile=True, run_eagerly=True)
    model.compile("sgd", "mse", run_eagerly=True)
    for _ in range(3):
        model.train_on_batch(numbers(4, 2), numbers(4, 1))
    assert model._step.computation.describe() == "as it stands: run_eagerly=True"
