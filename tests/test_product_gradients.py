"""Gradients of products that are computed in a way of their own are what float64 NumPy says.

Tall ones go block by block of rows; of few rows times a transposed matrix the result is turned over instead.
"""

import numpy as np
import pytest

import afina
from afina import ops

SHAPES = [  # rows, inputs, units: four blocks at least, and a rest
    (60_017, 5, 3),
    (9_001, 16, 96),
    (3_211, 144, 24),  # the kernel's gradient is computed transposed
    (2_300, 200, 31),
    (2_300, 31, 200),
    (1_100, 256, 256),
]
LOW_SHAPES = [(12, 300, 129), (17, 512, 256), (33, 1000, 77), (64, 784, 512)]


def gradients(op, x, kernel, seed, wanted="xk"):
    """Of sum(op(x, kernel) * seed), for what is wanted of them."""
    x, kernel = (
        afina.tensor(x, requires_grad="x" in wanted),
        afina.tensor(kernel, requires_grad="k" in wanted),
    )
    leaves = [leaf for leaf in (x, kernel) if leaf.requires_grad]
    y = op(x, kernel)
    return [g.numpy() for g in afina.gradients((y * afina.tensor(seed.reshape(y.shape))).sum(), leaves)]


def arrays(rows, inputs, units, dtype="float32"):
    rng = np.random.default_rng(rows)
    return [
        rng.normal(size=shape).astype(dtype) for shape in ((rows, inputs), (inputs, units), (rows, units))
    ]


@pytest.mark.parametrize("dtype", ["float32", "float64"])
@pytest.mark.parametrize("shape", [*SHAPES, *LOW_SHAPES], ids=str)
def test_they_are_those_of_numpy(shape, dtype):
    x, kernel, seed = arrays(*shape, dtype)
    dx, dkernel = gradients(ops.linear, x, kernel, seed)
    wide = [a.astype("float64") for a in (x, kernel, seed)]
    tolerance = 4e-6 if dtype == "float32" else 1e-13
    for found, wanted in ((dx, wide[2] @ wide[1].T), (dkernel, wide[0].T @ wide[2])):
        assert np.abs(found - wanted).max() <= tolerance * np.abs(wanted).max()


@pytest.mark.parametrize("shape", SHAPES, ids=str)
def test_a_convolution_of_single_pixels_has_the_same(shape):
    x, kernel, seed = arrays(*shape)
    images = x.reshape(1, 1, *x.shape)
    found = gradients(ops.conv2d, images, kernel.reshape(1, 1, *kernel.shape), seed)
    for a, b in zip(found, gradients(ops.linear, x, kernel, seed), strict=True):
        assert (a.reshape(b.shape) == b).all()


@pytest.mark.parametrize("shape", SHAPES[1:3], ids=str)
def test_one_alone_is_nearly_the_same_as_beside_the_other(shape):
    both = gradients(ops.linear, *arrays(*shape))
    alone = [gradients(ops.linear, *arrays(*shape), wanted=one)[0] for one in "xk"]
    for a, b in zip(alone, both, strict=True):
        assert np.abs(a - b).max() <= 4e-6 * np.abs(b).max()


@pytest.mark.parametrize("dtype", ["float32", "float64"])
@pytest.mark.parametrize("shape", LOW_SHAPES, ids=str)
def test_what_is_turned_over_has_the_bits_of_the_plain_product(shape, dtype):
    x, kernel, seed = arrays(*shape, dtype)
    (dx,) = gradients(ops.linear, x, kernel, seed, wanted="x")
    plain = ops.matmul(afina.tensor(seed), afina.tensor(np.ascontiguousarray(kernel.T)))
    assert (dx == plain.numpy()).all()


@pytest.mark.parametrize("shape", [*SHAPES, *LOW_SHAPES], ids=str)
def test_the_same_bits_for_any_number_of_threads(shape, with_threads):
    first, *others = with_threads(lambda: gradients(ops.linear, *arrays(*shape)))
    for found in others:
        for a, b in zip(found, first, strict=True):
            assert (a == b).all()


def test_a_number_that_is_none_stays_in_its_row_and_column():
    x, kernel, seed = arrays(9_001, 16, 96)
    x[4_321, 7] = np.nan
    dx, dkernel = gradients(ops.linear, x, kernel, seed)
    assert np.isfinite(dx).all()
    assert np.isnan(dkernel[7]).all()
    assert np.isfinite(np.delete(dkernel, 7, axis=0)).all()
