"""What the case table cannot say of reductions: accuracy, ties, special values, threads."""

from __future__ import annotations

import math

import numpy as np
import pytest

import afina
from afina import ops

NAMES = ["sum", "mean", "prod", "max", "min", "var", "std", "logsumexp"]


@pytest.mark.parametrize("shape", [(1_000_003,), (3, 300_001), (300_001, 3), (70_000, 17)])
@pytest.mark.parametrize("axis", [None, 0, -1])
def test_a_long_float32_sum_is_as_good_as_a_double_one(shape, axis, rng):
    x = rng.uniform(0.5, 1.5, shape).astype("float32")
    exact = x.astype("float64").sum(axis)
    np.testing.assert_allclose(ops.sum(afina.from_numpy(x), axis).numpy(), exact, rtol=3e-7)


@pytest.mark.parametrize("name", NAMES)
@pytest.mark.parametrize("shape", [(3, 200_003), (200_003, 3), (40, 90, 31, 3)])
def test_results_are_the_same_bits_for_any_number_of_threads(name, shape, rng):
    data = rng.uniform(0.9, 1.1, shape).astype("float32")
    axes = [None, 0, -1] if len(shape) == 2 else [(0, 2), (1, 3), (0, 1, 2)]
    before, found = afina.thread_count(), []
    try:
        for threads in (1, 2, 4, 8):
            afina.set_thread_count(threads)
            bits = []
            for axis in axes:
                x = afina.tensor(data, requires_grad=True)
                y = getattr(ops, name)(x, axis)
                bits += [y.numpy().tobytes(), afina.gradients(y.sum(), [x])[0].numpy().tobytes()]
            found.append(bits)
    finally:
        afina.set_thread_count(before)
    assert all(bits == found[0] for bits in found)


@pytest.mark.parametrize("axis", [None, 0, 1])
def test_gradient_of_max_goes_to_the_first_of_equals(axis):
    x = afina.tensor([[1.0, 3.0, 3.0], [3.0, 0.0, 3.0]], requires_grad=True)
    (dx,) = afina.gradients(ops.max(x, axis).sum(), [x])
    wanted = {
        None: [[0, 1, 0], [0, 0, 0]],
        0: [[0, 1, 1], [1, 0, 0]],
        1: [[0, 1, 0], [1, 0, 0]],
    }[axis]
    assert dx.tolist() == wanted


@pytest.mark.parametrize("size", [5, 16, 100, 700])
def test_nan_wins_in_max_min_argmax_argmin(size):
    values = np.arange(size, dtype="float32")
    values[size // 2] = math.nan
    for x in (afina.tensor(values), afina.tensor(np.stack([values] * 3, axis=1))):
        for name in ("max", "min"):
            assert np.isnan(getattr(ops, name)(x, 0).numpy()).all()
        for name in ("argmax", "argmin"):
            assert (getattr(ops, name)(x, 0).numpy() == size // 2).all()


def test_argmax_names_the_first_of_equals():
    values = np.zeros((3, 257), "float32")
    values[:, [100, 200]] = 1.0
    assert ops.argmax(afina.tensor(values)).tolist() == [100] * 3
    assert ops.argmax(afina.tensor(values.T.copy()), axis=0).tolist() == [100] * 3
    assert ops.argmax(afina.tensor(values), axis=None).item() == 100


def test_gradient_of_prod_is_right_with_zeros_among_the_factors():
    x = afina.tensor([[2.0, 0.0, 3.0], [0.0, 0.0, 5.0], [1.0, 2.0, 3.0]], requires_grad=True)
    (dx,) = afina.gradients(ops.prod(x, 1).sum(), [x])
    assert dx.tolist() == [[0.0, 6.0, 0.0], [0.0, 0.0, 0.0], [6.0, 3.0, 2.0]]


def test_logsumexp_neither_overflows_nor_makes_nan_of_infinities():
    inf = math.inf
    x = afina.tensor([[1000.0, 1000.0], [-1000.0, -1000.0], [-inf, -inf], [inf, 0.0], [-inf, 0.0]])
    wanted = np.array([1000 + math.log(2), -1000 + math.log(2), -inf, inf, 0.0])
    np.testing.assert_allclose(ops.logsumexp(x, 1).numpy(), wanted, rtol=1e-6)


def test_nothing_has_a_sum_a_product_and_no_mean():
    x = afina.zeros((2, 0))
    assert ops.sum(x).item() == 0
    assert ops.prod(x, 1).tolist() == [1.0, 1.0]
    assert np.isnan(ops.mean(x, 1).numpy()).all()
    assert ops.all(x).item() is True
    assert ops.any(x).item() is False


def test_integers_sum_in_int64():
    x = afina.tensor(np.full(3, 2_000_000_000, "int32"))
    assert ops.sum(x).dtype == "int64"
    assert ops.sum(x).item() == 6_000_000_000
    assert ops.sum(afina.tensor([True, True, False])).item() == 2
    assert ops.mean(afina.tensor(np.array([1, 2], "uint8"))).item() == 1.5
