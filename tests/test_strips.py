"""Convolutions three pixels wide with few filters or channels, which run strip by strip, against NumPy."""

import numpy as np
import pytest

import afina
from afina import ops

CASES = [  # batch, height, width, channels, filters, kernel rows, what else
    (2, 5, 6, 1, 1, 3, {"padding": "same"}),
    (3, 9, 7, 3, 5, 3, {"padding": "same"}),
    (2, 32, 32, 16, 16, 3, {"padding": "same"}),
    (2, 7, 33, 8, 16, 1, {"padding": "same"}),
    (2, 8, 40, 11, 13, 3, {"padding": "valid"}),
    (2, 11, 17, 4, 8, 5, {"padding": "same", "dilation": (2, 1)}),
    (2, 13, 18, 5, 7, 3, {"padding": "same", "strides": (2, 1)}),
    (3, 9, 20, 6, 12, 3, {"padding": "same", "groups": 3}),
    (1, 3, 16, 2, 4, 7, {"padding": ((6, 6), (1, 0))}),
    (2, 6, 12, 3, 4, 3, {"padding": ((0, 3), (0, 1))}),
    (2, 9, 14, 3, 64, 3, {"padding": "same"}),  # several vectors of filters, of so few channels
    (2, 7, 19, 1, 37, 3, {"padding": "valid"}),
    (2, 8, 16, 4, 24, 3, {"padding": "same", "groups": 2}),
    (2, 6, 12, 3, 4, 3, {"padding": ((0, 0), (2, 2))}),  # two columns of padding: not in strips
]


def padded(x, rows, settings, height):
    """x with its zeros, the distance of the rows of taps, and that of the windows."""
    spacing, step = settings.get("dilation", (1, 1))[0], settings.get("strides", (1, 1))[0]
    reach = (rows - 1) * spacing
    padding = settings["padding"]
    if padding == "same":
        total = max(0, (-(-height // step) - 1) * step + reach + 1 - height)
        padding = ((total // 2, total - total // 2), (1, 1))
    elif padding == "valid":
        padding = ((0, 0), (0, 0))
    return np.pad(x, ((0, 0), *padding, (0, 0))), padding, spacing, step


def reference(x, kernel, seed, settings):
    """y, dx and dkernel of sum(y * seed)."""
    groups = settings.get("groups", 1)
    rows, columns, depth, filters = kernel.shape
    wide, padding, spacing, step = padded(x, rows, settings, x.shape[1])
    out_w = wide.shape[2] - columns + 1
    out_h = (wide.shape[1] - (rows - 1) * spacing - 1) // step + 1
    y = np.zeros((len(x), out_h, out_w, filters))
    dwide, dkernel = np.zeros_like(wide), np.zeros_like(kernel)
    for g in range(groups):
        c, f = np.s_[g * depth : (g + 1) * depth], np.s_[g * filters // groups : (g + 1) * filters // groups]
        for r in range(rows):
            for s in range(columns):
                at = np.s_[:, r * spacing : r * spacing + (out_h - 1) * step + 1 : step, s : s + out_w, c]
                y[..., f] += wide[at] @ kernel[r, s, :, f]
                if seed is not None:
                    dwide[at] += seed[..., f] @ kernel[r, s, :, f].T
                    dkernel[r, s, :, f] = np.einsum("nyxc,nyxf->cf", wide[at], seed[..., f])
    (top, bottom), (left, right) = padding
    dx = dwide[:, top : wide.shape[1] - bottom, left : wide.shape[2] - right]
    return y, dx, dkernel


@pytest.mark.parametrize("dtype", ["float32", "float64"])
@pytest.mark.parametrize("case", CASES, ids=str)
def test_values_and_gradients_are_the_sums_over_the_taps(case, dtype):
    batch, height, width, channels, filters, rows, settings = case
    rng = np.random.default_rng(5)
    x = rng.normal(size=(batch, height, width, channels))
    kernel = rng.normal(size=(rows, 3, channels // settings.get("groups", 1), filters))
    shape = reference(x, kernel, None, settings)[0].shape
    seed = rng.normal(size=shape)
    wanted = reference(x, kernel, seed, settings)

    leaves = [afina.tensor(a.astype(dtype), requires_grad=True) for a in (x, kernel)]
    y = ops.conv2d(*leaves, **settings)
    found = [y, *afina.gradients((y * afina.tensor(seed.astype(dtype))).sum(), leaves)]
    for name, a, b in zip(["y", "dx", "dkernel"], found, wanted, strict=True):
        assert a.shape == b.shape
        limit = (2e-5 if dtype == "float32" else 1e-11) * max(1.0, np.abs(b).max())
        assert np.abs(a.numpy() - b).max() <= limit, name


@pytest.mark.parametrize("filters", [6, 37])
def test_bias_and_relu_are_taken_along(filters):
    rng = np.random.default_rng(6)
    x, kernel, bias = (rng.normal(size=s) for s in ((2, 9, 19, 3), (3, 3, 3, filters), filters))
    y = ops.conv2d(
        afina.tensor(x), afina.tensor(kernel), afina.tensor(bias), padding="same", activation="relu"
    )
    plain = reference(x, kernel, None, {"padding": "same"})[0] + bias
    assert np.abs(y.numpy() - np.maximum(plain, 0)).max() < 1e-12


def test_the_same_bits_for_any_number_of_threads(with_threads):
    rng = np.random.default_rng(7)
    x, kernel = rng.normal(size=(16, 32, 32, 16)), rng.normal(size=(3, 3, 16, 16))

    def compute():
        leaves = [afina.tensor(a.astype("float32"), requires_grad=True) for a in (x, kernel)]
        y = ops.conv2d(*leaves, padding="same")
        return [a.numpy() for a in (y, *afina.gradients((y * y).sum(), leaves))]

    first, *others = with_threads(compute)
    for found in others:
        for a, b in zip(found, first, strict=True):
            assert (a == b).all()


def test_what_is_not_a_number_stays_where_it_is_seen():
    x = np.ones((2, 8, 12, 4), dtype="float32")
    x[0, 3, 0, 1] = np.nan
    y = ops.conv2d(afina.tensor(x), afina.ones((3, 3, 4, 4)), padding="same").numpy()
    assert np.isnan(y[0, 2:5, :2]).all()
    assert np.isfinite(y[1]).all()
    assert np.isfinite(y[0, :, 2:]).all()
