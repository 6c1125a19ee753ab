"""Several tasks in one net: labels that are missing, weights that are shared hard or softly."""

import numpy as np
import pytest

import afina
from afina import layers, losses, metrics, models
from afina.errors import ArgumentError, ShapeError

NAN = float("nan")


def case(name, rng):
    outputs = rng.random((6, 3)).astype("float64") * 0.8 + 0.1
    labels = rng.integers(0, 2, (6, 3)).astype("float64")
    if name in ("categorical_crossentropy", "kl_divergence"):
        outputs /= outputs.sum(1, keepdims=True)
        labels = np.eye(3)[rng.integers(0, 3, 6)]
    return labels, outputs


def value_and_gradient(loss, labels, outputs, weight=None):
    p = afina.tensor(outputs, requires_grad=True)
    value = loss(labels, p, weight)
    (gradient,) = afina.gradients(value, [p])
    return value.item(), gradient.numpy()


@pytest.mark.parametrize("name", ["binary_crossentropy", "mse", "mae", "huber", "poisson", "hinge"])
@pytest.mark.parametrize("reduction", ["mean", "sum"])
def test_unknown_labels_count_for_nothing(name, reduction, rng):  # M1
    labels, outputs = case(name, rng)
    known = rng.random(labels.shape) < 0.6
    known[2] = False  # a sample with no label at all
    marked = np.where(known, labels, NAN)
    value, gradient = value_and_gradient(losses.MaskedLoss(name, reduction=reduction), marked, outputs)
    plain = type(losses.get(name))(reduction=reduction)
    wanted, flat = value_and_gradient(plain, labels[known][:, None], outputs[known][:, None])
    assert value == pytest.approx(wanted, rel=1e-12)
    np.testing.assert_allclose(gradient[known], flat.ravel(), rtol=1e-12)
    assert (gradient[~known] == 0).all()
    masked, by_mask = value_and_gradient(losses.MaskedLoss(name, reduction="sum"), labels, outputs, known)
    if reduction == "sum":
        assert masked == pytest.approx(value, rel=1e-12)
        np.testing.assert_array_equal(by_mask, gradient)
    sentinel = np.where(known, labels, -7.0)
    other, _ = value_and_gradient(losses.MaskedLoss(name, -7.0, reduction=reduction), sentinel, outputs)
    assert other == value


@pytest.mark.parametrize(
    "name", ["categorical_crossentropy", "kl_divergence", "sparse_categorical_crossentropy"]
)
def test_a_row_with_an_unknown_label_counts_for_nothing(name, rng):  # M1
    sparse = name.startswith("sparse")
    labels, outputs = case("categorical_crossentropy", rng)
    labels = labels.argmax(1).astype("float64") if sparse else labels
    known = np.array([True, False, True, True, False, True])
    marked = labels.copy()
    if sparse:
        marked[~known] = NAN
    else:
        marked[~known, 1] = NAN
    value, gradient = value_and_gradient(losses.MaskedLoss(name), marked, outputs)
    rows = labels[known].astype(int) if sparse else labels[known]
    wanted, part = value_and_gradient(losses.get(name), rows, outputs[known])
    assert value == pytest.approx(wanted, rel=1e-12)
    np.testing.assert_allclose(gradient[known], part, rtol=1e-12)
    assert (gradient[~known] == 0).all()
    if sparse:
        whole = np.where(known, labels, -1).astype(int)
        assert value_and_gradient(losses.MaskedLoss(name, -1), whole, outputs)[0] == pytest.approx(wanted)


def test_a_batch_without_a_label_costs_nothing_and_gives_no_nan():  # M1
    for name in ("binary_crossentropy", "categorical_crossentropy"):
        outputs = np.full((4, 3), 1 / 3)
        value, gradient = value_and_gradient(losses.MaskedLoss(name), np.full((4, 3), NAN), outputs)
        assert value == 0.0
        assert (gradient == 0).all()


def test_without_the_mask_a_nan_label_is_refused(rng):  # M1
    labels, outputs = case("mse", rng)
    labels[0, 0] = NAN
    with pytest.raises(ArgumentError, match=r"NaN"):
        losses.get("binary_crossentropy")(labels, outputs)


def test_weights_of_samples_and_of_positions_multiply(rng):
    labels, outputs = case("mse", rng)
    labels[1, 2] = NAN
    weight = rng.random(6)
    loss = losses.MaskedLoss("mse", reduction="none")
    values = loss(labels, outputs, weight).numpy()
    wanted = np.where(np.isnan(labels), 0, (labels - outputs) ** 2) * weight[:, None]
    np.testing.assert_allclose(values, wanted, rtol=1e-12)
    by_row = losses.MaskedLoss("mse", by="sample", reduction="none")(labels, outputs).numpy()
    full = ((np.nan_to_num(labels) - outputs) ** 2).mean(1)
    np.testing.assert_allclose(by_row, np.where(np.isnan(labels).any(1), 0, full), rtol=1e-12)


def test_a_model_trains_measures_saves_and_loads_with_missing_labels(tmp_path):  # M1
    afina.utils.set_random_seed(0)
    rng = np.random.default_rng(0)
    x = rng.normal(size=(300, 6)).astype("float32")
    y = (x @ rng.normal(size=(6, 4)) > 0).astype("float32")
    y[rng.random(y.shape) < 0.4] = NAN
    model = afina.Sequential([layers.Dense(16, "relu", input_shape=(6,)), layers.Dense(4, "sigmoid")])
    model.compile(
        afina.optimizers.Adam(0.02),
        losses.MaskedLoss("binary_crossentropy"),
        metrics=[metrics.MaskedMetric("binary_accuracy")],
    )
    history = model.fit(x, y, epochs=20, verbose=0)
    p = model.predict(x, verbose=0)
    known = ~np.isnan(y)
    loss, accuracy = model.evaluate(x, y, verbose=0)
    assert accuracy == pytest.approx(((p > 0.5) == (y > 0.5))[known].mean())
    assert accuracy > 0.9
    assert history.history["loss"][-1] < 0.3
    cost = -np.log(np.where(y > 0.5, p, 1 - p)[known])
    sizes = [known[n : n + 32].sum() for n in range(0, 300, 32)]
    means = [c.mean() for c in np.split(cost, np.cumsum(sizes)[:-1])]
    rows = [min(32, 300 - n) for n in range(0, 300, 32)]
    assert loss == pytest.approx(np.average(means, weights=rows), rel=1e-4)
    model.save(tmp_path / "model.afina")
    again = models.load_model(tmp_path / "model.afina")
    assert again.evaluate(x, y, verbose=0) == [loss, accuracy]


def test_a_masked_metric_of_classes_leaves_rows_out():
    metric = metrics.MaskedMetric("sparse_categorical_accuracy", missing=-1)
    metric.update_state([0, 1, -1, 1], [[0.9, 0.1], [0.2, 0.8], [0.9, 0.1], [0.7, 0.3]])
    assert metric.result() == pytest.approx(2 / 3)
    metric.update_state([-1], [[0.5, 0.5]])
    assert metric.result() == pytest.approx(2 / 3)
    weighted = metrics.MaskedMetric("mae")
    weighted.update_state([[1.0, NAN], [0.0, 2.0]], [[0.0, 9.0], [0.0, 0.0]], [1.0, 3.0])
    assert weighted.result() == pytest.approx((1 + 0 * 3 + 2 * 3) / 7)


def two_heads(shared):
    inputs = layers.Input(shape=(3,), dtype="float64")
    hidden = shared(inputs)
    heads = [layers.Dense(1, dtype="float64", name=f"head_{n}")(hidden) for n in range(2)]
    return models.Model(inputs, heads, dtype="float64")


def test_hard_sharing_is_one_tensor_whose_gradients_add():  # M2
    rng = np.random.default_rng(0)
    shared = layers.Dense(4, "tanh", dtype="float64", name="shared")
    model = two_heads(shared)
    x = rng.normal(size=(5, 3))
    assert sum(w is shared.kernel for w in model.trainable_weights) == 1

    def gradient(*chosen):
        outputs = model(x)
        total = None
        for n in chosen:
            part = outputs[n].sum()
            total = part if total is None else total + part
        return afina.gradients(total, [shared.kernel])[0].numpy()

    np.testing.assert_allclose(gradient(0, 1), gradient(0) + gradient(1), rtol=1e-12)


def test_soft_sharing_pulls_the_towers_together_with_its_exact_gradient():  # M2
    rng = np.random.default_rng(0)
    for count in (2, 3):
        mu = 0.3
        towers = [layers.Dense(4, dtype="float64", bias_initializer="random_normal") for _ in range(count)]
        both = layers.SoftSharing(towers, mu, dtype="float64")
        x = rng.normal(size=(5, 3))
        both(x)
        (penalty,) = both.losses
        pairs = [(i, j) for i in range(count) for j in range(i)]
        kernels = [t.kernel.numpy() for t in towers]
        biases = [t.bias.numpy() for t in towers]
        wanted = sum(
            np.sum((kernels[i] - kernels[j]) ** 2) + np.sum((biases[i] - biases[j]) ** 2) for i, j in pairs
        )
        assert penalty.item() == pytest.approx(mu * wanted, rel=1e-12)
        found = afina.gradients(penalty, [t.kernel for t in towers])
        for i in range(count):
            exact = sum(2 * mu * (kernels[i] - kernels[j]) for j in range(count) if j != i)
            np.testing.assert_allclose(found[i].numpy(), exact, rtol=1e-12)


def test_softly_shared_towers_train_and_come_closer(tmp_path):  # M2, M3
    rng = np.random.default_rng(0)
    a, b = (rng.normal(size=(100, 4)).astype("float32") for _ in range(2))
    ya, yb = a.sum(1, keepdims=True), 1.2 * b.sum(1, keepdims=True)
    distances = []
    for mu in (0.0, 1.0):
        afina.utils.set_random_seed(0)
        inputs = [layers.Input(shape=(4,), name=name) for name in ("first", "second")]
        towers = layers.SoftSharing([layers.Dense(1, name="one"), layers.Dense(1, name="two")], mu)
        model = models.Model(inputs, towers(inputs))
        model.compile(afina.optimizers.Adam(0.05), "mse")
        model.fit([a, b], [ya, yb], epochs=30, verbose=0)
        distances.append(np.abs(towers.layers[0].kernel.numpy() - towers.layers[1].kernel.numpy()).max())
    assert distances[1] < 0.5 * distances[0]
    model.save(tmp_path / "towers.afina")
    again = models.load_model(tmp_path / "towers.afina")
    for one, other in zip(again.predict([a, b], verbose=0), model.predict([a, b], verbose=0), strict=True):
        np.testing.assert_array_equal(one, other)


def towers(*units, **options):
    return layers.SoftSharing([layers.Dense(u) for u in units], **options)


ONE = np.ones((2, 3), "float32")


@pytest.mark.parametrize(
    ("call", "says", "kind"),
    [
        (lambda: layers.SoftSharing([layers.Dense(2)]), "two layers or more", ArgumentError),
        (lambda: layers.SoftSharing("ab"), "layers must be a list", ArgumentError),
        (lambda: layers.SoftSharing([3, 4]), "must hold layers", ArgumentError),
        (lambda: layers.SoftSharing([layers.Dense(2)] * 2), "must differ", ArgumentError),
        (lambda: towers(2, 2, mu=-1.0), "mu must be", ArgumentError),
        (lambda: towers(2, 3)(ONE), "same shapes", ShapeError),
        (lambda: towers(2, 2)([ONE] * 3), "2 layers need one input or 2, got 3", ArgumentError),
        (lambda: layers.SoftSharing([layers.Flatten(), layers.Flatten()])(ONE), "weights", ArgumentError),
        (lambda: losses.MaskedLoss(None), "must be a loss", ArgumentError),
        (lambda: losses.MaskedLoss(losses.MaskedLoss("mse")), "must be a loss", ArgumentError),
        (lambda: losses.MaskedLoss("mse", by="row"), "by must be", ArgumentError),
        (lambda: losses.MaskedLoss("sparse_categorical_crossentropy", by="entry"), "fit", ArgumentError),
        (lambda: losses.MaskedLoss("mse")(np.ones((2, 2)), ONE), "shape", ShapeError),
        (lambda: losses.MaskedLoss("mse")(ONE, ONE, np.ones(3)), "sample_weight", ShapeError),
        (lambda: metrics.MaskedMetric("accuracy"), "which accuracy", ArgumentError),
        (lambda: metrics.MaskedMetric(metrics.MaskedMetric("mae")), "masked already", ArgumentError),
    ],
)  # fmt: skip
def test_wrong_arguments_are_refused(call, says, kind):
    with pytest.raises(kind, match=says):
        call()
