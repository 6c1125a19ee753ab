"""Scaling: statistics of the training rows, applied to all; scikit-learn is the oracle."""

import numpy as np
import pytest
from sklearn import preprocessing

import afina
from afina import layers, models
from afina.data import MinMaxNormalizer, Normalizer, unit_norm
from afina.errors import ArgumentError, NotBuiltError, ShapeError

TRAIN = np.random.default_rng(0).normal([3.0, -50.0, 0.1, 7.0], [2.0, 30.0, 0.01, 0.0], (500, 4))
TEST = np.random.default_rng(1).normal([5.0, -40.0, 0.2, 8.0], [2.0, 30.0, 0.01, 1.0], (100, 4))


def test_training_rows_get_mean_0_and_standard_deviation_1_and_come_back():
    x = np.random.default_rng(0).normal(7.0, 3.0, (500, 4))
    scale = Normalizer().fit(x)
    np.testing.assert_allclose(scale(x).mean(axis=0), 0, atol=1e-12)
    np.testing.assert_allclose(scale(x).std(axis=0), 1, rtol=1e-12)
    np.testing.assert_allclose(scale.invert(scale(x)), x, rtol=1e-12)


def test_the_deviation_divides_by_n_unless_told_otherwise():  # X16
    x = np.random.default_rng(0).normal(7.0, 3.0, (50, 4))
    np.testing.assert_allclose(Normalizer().fit(x).std, x.std(axis=0), rtol=1e-12)
    np.testing.assert_allclose(Normalizer(ddof=1).fit(x).std, x.std(axis=0, ddof=1), rtol=1e-12)
    with pytest.raises(ArgumentError, match="ddof=1 needs more values"):
        Normalizer(ddof=1).fit(x[:1])
    with pytest.raises(ArgumentError, match="ddof must be a whole number from 0, got int -1"):
        Normalizer(ddof=-1)


def test_images_get_one_mean_for_each_channel():
    x = np.random.default_rng(0).integers(0, 256, (10, 8, 8, 3), dtype=np.uint8)
    scale = Normalizer().fit(x)
    assert scale.mean.shape[-1] == 3
    assert scale(x).dtype == np.float32
    np.testing.assert_allclose(scale(x).mean(axis=(0, 1, 2)), 0, atol=1e-5)


def test_a_constant_feature_becomes_zero():
    assert Normalizer().fit(np.ones((5, 2)))(np.ones((1, 2))).tolist() == [[0, 0]]


@pytest.mark.parametrize(
    ("ours", "theirs"),
    [
        (Normalizer(), preprocessing.StandardScaler()),
        (MinMaxNormalizer(), preprocessing.MinMaxScaler()),
        (MinMaxNormalizer(feature_range=(-1, 3)), preprocessing.MinMaxScaler((-1, 3))),
    ],
    ids=["z-score", "0 to 1", "-1 to 3"],
)
def test_training_statistics_scale_the_test_rows_as_scikit_learn_does(ours, theirs):
    assert TRAIN[:, 3].std() == 0  # a constant feature, which the test rows leave
    ours.fit(TRAIN)
    theirs.fit(TRAIN)
    for rows in (TRAIN, TEST):
        assert np.isfinite(ours(rows)).all()
        np.testing.assert_allclose(ours(rows), theirs.transform(rows), rtol=1e-6, atol=1e-6)
        np.testing.assert_allclose(ours.invert(ours(rows)), rows, rtol=1e-6)


def test_unit_norm_divides_each_row_by_its_length_as_scikit_learn_does():
    rows = np.concatenate([TEST, np.zeros((1, 4))])
    np.testing.assert_allclose(unit_norm(rows), preprocessing.Normalizer().transform(rows), rtol=1e-6)


@pytest.mark.parametrize(
    ("layer", "theirs"),
    [
        (layers.Normalization(), preprocessing.StandardScaler()),
        (layers.MinMaxNormalization(), preprocessing.MinMaxScaler()),
        (layers.MinMaxNormalization(feature_range=(-1, 3)), preprocessing.MinMaxScaler((-1, 3))),
    ],
    ids=["z-score", "0 to 1", "-1 to 3"],
)
def test_the_layers_scale_as_scikit_learn_does_and_are_saved_with_the_model(layer, theirs, tmp_path):
    rows = TRAIN[:, :3]
    layer.adapt(rows)
    model = models.Sequential([layers.Input(shape=(3,)), layer, layers.Dense(2)])
    wanted = theirs.fit(rows).transform(TEST[:, :3])
    np.testing.assert_allclose(layer(TEST[:, :3]).numpy(), wanted, rtol=1e-4, atol=1e-4)
    assert not layer.trainable_weights
    model.save(tmp_path / "scaled.afina")
    again = models.load_model(tmp_path / "scaled.afina")
    np.testing.assert_array_equal(
        again.predict(TEST[:, :3], verbose=0), model.predict(TEST[:, :3], verbose=0)
    )


def test_training_leaves_the_statistics_alone():
    layer = layers.Normalization()
    layer.adapt(TRAIN)
    before = layer.get_weights()
    model = models.Sequential([layer, layers.Dense(1)])
    model.compile("sgd", "mse")
    model.fit(TEST.astype("float32"), TEST[:, :1].astype("float32"), epochs=1, verbose=0)
    for old, new in zip(before, layer.get_weights(), strict=True):
        np.testing.assert_array_equal(old, new)


def test_the_normalization_layer_takes_axes_given_statistics_and_inverts(rng):
    x = rng.normal(size=(6, 4, 5, 3)).astype("float32")
    by_row_and_channel = layers.Normalization(axis=(1, 3))
    by_row_and_channel.adapt(x)
    mean, std = x.mean((0, 2), keepdims=True), x.std((0, 2), keepdims=True)
    np.testing.assert_allclose(by_row_and_channel(x).numpy(), (x - mean) / std, rtol=1e-4, atol=1e-5)
    of_all = layers.Normalization(axis=None)
    of_all.adapt(x)
    np.testing.assert_allclose(of_all(x).numpy(), (x - x.mean()) / x.std(), rtol=1e-4, atol=1e-5)
    given = layers.Normalization(mean=[1.0, 2.0, 3.0], variance=4.0)
    np.testing.assert_allclose(given(x).numpy(), (x - [1, 2, 3]) / 2, rtol=1e-5, atol=1e-6)
    back = layers.Normalization(mean=[1.0, 2.0, 3.0], variance=4.0, invert=True)
    np.testing.assert_allclose(back(given(x)).numpy(), x, rtol=1e-5, atol=1e-5)


def test_z_scores_make_gradient_descent_on_an_ill_scaled_quadratic_ten_times_shorter():
    rng = np.random.default_rng(2)
    x = rng.normal(size=(400, 2)) * [1.0, 30.0]
    x -= x.mean(axis=0)
    y = x @ [[1.0], [0.1]]

    def steps(rows):
        curvature = np.linalg.eigvalsh(rows.T @ rows / len(rows)).max()
        model = models.Sequential(
            [layers.Input(shape=(2,), dtype="float64"), layers.Dense(1, dtype="float64")]
        )
        model.layers[-1].set_weights([np.zeros((2, 1)), np.zeros(1)])
        weights = model.trainable_weights
        for step in range(1, 20_000):
            loss = ((model(rows) - afina.tensor(y)) ** 2.0).mean()
            if loss.item() < 1e-3 * float(np.mean(y**2)):
                return step
            for weight, gradient in zip(weights, afina.gradients(loss, weights), strict=True):
                weight.assign(weight.numpy() - 0.5 / curvature * gradient.numpy())
        raise AssertionError("did not converge")

    assert steps(x) > 10 * steps(Normalizer().fit(x)(x))


@pytest.mark.parametrize(
    ("call", "error"),
    [
        (lambda: Normalizer()(np.zeros((2, 2))), NotBuiltError),
        (lambda: Normalizer().fit(np.zeros((0, 2))), ShapeError),
        (lambda: Normalizer().fit(np.array(["a"])), ArgumentError),
        (lambda: Normalizer().fit([[1.0], [np.nan]]), ArgumentError),
        (lambda: Normalizer(axis=5).fit(np.zeros((3, 2))), ArgumentError),
        (lambda: Normalizer(axis=1).fit(np.zeros((3, 2))), ArgumentError),
        (lambda: Normalizer().fit(np.zeros((3, 2)))(np.zeros((3, 4))), ShapeError),
        (lambda: MinMaxNormalizer(feature_range=(1, 0)), ArgumentError),
        (lambda: MinMaxNormalizer(feature_range="text"), ArgumentError),
        (lambda: unit_norm(np.zeros((3, 2)), axis=4), ArgumentError),
        (lambda: layers.Normalization()(np.zeros((2, 2), "float32")), NotBuiltError),
        (lambda: layers.Normalization(mean=1.0), ArgumentError),
        (lambda: layers.Normalization(mean=[1.0, 2.0], variance=1.0)(np.zeros((2, 3))), ShapeError),
        (lambda: layers.Normalization(mean=0.0, variance=-1.0), ArgumentError),
        (lambda: layers.Normalization(axis=0).adapt(np.zeros((2, 3))), ShapeError),
        (lambda: layers.Normalization().adapt(np.zeros((0, 3))), ShapeError),
        (lambda: layers.Normalization().adapt([[np.inf]]), ArgumentError),
        (lambda: layers.MinMaxNormalization().adapt("text"), TypeError),
        (lambda: layers.MinMaxNormalization(feature_range=(0, float("nan"))), ArgumentError),
    ],
)
def test_wrong_use_is_a_typed_error(call, error):
    with pytest.raises(error, match=r"Norm|unit_norm"):
        call()
