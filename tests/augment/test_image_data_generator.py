"""ImageDataGenerator: `flow` trains a model, its arguments mean what Keras's mean, and it resumes."""

import numpy as np
import pytest

import afina
from afina import layers, models
from afina.augment import ImageDataGenerator
from afina.errors import AfinaError

RNG = np.random.default_rng(0)
X = RNG.integers(0, 256, (40, 12, 10, 3)).astype("float32")
Y = np.arange(40) % 4


def generator(seed=0):
    return np.random.default_rng(seed)


def classifier():
    afina.utils.set_random_seed(3)
    model = models.Sequential([layers.Flatten(), layers.Dense(4, activation="softmax")])
    model.compile("sgd", "sparse_categorical_crossentropy", metrics=["accuracy"])
    return model


ALL = {
    **{"rotation_range": 20, "width_shift_range": 0.2, "height_shift_range": 2, "shear_range": 10},
    **{"zoom_range": 0.2, "horizontal_flip": True, "rescale": 1 / 255},
    **{"brightness_range": (0.8, 1.2), "channel_shift_range": 20.0},
}


def test_flow_is_given_to_fit_and_validation_is_left_as_it_is(tmp_path):
    train = ImageDataGenerator(**ALL, validation_split=0.25)
    plain = ImageDataGenerator(rescale=1 / 255, validation_split=0.25)
    model = classifier()
    history = model.fit(
        train.flow(X, Y, batch_size=8, seed=1, subset="training"),
        validation_data=plain.flow(X, Y, batch_size=8, shuffle=False, subset="validation"),
        epochs=3,
        verbose=0,
    )
    assert len(history.history["val_loss"]) == 3
    expected = model.evaluate(X[:10] / 255, Y[:10], verbose=0)
    assert history.history["val_loss"][-1] == pytest.approx(expected[0], rel=1e-5)


def test_a_training_from_flow_resumes_bit_for_bit(tmp_path):
    def flow():
        return ImageDataGenerator(**ALL).flow(X, Y, batch_size=16, seed=5, workers=2)

    whole = classifier()
    whole.fit(flow(), epochs=3, verbose=0)
    for epochs in (1, 3):
        halves = classifier()
        halves.fit(flow(), epochs=epochs, verbose=0, resume=str(tmp_path / "run"))
    for a, b in zip(whole.get_weights(), halves.get_weights(), strict=True):
        np.testing.assert_array_equal(a, b)


def test_batches_keep_their_labels_and_weights_and_come_from_the_seed():
    weights = np.linspace(0, 1, 40)

    def make(seed):
        return list(ImageDataGenerator(**ALL).flow(X, Y, 16, sample_weight=weights, seed=seed))

    first, again, other = make(1), make(1), make(2)
    order = np.concatenate([w for _, _, w in first])
    np.testing.assert_array_equal(
        np.concatenate([y for _, y, _ in first]), Y[np.rint(order * 39).astype(int)]
    )
    assert [len(x) for x, _, _ in first] == [16, 16, 8]
    assert all((a[0] == b[0]).all() for a, b in zip(first, again, strict=True))
    assert (first[0][0] != other[0][0]).any()
    alone = next(iter(ImageDataGenerator().flow(X, batch_size=4, shuffle=False)))
    np.testing.assert_array_equal(alone, X[:4])


def test_shifts_are_shares_below_one_and_pixels_above():
    for shift in (0.2, 2):  # of ten columns
        images = ImageDataGenerator(width_shift_range=shift, fill_mode="wrap")
        ramp = np.tile(np.arange(10.0).reshape(1, 1, 10, 1), (500, 12, 1, 1))
        moved = images.random_transform(ramp, generator())
        offset = 5.0 - moved[:, 0, 5, 0]
        assert 1.8 < np.abs(offset).max() <= 2.0
        assert (moved == moved[:, :1]).all()  # no row moved


def test_statistics_of_fit_centre_scale_and_whiten():
    images = ImageDataGenerator(featurewise_center=True, featurewise_std_normalization=True).fit(X)
    scaled = images.standardize(X)
    np.testing.assert_allclose(scaled.mean((0, 1, 2)), 0, atol=1e-4)
    np.testing.assert_allclose(scaled.std((0, 1, 2)), 1, rtol=1e-4)
    each = ImageDataGenerator(samplewise_center=True, samplewise_std_normalization=True).standardize(X)
    np.testing.assert_allclose(each.mean((1, 2, 3)), 0, atol=1e-5)
    np.testing.assert_allclose(each.std((1, 2, 3)), 1, rtol=1e-4)
    small = RNG.normal(size=(500, 3, 3, 1)) @ [[1.0]] * [[[1.0], [5.0], [0.2]]]
    white = ImageDataGenerator(featurewise_center=True, zca_whitening=True).fit(small).standardize(small)
    flat = white.reshape(500, 9)
    np.testing.assert_allclose(flat.T @ flat / 500, np.eye(9), atol=1e-3)


def test_a_function_sees_each_image_and_channels_first_is_the_transpose():
    doubled = ImageDataGenerator(preprocessing_function=lambda image: image * 2, rescale=0.5).standardize(X)
    np.testing.assert_array_equal(doubled, X)
    last = ImageDataGenerator(**ALL).random_transform(X, generator(3))
    first = ImageDataGenerator(**ALL, data_format="channels_first")
    np.testing.assert_array_equal(
        first.random_transform(X.transpose(0, 3, 1, 2), generator(3)).transpose(0, 2, 3, 1), last
    )


@pytest.mark.parametrize(
    ("call", "text"),
    [
        (lambda: ImageDataGenerator(rotation_range="much"), "rotation_range"),
        (lambda: ImageDataGenerator(zoom_range=2.0), "zoom_range"),
        (lambda: ImageDataGenerator(zoom_range=(1.2, 0.8)), "zoom_range"),
        (lambda: ImageDataGenerator(fill_mode="zeros"), "fill_mode"),
        (lambda: ImageDataGenerator(cval="black"), "fill_value"),
        (lambda: ImageDataGenerator(preprocessing_function=3), "preprocessing_function"),
        (lambda: ImageDataGenerator(validation_split=1.0), "validation_split"),
        (lambda: ImageDataGenerator(brightness_range=-1.0), "brightness_range"),
        (lambda: ImageDataGenerator().flow(X[0]), "rank 4"),
        (lambda: ImageDataGenerator().flow(X, Y[:3]), "lengths differ"),
        (lambda: ImageDataGenerator().flow(X, sample_weight=Y), "sample_weight needs y"),
        (lambda: ImageDataGenerator().flow(X, subset="training"), "validation_split"),
        (lambda: ImageDataGenerator().flow("text"), "x must be real numbers"),
        (lambda: ImageDataGenerator(featurewise_center=True).standardize(X), "call fit"),
        (
            lambda: ImageDataGenerator(width_shift_range=11).random_transform(X, generator()),
            "width_shift_range",
        ),
        (lambda: ImageDataGenerator().fit(X[:0]), "at least one image"),
    ],
)
def test_wrong_arguments_are_named(call, text):
    with pytest.raises(AfinaError, match=text):
        call()
