"""Random image layers: what each draws, exactly what it does with it, and when."""

import json
import math

import numpy as np
import pytest
from scipy import ndimage

import afina
from afina import layers, models
from afina.augment import affine_transform
from afina.data import Loader
from afina.errors import AfinaError

RANDOM = {
    "flip": lambda **k: layers.RandomFlip(**k),
    "rotation": lambda **k: layers.RandomRotation(0.2, **k),
    "translation": lambda **k: layers.RandomTranslation(0.3, 0.2, **k),
    "zoom": lambda **k: layers.RandomZoom(0.3, **k),
    "shear": lambda **k: layers.RandomShear(0.3, 0.2, **k),
    "crop": lambda **k: layers.RandomCrop(8, 7, **k),
    "elastic": lambda **k: layers.RandomElasticTransform(**k),
    "brightness": lambda **k: layers.RandomBrightness(0.3, **k),
    "contrast": lambda **k: layers.RandomContrast(0.5, **k),
    "channel shift": lambda **k: layers.RandomChannelShift(0.3, **k),
    "noise": lambda **k: layers.RandomNoise(0.1, **k),
    "PCA color": lambda **k: adapted(layers.RandomPCAColor(3.0, **k)),
    "erasing": lambda **k: layers.RandomErasing(**k),
    "pipeline": lambda **k: layers.Pipeline([layers.RandomFlip(), layers.RandomRotation(0.1)], **k),
}
IMAGES = np.random.default_rng(7).integers(0, 256, (6, 12, 10, 3), dtype=np.uint8)


def adapted(layer):
    layer.adapt(IMAGES)
    return layer


def generator(seed=0):
    return np.random.default_rng(seed)


@pytest.mark.parametrize("name", RANDOM)
def test_dtype_and_range_are_kept(name):
    for x in (IMAGES, IMAGES.astype("float32"), IMAGES.astype("float64")):
        y = RANDOM[name]().augment(x, generator())
        assert y.dtype == x.dtype
        assert y.min() >= 0
        assert y.max() <= 255
        assert y.shape[0] == 6
        assert y.shape != x.shape or (y != x).any()


@pytest.mark.parametrize("name", RANDOM)
def test_a_seed_fixes_the_changes_and_every_sample_and_call_has_its_own(name):
    x = np.repeat(IMAGES[:1], 16, axis=0).astype("float32")
    layer, twin = RANDOM[name](seed=5), RANDOM[name](seed=5)
    first, second = layer(x, training=True).numpy(), layer(x, training=True).numpy()
    np.testing.assert_array_equal(first, twin(x, training=True).numpy())
    afina.random.set_seed(99)  # whatever else draws
    np.testing.assert_array_equal(second, twin(x, training=True).numpy())
    assert (first != second).any()
    assert any((first[i] != first[0]).any() for i in range(1, 16))
    other = RANDOM[name](seed=6)(x, training=True).numpy()
    assert (other != first).any()


@pytest.mark.parametrize("name", RANDOM)
def test_inference_evaluation_and_prediction_leave_the_data_alone(name):
    x = IMAGES.astype("float32")
    layer = RANDOM[name]()
    expected = x[:, 2:10, 1:8] if name == "crop" else x
    np.testing.assert_array_equal(layer(x).numpy(), expected)
    model = models.Sequential([layer, layers.Flatten(), layers.Dense(1)])
    model.compile("sgd", "mse")
    model(x)
    y = expected.reshape(6, -1) @ model.layers[-1].get_weights()[0]
    np.testing.assert_allclose(model.predict(x, verbose=0), y, rtol=1e-3, atol=1e-3)
    assert model.evaluate(x, y, verbose=0) < 1e-3 * float((y**2).mean())
    assert (model(x, training=True).numpy() != model(x).numpy()).any()


@pytest.mark.parametrize("name", RANDOM)
def test_every_frame_of_a_video_is_changed_alike(name):
    videos = np.repeat(IMAGES[:, None], 4, axis=1)
    y = RANDOM[name]().augment(videos, generator(1))
    for frame in range(4):
        np.testing.assert_array_equal(y[:, frame], y[:, 0])
    assert len({video.tobytes() for video in y}) > 1
    np.testing.assert_array_equal(RANDOM[name]().augment(IMAGES, generator(1)), y[:, 0])


@pytest.mark.parametrize("name", RANDOM)
def test_channels_first_is_the_same_change_of_transposed_images(name):
    if name == "pipeline":
        given = {"data_format": "channels_first"}
        steps = [layers.RandomFlip(**given), layers.RandomCrop(8, 7, **given)]
        last, first = layers.Pipeline([layers.RandomFlip(), layers.RandomCrop(8, 7)]), layers.Pipeline(steps)
    elif name == "PCA color":
        last, first = RANDOM[name](), layers.RandomPCAColor(3.0, data_format="channels_first")
        first.adapt(IMAGES.transpose(0, 3, 1, 2))
    else:
        last, first = RANDOM[name](), RANDOM[name](data_format="channels_first")
    y = first.augment(IMAGES.transpose(0, 3, 1, 2), generator(1))
    np.testing.assert_array_equal(y.transpose(0, 2, 3, 1), last.augment(IMAGES, generator(1)))


# --- each change, exactly ---


def test_flips_mirror_or_leave_each_image():
    y = layers.RandomFlip("horizontal").augment(IMAGES, generator(3))
    mirrored = [bool((y[i] == IMAGES[i, :, ::-1]).all()) for i in range(6)]
    assert all(m or (y[i] == IMAGES[i]).all() for i, m in enumerate(mirrored))
    assert 0 < sum(mirrored) < 6
    y = layers.RandomFlip("vertical").augment(IMAGES, generator(3))
    assert all((y[i] == IMAGES[i]).all() or (y[i] == IMAGES[i, ::-1]).all() for i in range(6))


@pytest.mark.parametrize("name", ["rotation", "translation", "zoom", "shear"])
def test_an_affine_layer_resamples_by_the_matrices_it_draws_within_its_factors(name):
    x = IMAGES.astype("float32")
    layer = RANDOM[name]()
    drawn = layer.draw(generator(4), 6, x.shape[1:])
    expected = affine_transform(x, layer.matrices(drawn, x.shape[1:3]), fill_mode="reflect")
    np.testing.assert_allclose(layer.augment(x, generator(4)), expected, atol=1e-3)
    many = layer.draw(generator(5), 20_000, x.shape[1:])
    limits = {"angle": 0.2 * 2 * math.pi, "down": 0.3, "right": 0.2, "tall": 0.3, "wide": 0.3}
    limits |= {"c_x": 0.3, "c_y": 0.2}
    for key, values in many.items():
        assert abs(values.min() + limits[key]) < 0.01
        assert abs(values.max() - limits[key]) < 0.01
        assert abs(values.mean()) < 0.02


def test_a_quarter_turn_and_a_whole_pixel_shift_are_numpys():
    square = IMAGES[:, :10].astype("float32")
    turned = layers.RandomRotation((0.25, 0.25)).augment(square, generator())
    np.testing.assert_allclose(turned, np.rot90(square, axes=(1, 2)), atol=1e-3)
    shifted = layers.RandomTranslation((0.25, 0.25), (-0.2, -0.2), "wrap").augment(IMAGES, generator())
    np.testing.assert_array_equal(shifted, np.roll(IMAGES, (3, -2), axis=(1, 2)))


def test_a_zoom_factor_above_zero_zooms_out_as_in_keras():
    x = np.zeros((1, 9, 9, 1), "float32")
    x[:, 3:6, 3:6] = 1
    zoomed = layers.RandomZoom((1.0, 1.0), fill_mode="constant").augment(x, generator())
    assert zoomed.sum() < 0.5 * x.sum()


def test_a_crop_is_a_window_of_the_image_and_every_place_is_drawn():
    x = np.broadcast_to(np.arange(120).reshape(1, 12, 10, 1), (4000, 12, 10, 1))
    y = layers.RandomCrop(8, 7).augment(x, generator())
    corner = y[:, 0, 0, 0]
    np.testing.assert_array_equal(y[:, :, :, 0], corner[:, None, None] + x[0, :8, :7, 0])
    assert set(corner.tolist()) == {row * 10 + column for row in range(5) for column in range(4)}


def test_an_elastic_warp_moves_pixels_smoothly_by_the_stated_strength():
    layer = layers.RandomElasticTransform(scale=1.5, sigma=4.0)
    drawn = layer.draw(generator(), 3, (40, 32, 3))
    for field in drawn.values():
        np.testing.assert_allclose(np.sqrt((field**2).mean(axis=(1, 2))), 1.5, rtol=1e-4)
        assert np.abs(np.diff(field, axis=1)).max() < 1.5
    x = generator(1).uniform(0, 255, (3, 40, 32, 2)).astype("float32")
    y = layer.augment(x, generator())
    rows = np.arange(40)[:, None] + drawn["down"][0]
    columns = np.arange(32) + drawn["right"][0]
    expected = ndimage.map_coordinates(x[0, :, :, 1], [rows, columns], order=1, mode="reflect")
    np.testing.assert_allclose(y[0, :, :, 1], expected, atol=1e-2)
    still = layers.RandomElasticTransform(factor=0.0).augment(x, generator())
    np.testing.assert_array_equal(still, x)


def test_colour_shifts_add_one_share_a_channel_and_brightness_one_an_image():
    x = np.full((5, 4, 4, 3), 100.0)
    shift = layers.RandomChannelShift(0.2).augment(x, generator()) - x
    assert np.ptp(shift, axis=(1, 2)).max() == 0
    assert np.ptp(shift[:, 0, 0], axis=1).min() > 0
    assert 1 < np.abs(shift).max() <= 51
    bright = layers.RandomBrightness(0.2).augment(x, generator()) - x
    assert np.ptp(bright, axis=(1, 2, 3)).max() == 0
    assert np.ptp(bright[:, 0, 0, 0]) > 0


def test_contrast_stretches_about_the_mean_of_each_channel():
    x = IMAGES[:1].astype("float64")
    y = layers.RandomContrast((0.5, 0.0), (-1e3, 1e3)).augment(x, generator())
    mean = x.mean(axis=(1, 2), keepdims=True)
    gain = (y - mean) / (x - mean)
    assert 0.5 <= gain.mean() <= 1.0
    np.testing.assert_allclose(gain, gain.mean(), rtol=1e-10)


def test_pca_colour_adds_the_sum_of_alpha_lambda_p():
    layer = adapted(layers.RandomPCAColor(value_range=(-1e4, 1e4)))
    pixels = IMAGES.reshape(-1, 3) / 2e4
    values, vectors = np.linalg.eigh(np.cov(pixels.T, ddof=0))
    alpha = layer.draw(generator(2), 6, (12, 10, 3))["alpha"]
    y = layer.augment(IMAGES.astype("float64"), generator(2))
    expected = 2e4 * sum(alpha[:, i, None] * values[i] * vectors[:, i] for i in range(3))
    added = y - IMAGES
    np.testing.assert_allclose(
        np.abs(added), np.abs(np.broadcast_to(expected[:, None, None], y.shape)), rtol=1e-3
    )
    many = layer.draw(generator(2), 100_000, (12, 10, 3))["alpha"]
    assert abs(many.std() - 0.1) < 1e-3
    assert abs(many.mean()) < 1e-3


def test_pca_colour_is_saved_with_its_model(tmp_path):
    model = models.Sequential([adapted(layers.RandomPCAColor(seed=3)), layers.Flatten(), layers.Dense(2)])
    model(IMAGES.astype("float32"))
    model.save(tmp_path / "model.afina")
    again = models.load_model(tmp_path / "model.afina")
    first, second = (m.layers[0].augment(IMAGES, generator()) for m in (model, again))
    np.testing.assert_array_equal(first, second)


def test_erasing_overwrites_one_rectangle_of_the_stated_area():
    x = np.full((400, 32, 32, 3), 7.0)
    y = layers.RandomErasing(0.5, (0.1, 0.3), fill_value=9.0).augment(x, generator())
    erased = (y == 9.0).all(axis=3)
    assert ((y == 7.0) | (y == 9.0)).all()
    share = erased.mean(axis=(1, 2))
    assert abs((share > 0).mean() - 0.5) < 0.08
    hit = share[share > 0]
    assert 0.07 < hit.min() < 0.12
    assert 0.27 < hit.max() < 0.33
    for mask in erased[share > 0]:
        rows, columns = mask.any(axis=1).nonzero()[0], mask.any(axis=0).nonzero()[0]
        assert mask.sum() == (np.ptp(rows) + 1) * (np.ptp(columns) + 1)
    noise = layers.RandomErasing(scale=(0.3, 0.3)).augment(x, generator())
    assert np.ptp(noise[noise != 7.0]) > 250


def test_a_pipeline_resamples_a_run_of_affine_layers_once():
    x = ndimage.gaussian_filter(generator(6).uniform(0, 255, (4, 16, 16, 2)), (0, 2, 2, 0))
    turn, back = layers.RandomRotation((0.1, 0.1)), layers.RandomRotation((-0.1, -0.1))
    flips = [layers.RandomFlip("horizontal"), layers.RandomTranslation(0.0, 0.0)]
    once = layers.Pipeline([turn, back, *flips]).augment(x, generator(3))
    coins = layers.RandomFlip("horizontal").draw(_after_two_draws(generator(3)), 4, x.shape[1:])["horizontal"]
    assert 0 < coins.sum() < 4
    np.testing.assert_allclose(once, np.where(coins[:, None, None, None], x[:, :, ::-1], x), atol=1e-3)
    twice = back.augment(turn.augment(x, generator()), generator())
    assert np.abs(twice - x).max() > 1.0


def _after_two_draws(source):
    source.uniform(0.1, 0.1, 4)
    source.uniform(0.1, 0.1, 4)
    return source


def test_a_pipeline_keeps_apart_what_one_resampling_cannot_do():
    x = IMAGES.astype("float32")
    steps = [
        layers.RandomRotation(0.1, "constant"),
        layers.RandomZoom(0.2, fill_mode="nearest"),
        layers.RandomCrop(8, 8),
        layers.RandomBrightness(0.1),
    ]
    source = generator(8)
    expected = x
    for step in steps:
        expected = step.augment(expected, source)
    np.testing.assert_array_equal(layers.Pipeline(steps).augment(x, generator(8)), expected)


# --- beside a model, and inside one ---


@pytest.mark.parametrize("workers", [0, 2])
def test_a_layer_is_a_batch_transform_and_a_transform_of_a_loader(workers):
    labels = np.arange(6)
    layer = layers.Pipeline([layers.RandomFlip(), layers.RandomTranslation(0.2, 0.2)])
    options = {"batch_size": 4, "shuffle": True, "seed": 3, "workers": workers}
    for transform in ({"batch_transform": layer.on_batch}, {"transform": layer.on_sample}):
        loader = Loader((IMAGES, labels), **options, **transform)
        first, again = list(loader), list(Loader((IMAGES, labels), **options, **transform))
        assert sorted(np.concatenate([y for _, y in first]).tolist()) == labels.tolist()
        assert all((a[0] == b[0]).all() for a, b in zip(first, again, strict=True))
        assert (np.concatenate([x for x, _ in first]) != IMAGES[loader.order(0)]).any()
        resumed = Loader((IMAGES, labels), **options, **transform)
        resumed.load_state(json.loads(json.dumps({**loader.state(), "epoch": 0, "batch": 1})))
        np.testing.assert_array_equal(next(iter(resumed))[0], first[1][0])


def test_a_training_with_augmentation_inside_the_model_resumes_bit_for_bit(tmp_path):
    x, y = IMAGES.astype("float32") / 255, np.arange(6) % 2

    def model():
        afina.utils.set_random_seed(4)
        made = models.Sequential(
            [
                layers.RandomFlip("horizontal", seed=1),
                layers.RandomRotation(0.1),
                layers.Flatten(),
                layers.Dense(2, activation="softmax"),
            ]
        )
        made.compile("sgd", "sparse_categorical_crossentropy")
        return made

    whole, halves = model(), None
    whole.fit(x, y, epochs=4, batch_size=2, verbose=0)
    for epochs in (2, 4):
        halves = model()
        halves.fit(x, y, epochs=epochs, batch_size=2, verbose=0, resume=str(tmp_path / "run"))
    for a, b in zip(whole.get_weights(), halves.get_weights(), strict=True):
        np.testing.assert_array_equal(a, b)


@pytest.mark.parametrize(
    ("call", "text"),
    [
        (lambda: layers.RandomFlip("sideways"), "RandomFlip.*mode"),
        (lambda: layers.RandomRotation("much"), "RandomRotation.*factor must be a number or"),
        (lambda: layers.RandomRotation((0.2, -0.2)), "RandomRotation.*factor must lie in"),
        (lambda: layers.RandomRotation(-0.2), "RandomRotation.*factor must not be negative"),
        (lambda: layers.RandomRotation(0.1, "zeros"), "RandomRotation.*fill_mode"),
        (lambda: layers.RandomTranslation(2.0, 0.1), "RandomTranslation.*height_factor must lie"),
        (lambda: layers.RandomZoom(0.1, (-1.5, 0)), "RandomZoom.*width_factor must lie"),
        (lambda: layers.RandomShear(1.5), "RandomShear.*x_factor"),
        (lambda: layers.RandomCrop(0, 3), "RandomCrop.*height"),
        (lambda: layers.RandomCrop(13, 3)(IMAGES), "RandomCrop.*height 13 does not fit"),
        (lambda: layers.RandomElasticTransform(factor=2.0), "RandomElasticTransform.*factor"),
        (lambda: layers.RandomElasticTransform(sigma=0.0), "RandomElasticTransform.*sigma"),
        (lambda: layers.RandomBrightness(0.1, (1, 0)), "RandomBrightness.*value_range"),
        (lambda: layers.RandomContrast(1.5), "RandomContrast.*factor"),
        (lambda: layers.RandomNoise(-0.1), "RandomNoise.*stddev"),
        (lambda: layers.RandomPCAColor()(IMAGES, training=True), "RandomPCAColor.*call adapt"),
        (lambda: layers.RandomPCAColor().adapt(IMAGES[0]), "RandomPCAColor.*rank"),
        (lambda: layers.RandomErasing(scale=(0.5, 1.5)), "RandomErasing.*scale"),
        (lambda: layers.Pipeline([]), "Pipeline: layers"),
        (lambda: layers.Pipeline([layers.Dense(3)]), "Pipeline: layers must be image augmentations"),
        (lambda: layers.RandomFlip()(np.zeros((4, 4, 3), "float32")), "RandomFlip.*rank 4"),
        (lambda: layers.RandomFlip().augment(IMAGES, 3), "RandomFlip.*generator"),
        (lambda: layers.RandomFlip().augment("text", generator()), "RandomFlip.*x must be real"),
        (lambda: layers.RandomFlip().on_batch({"x": IMAGES}, generator()), "RandomFlip.*a batch must be"),
        (lambda: layers.RandomFlip(seed=-1), "RandomFlip.*seed"),
    ],
)
def test_wrong_arguments_are_named(call, text):
    with pytest.raises(AfinaError, match=text):
        call()
