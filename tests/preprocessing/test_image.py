"""Images brought to one aspect ratio, size and scale, inside and outside a model; Pillow is the oracle."""

import numpy as np
import pytest
from PIL import Image
from scipy import ndimage

from afina import layers
from afina.data.preprocessing import image
from afina.errors import AfinaError, FileFormatError

RNG = np.random.default_rng(0)
PICTURE = RNG.integers(0, 256, (20, 31, 3), dtype=np.uint8)


def test_the_decks_digit_is_scaled_by_255():
    digit = np.array([[0, 153, 204], [153, 0, 153], [204, 153, 0]], "uint8")
    scaled = layers.Rescaling(1 / 255)(digit[None, :, :, None]).numpy()[0, :, :, 0]
    np.testing.assert_allclose(scaled, [[0, 0.6, 0.8], [0.6, 0, 0.6], [0.8, 0.6, 0]], atol=1e-6)


def test_one_aspect_ratio_by_cutting_or_by_padding():
    square = image.crop_to_aspect(PICTURE)
    np.testing.assert_array_equal(square, PICTURE[:, 5:25])
    padded = image.pad_to_aspect(PICTURE, fill_value=7)
    assert padded.shape == (31, 31, 3)
    assert padded.dtype == np.uint8
    np.testing.assert_array_equal(padded[5:25], PICTURE)
    assert (np.delete(padded, np.s_[5:25], axis=0) == 7).all()
    assert image.crop_to_aspect(PICTURE, 2.0).shape == (16, 31, 3)
    assert image.pad_to_aspect(PICTURE[:, :, 0], 0.5).shape == (62, 31)


@pytest.mark.parametrize("method", image.METHODS)
@pytest.mark.parametrize("size", [(10, 12), (45, 50)])
def test_resizing_is_pillows(method, size):
    for c in range(3):
        theirs = Image.fromarray(PICTURE[:, :, c].astype("float32")).resize(
            size[::-1], getattr(Image.Resampling, method.upper())
        )
        ours = image.resize(PICTURE.astype("float32"), size, method=method)
        np.testing.assert_allclose(ours[:, :, c], np.asarray(theirs), atol=1e-4)
    rounded = image.resize(PICTURE, size, method=method)
    assert rounded.dtype == np.uint8
    assert np.abs(rounded - np.clip(ours, 0, 255)).max() <= 0.5001


def test_images_of_any_size_become_one_size():
    shapes = [(20, 31, 3), (8, 5, 3), (64, 64, 3)]
    for fit in image.FITS:
        batch = np.stack([image.resize(RNG.uniform(size=s), (16, 16), fit=fit) for s in shapes])
        assert batch.shape == (3, 16, 16, 3)
    wide = np.zeros((10, 20), "float32")
    wide[:, 5:15] = 1
    assert image.resize(wide, (8, 8), fit="crop").min() == 1.0
    assert image.resize(wide, (8, 8), fit="pad")[0].max() == 0.0


def test_a_picture_file_is_read_and_a_damaged_one_is_named(tmp_path):
    Image.fromarray(PICTURE).save(tmp_path / "picture.png")
    np.testing.assert_array_equal(image.load_image(tmp_path / "picture.png"), PICTURE)
    grey = image.load_image(tmp_path / "picture.png", (8, 8), color_mode="grayscale", fit="crop")
    assert (grey.shape, grey.dtype) == ((8, 8, 1), np.uint8)
    (tmp_path / "damaged.png").write_bytes((tmp_path / "picture.png").read_bytes()[:200])
    with pytest.raises(FileFormatError, match=r"damaged\.png"):
        image.load_image(tmp_path / "damaged.png")
    with pytest.raises(FileNotFoundError):
        image.load_image(tmp_path / "missing.png")


@pytest.mark.parametrize("size", [(10, 12), (45, 50), (20, 31)])
def test_the_layer_with_antialias_is_pillows_bilinear(size):
    x = RNG.uniform(0, 255, (2, 20, 31, 3)).astype("float32")
    ours = layers.Resizing(*size, antialias=True)(x).numpy()
    for i in range(2):
        np.testing.assert_allclose(ours[i], image.resize(x[i], size), atol=1e-2)


@pytest.mark.parametrize(("interpolation", "order"), [("bilinear", 1), ("nearest", 0)])
@pytest.mark.parametrize("size", [(10, 12), (45, 50)])
def test_the_layer_without_antialias_reads_between_the_nearest_pixels(interpolation, order, size):
    x = RNG.uniform(0, 1, (2, 20, 31, 2))
    rows, columns = (
        (np.arange(new) + 0.5) * old / new - 0.5 for new, old in zip(size, (20, 31), strict=True)
    )
    if order == 0:
        rows, columns = (np.floor(place + 0.5) for place in (rows, columns))
    grid = np.meshgrid(rows, columns, indexing="ij")
    ours = layers.Resizing(*size, interpolation, dtype="float64")(x).numpy()
    expected = ndimage.map_coordinates(x[1, :, :, 1], grid, order=order, mode="nearest")
    np.testing.assert_allclose(ours[1, :, :, 1], expected, atol=1e-12)


def test_the_layer_cuts_or_pads_to_the_new_aspect_ratio_and_takes_both_layouts():
    x = RNG.uniform(0, 1, (2, 20, 30, 3)).astype("float32")
    cut = layers.Resizing(10, 10, crop_to_aspect_ratio=True)(x).numpy()
    np.testing.assert_allclose(cut, layers.Resizing(10, 10)(x[:, :, 5:25]).numpy(), atol=1e-6)
    padded = layers.Resizing(15, 15, pad_to_aspect_ratio=True, fill_value=0.5)(x).numpy()
    whole = np.pad(x, ((0, 0), (5, 5), (0, 0), (0, 0)), constant_values=0.5)
    np.testing.assert_allclose(padded, layers.Resizing(15, 15)(whole).numpy(), atol=1e-6)
    first = layers.Resizing(10, 10, crop_to_aspect_ratio=True, data_format="channels_first")
    np.testing.assert_allclose(first(x.transpose(0, 3, 1, 2)).numpy().transpose(0, 2, 3, 1), cut, atol=1e-6)
    middle = layers.CenterCrop(7, 8)(x).numpy()
    np.testing.assert_array_equal(middle, x[:, 6:13, 11:19])


@pytest.mark.parametrize(
    ("call", "text"),
    [
        (lambda: image.crop_to_aspect(np.zeros(3)), "crop_to_aspect: image must be"),
        (lambda: image.crop_to_aspect(PICTURE, 0.0), "crop_to_aspect: ratio"),
        (lambda: image.pad_to_aspect(PICTURE, fill_value=np.nan), "pad_to_aspect: fill_value"),
        (lambda: image.resize(PICTURE, (0, 3)), "resize: size"),
        (lambda: image.resize(PICTURE, 3), "resize: size"),
        (lambda: image.resize(PICTURE, (3, 3), method="cubic"), "resize: method"),
        (lambda: image.resize(PICTURE, (3, 3), fit="squeeze"), "resize: fit"),
        (lambda: image.resize("text", (3, 3)), "resize: image must be real"),
        (lambda: image.load_image("x.png", color_mode="cmyk"), "load_image: color_mode"),
        (lambda: layers.Resizing(0, 3), "Resizing.*height"),
        (lambda: layers.Resizing(3, 3, "cubic"), "Resizing.*interpolation"),
        (lambda: layers.Resizing(3, 3, "nearest", True, True), "Resizing.*exclude"),
        (lambda: layers.CenterCrop(9, 9)(np.zeros((1, 8, 9, 1), "float32")), "CenterCrop.*does not fit"),
    ],
)
def test_wrong_arguments_are_named(call, text):
    with pytest.raises(AfinaError, match=text):
        call()
