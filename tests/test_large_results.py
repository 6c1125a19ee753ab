"""Results too large for the caches, which are written past them, are those of their parts."""

from pathlib import Path

import numpy as np
import pytest

import afina
from afina import ops

LARGE = (3, 2_800_007)  # 34 MB of float32, in rows that do not begin at a vector
IMAGES = (40, 57, 63, 64)


def cache_bytes():
    """Of the last cache, as the kernels know it."""
    try:
        size = Path("/sys/devices/system/cpu/cpu0/cache/index3/size").read_text().strip()
        return int(size.rstrip("K")) << 10
    except (OSError, ValueError):
        return 32 << 20


pytestmark = pytest.mark.skipif(
    cache_bytes() > 40 << 20, reason="the last cache of this machine is too large for a quick test"
)


def normal(shape, dtype="float32"):
    return np.random.default_rng(0).normal(size=shape).astype(dtype)


def value_and_gradient(function, x):
    x = afina.tensor(x, requires_grad=True)
    y = function(x)
    (dx,) = afina.gradients((y * 0.5).sum(), [x])
    return y.numpy(), dx.numpy()


@pytest.mark.parametrize("dtype", ["float32", "float64"])
@pytest.mark.parametrize("name", ["relu", "tanh", "square"])
def test_functions(name, dtype):
    x = normal(LARGE, dtype)
    whole = value_and_gradient(getattr(ops, name), x)
    for i, row in enumerate(x):
        for found, wanted in zip(whole, value_and_gradient(getattr(ops, name), row[:1000]), strict=True):
            assert (found[i, :1000] == wanted).all()
        for found, wanted in zip(whole, value_and_gradient(getattr(ops, name), row[-999:]), strict=True):
            assert (found[i, -999:] == wanted).all()


def test_arithmetic_and_comparisons():
    a, b = normal(LARGE), normal(LARGE)[::-1].copy()
    row = normal(LARGE[1])
    x, y, z = (afina.tensor(v) for v in (a, b, row))
    assert ((x + y).numpy() == a + b).all()
    assert ((x * z).numpy() == a * row).all()
    assert ((x - 0.5).numpy() == a - np.float32(0.5)).all()
    assert ((x < y).numpy() == (a < b)).all()
    narrow = a[:, : LARGE[1] // 7 * 7].reshape(-1, 7).copy()
    assert ((afina.tensor(narrow) + afina.tensor(row[:7])).numpy() == narrow + row[:7]).all()


def test_batch_normalization():
    x, gamma, beta = normal(IMAGES), normal(64), normal(64)
    found = ops.batch_norm(afina.tensor(x), afina.tensor(gamma), afina.tensor(beta), 1e-3)[0].numpy()
    wide = x.astype("float64")
    mean, variance = wide.mean((0, 1, 2)), wide.var((0, 1, 2))
    wanted = (wide - mean) / np.sqrt(variance + 1e-3) * gamma + beta
    assert np.abs(found - wanted).max() <= 4e-6 * np.abs(wanted).max()


@pytest.mark.parametrize("name", ["max_pool2d", "average_pool2d"])
def test_gradients_of_pooling(name):
    x = normal(IMAGES)
    whole = value_and_gradient(lambda v: getattr(ops, name)(v, 2), x)
    for i in (0, 17, 39):
        part = value_and_gradient(lambda v: getattr(ops, name)(v, 2), x[i : i + 1])
        for found, wanted in zip(whole, part, strict=True):
            assert (found[i] == wanted[0]).all()


@pytest.mark.parametrize("units", [96, 70])
@pytest.mark.parametrize("bias", [False, True])
def test_products(units, bias):
    x, kernel = normal((130_001, 16)), normal((16, units))
    offset = normal(units) if bias else None
    leaves = [afina.tensor(a, requires_grad=True) for a in (x, kernel)]
    y = ops.linear(*leaves, None if offset is None else afina.tensor(offset), "relu" if bias else "linear")
    wanted = x.astype("float64") @ kernel + (0 if offset is None else offset)
    if bias:
        wanted = np.maximum(wanted, 0)
    assert np.abs(y.numpy() - wanted).max() <= 1e-5
    if not bias:  # and the other way: a large gradient of what goes in
        wide = afina.tensor(wanted.astype("float32"), requires_grad=True)
        narrow = afina.tensor(np.ascontiguousarray(kernel.T), requires_grad=True)
        dwide, dnarrow = afina.gradients((ops.linear(wide, narrow) * afina.tensor(x)).sum(), [wide, narrow])
        assert np.abs(dwide.numpy() - x.astype("float64") @ kernel).max() <= 1e-5
        exact = wanted.T @ x.astype("float64")
        assert np.abs(dnarrow.numpy() - exact).max() <= 4e-6 * np.abs(exact).max()


@pytest.mark.parametrize("strides", [1, 2])
def test_convolutions(strides):
    images, kernel = normal((9, 131, 129, 24)), normal((5, 5, 24, 64))
    leaves = [afina.tensor(a, requires_grad=True) for a in (images, kernel)]
    whole = ops.conv2d(*leaves, strides=strides, padding="same")
    (dx,) = afina.gradients((whole * 0.5).sum(), leaves[:1])
    for i in (0, 5, 8):
        part = afina.tensor(images[i : i + 1], requires_grad=True)
        y = ops.conv2d(part, leaves[1], strides=strides, padding="same")
        assert np.abs(whole.numpy()[i] - y.numpy()[0]).max() <= 1e-4
        (dpart,) = afina.gradients((y * 0.5).sum(), [part])
        assert np.abs(dx.numpy()[i] - dpart.numpy()[0]).max() <= 1e-4


@pytest.mark.parametrize("channels", [64, 70])
@pytest.mark.parametrize("strides", [1, 2])
def test_depthwise_convolutions(strides, channels):
    images, kernel = normal((45, 57, 63, channels)), normal((3, 3, channels, 1))

    def results(x):
        leaves = [afina.tensor(x, requires_grad=True), afina.tensor(kernel, requires_grad=True)]
        y = ops.depthwise_conv2d(*leaves, strides=strides, padding="same")
        return y.numpy(), afina.gradients((y * 0.5).sum(), leaves)[0].numpy()

    whole = results(images)
    for i in (0, 17, 44):
        for found, wanted in zip(whole, results(images[i : i + 1]), strict=True):
            assert (found[i] == wanted[0]).all()


@pytest.mark.parametrize("dtype", ["float32", "float64"])
def test_dropout_keeps_what_it_keeps_of_a_part(dtype):
    x = normal(LARGE, dtype).ravel()

    def dropped(count):
        afina.utils.set_random_seed(3)
        return ops.dropout(afina.tensor(x[:count]), 0.25).numpy()

    whole = dropped(x.size)
    assert (whole[:100_000] == dropped(100_000)).all()
    assert ((whole == 0) | (whole == x / x.dtype.type(0.75))).all()


def test_the_same_bits_for_any_number_of_threads(with_threads):
    first, *others = with_threads(lambda: value_and_gradient(ops.sigmoid, normal(LARGE)))
    for found in others:
        for a, b in zip(found, first, strict=True):
            assert (a == b).all()


def test_copies():
    x = normal(LARGE)
    tensor = afina.tensor(x)
    assert np.array_equal(tensor.copy().numpy(), x)
    assert np.array_equal(afina.full(LARGE, 3.0).numpy(), np.full(LARGE, 3, "float32"))
    assert np.array_equal(ops.transpose(tensor).numpy(), x.T)
    assert np.array_equal(tensor[:, 3:].numpy(), x[:, 3:])
    images = normal((41, 57, 63, 64))
    for axes in [(0, 3, 1, 2), (0, 2, 1, 3), (3, 0, 1, 2)]:
        assert np.array_equal(ops.transpose(afina.tensor(images), axes).numpy(), images.transpose(axes))
