"""Affine maps: the deck's matrices, SciPy's resampling, one resampling for several maps."""

import math

import numpy as np
import pytest
from scipy import ndimage

import afina
from afina.augment import affine_transform, compose, flip, rotation, scaling, shear, translation
from afina.errors import AfinaError

COS, SIN = math.cos(0.3), math.sin(0.3)
SCIPY_MODES = {"constant": "grid-constant", "nearest": "nearest", "reflect": "reflect", "wrap": "grid-wrap"}
TURN_AND_SHIFT = compose(rotation(0.4), shear(0.3, -0.1), scaling(1.3, 0.8), translation(2.25, -1.5))
TUMBLE = compose(
    rotation(0.4, "xy", 3), rotation(-0.3, "yz", 3), scaling(1.1, 0.9, 1.2), translation(1.25, -0.5, 0.75)
)


@pytest.mark.parametrize(
    ("matrix", "printed"),
    [
        (translation(2, 3, 4), [[1, 0, 0, 2], [0, 1, 0, 3], [0, 0, 1, 4], [0, 0, 0, 1]]),
        (scaling(2, 3, 4)[:3, :3], np.diag([2, 3, 4])),
        (flip("x"), np.diag([-1, 1, 1])),
        (rotation(0.3), [[COS, SIN, 0], [-SIN, COS, 0], [0, 0, 1]]),
        (rotation(0.3, "xy", 3)[:3, :3], [[COS, SIN, 0], [-SIN, COS, 0], [0, 0, 1]]),
        (shear(0.5, 0), [[1, 0.5, 0], [0, 1, 0], [0, 0, 1]]),
    ],
    ids=["translation", "scaling", "flip", "rotation", "rotation in 3-D", "shear"],
)
def test_the_matrices_are_the_printed_ones(matrix, printed):
    np.testing.assert_allclose(matrix, printed, atol=1e-15)


def by_scipy(x, matrix, mode, order, cval):
    """The same map for SciPy, which wants the inverse in index order, about the first pixel."""
    size = np.array(x.shape[1:-1])
    inverse = np.linalg.inv(matrix)
    linear, shift = inverse[:-1, :-1][::-1, ::-1], inverse[:-1, -1][::-1]
    centre = (size - 1) / 2
    offset = shift + centre - linear @ centre
    channels = [
        ndimage.affine_transform(x[i, ..., c], linear, offset, order=order, mode=SCIPY_MODES[mode], cval=cval)
        for i in range(len(x))
        for c in range(x.shape[-1])
    ]
    return np.moveaxis(np.reshape(channels, (len(x), x.shape[-1], *size)), 1, -1)


@pytest.mark.parametrize("mode", SCIPY_MODES)
@pytest.mark.parametrize(("interpolation", "order"), [("bilinear", 1), ("nearest", 0)])
@pytest.mark.parametrize(
    ("shape", "matrix"), [((2, 9, 14, 3), TURN_AND_SHIFT), ((2, 6, 7, 8, 2), TUMBLE)], ids=["2-D", "3-D"]
)
def test_resampling_agrees_with_scipy(shape, matrix, mode, interpolation, order, rng):
    x = rng.uniform(0, 1, shape).astype("float32")
    ours = affine_transform(x, matrix, fill_mode=mode, interpolation=interpolation, fill_value=0.25)
    assert ours.dtype == np.float32
    np.testing.assert_allclose(ours, by_scipy(x, matrix, mode, order, 0.25), atol=1e-4)


def test_each_picture_has_its_own_matrix_and_integers_are_rounded(rng):
    x = rng.integers(0, 256, (3, 8, 8, 1), dtype=np.uint8)
    matrices = np.stack([translation(1, 0), flip("y"), rotation(0.2)])
    moved = affine_transform(x, matrices)
    assert moved.dtype == np.uint8
    np.testing.assert_array_equal(moved[0, :, 1:], x[0, :, :-1])
    np.testing.assert_array_equal(moved[1], x[1, ::-1])
    np.testing.assert_array_equal(
        moved[2], np.rint(by_scipy(x[2:].astype("f4"), matrices[2], "constant", 1, 0))[0]
    )


@pytest.mark.parametrize("axis", "xyz")
def test_flipping_twice_is_the_identity(axis, rng):
    x = rng.normal(size=(1, 4, 5, 6, 2))
    once = affine_transform(x, flip(axis, 3))
    np.testing.assert_array_equal(once, np.flip(x, 3 - "xyz".index(axis)))
    np.testing.assert_array_equal(affine_transform(once, flip(axis, 3)), x)


def test_a_quarter_turn_is_numpys(rng):
    x = rng.normal(size=(2, 7, 7, 3))
    np.testing.assert_allclose(
        affine_transform(x, rotation(math.pi / 2)), np.rot90(x, axes=(1, 2)), atol=1e-12
    )


def test_composed_maps_are_resampled_once(rng):
    smooth = ndimage.gaussian_filter(rng.normal(size=(1, 24, 24, 1)), (0, 3, 3, 0))
    there, back = rotation(0.3), rotation(-0.3)
    one = affine_transform(smooth, compose(there, back))
    two = affine_transform(affine_transform(smooth, there), back)
    np.testing.assert_allclose(one, smooth, atol=1e-12)
    assert np.abs(two - smooth)[:, 6:-6, 6:-6].max() > 1e-3  # read between the pixels twice


def test_gradients_flow_to_the_picture(rng):
    x = afina.tensor(rng.normal(size=(1, 5, 6, 2)), requires_grad=True)
    weighting = rng.normal(size=x.shape)
    (gradient,) = afina.gradients(afina.ops.sum(affine_transform(x, TURN_AND_SHIFT) * weighting), [x])
    step = rng.normal(size=x.shape)
    slope = affine_transform(x.numpy() + step, TURN_AND_SHIFT) - affine_transform(x.numpy(), TURN_AND_SHIFT)
    np.testing.assert_allclose((gradient.numpy() * step).sum(), (slope * weighting).sum(), rtol=1e-10)


@pytest.mark.parametrize(
    ("call", "text"),
    [
        (lambda: translation(1), "translation: offsets must be 2 or 3 numbers, got 1"),
        (lambda: scaling(1, 0), "scaling: factors must not be 0"),
        (lambda: rotation(float("nan")), "rotation: angle must be finite"),
        (lambda: rotation("text"), "rotation: angle .* got str"),
        (lambda: rotation(0.1, "xz"), "rotation: plane"),
        (lambda: rotation(0.1, dimensions=4), "rotation: dimensions"),
        (lambda: flip("z"), "flip: axis"),
        (lambda: shear(2.0, 0.5), "shear: c_x"),
        (compose, "compose: needs at least one"),
        (lambda: compose(np.eye(3), np.eye(4)), "compose: needs square matrices of one size"),
        (
            lambda: affine_transform(np.zeros((4, 4)), np.eye(3)),
            r"affine_transform: x must be \(n, h, w, c\)",
        ),
        (
            lambda: affine_transform(np.zeros((2, 4, 4, 1)), np.eye(4)),
            "affine_transform: x of shape .* needs",
        ),
        (lambda: affine_transform(np.zeros((2, 4, 4, 1)), np.zeros((3, 3))), "row 0 ... 0 1"),
        (lambda: affine_transform(np.zeros((2, 4, 4, 1)), np.diag([0, 1, 1])), "inverse"),
        (lambda: affine_transform(np.zeros((2, 4, 4, 1)), np.eye(3), fill_mode="zeros"), "fill_mode"),
        (lambda: affine_transform(np.zeros((2, 4, 4, 1)), np.eye(3), interpolation="cubic"), "interpolation"),
        (lambda: affine_transform(np.zeros((2, 4, 4, 1)), np.eye(3), fill_value=np.nan), "fill_value"),
        (lambda: affine_transform("text", np.eye(3)), "affine_transform: x must be real numbers"),
    ],
)
def test_wrong_arguments_are_named(call, text):
    with pytest.raises(AfinaError, match=text):
        call()
