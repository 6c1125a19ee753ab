"""What the case table cannot say of pooling: ties, NaN, infinities, padding, threads."""

from __future__ import annotations

import numpy as np
import pytest

import afina
from afina import ops


def tensor(values: object) -> afina.Tensor:
    return afina.tensor(np.asarray(values, dtype="float32"), requires_grad=True)


def test_max_pool_sends_the_gradient_to_the_first_maximum() -> None:
    for channels in (1, 3, 16, 40):
        x = tensor(np.ones((1, 4, 4, channels)))
        (dx,) = afina.gradients(ops.max_pool2d(x, 2), [x], afina.ones((1, 2, 2, channels)))
        wanted = np.zeros((1, 4, 4, channels))
        wanted[:, ::2, ::2] = 1
        np.testing.assert_array_equal(dx.numpy(), wanted)


def test_max_pool_of_overlapping_windows_adds_their_gradients() -> None:
    x = np.zeros((1, 3, 3, 2))
    x[0, 1, 1] = 1
    x = tensor(x)
    (dx,) = afina.gradients(ops.max_pool2d(x, 2, 1), [x], afina.ones((1, 2, 2, 2)))
    assert dx.numpy()[0, 1, 1].tolist() == [4, 4]
    assert dx.numpy().sum() == 8


@pytest.mark.parametrize("channels", [1, 5, 16, 70])
def test_max_pool_passes_the_first_nan_on(channels: int) -> None:
    values = np.random.default_rng(0).standard_normal((1, 4, 4, channels))
    values[0, 0, 1] = np.nan
    values[0, 1, 0] = np.nan
    values[0, 3, 3] = np.nan
    x = tensor(values)
    y = ops.max_pool2d(x, 2)
    bad = np.isnan(y.numpy()).all(axis=(0, 3))
    assert bad.tolist() == [[True, False], [False, True]]
    (dx,) = afina.gradients(y, [x], afina.ones(y.shape))
    assert dx.numpy()[0, 0, 1].tolist() == [1] * channels
    assert dx.numpy()[0, 1, 0].tolist() == [0] * channels
    assert dx.numpy()[0, 3, 3].tolist() == [1] * channels


def test_max_pool_never_takes_the_padding() -> None:
    x = tensor(np.full((1, 3, 3, 2), -np.inf))
    y = ops.max_pool2d(x, 2, padding="same")
    assert (y.numpy() == -np.inf).all()
    (dx,) = afina.gradients(y, [x], afina.ones(y.shape))
    assert dx.numpy().sum() == y.size
    assert ops.max_pool2d(tensor(np.full((1, 3, 3, 2), -5.0)), 3, 1, "same").numpy().max() == -5


def test_average_pool_does_not_count_the_padding() -> None:
    y = ops.average_pool2d(tensor(np.ones((1, 3, 3, 2))), 3, 1, "same")
    np.testing.assert_allclose(y.numpy(), 1)


@pytest.mark.parametrize("op", ["max_pool2d", "average_pool2d"])
def test_a_window_far_larger_than_the_image_is_cut_to_it(op: str) -> None:
    x = tensor(np.arange(18).reshape(1, 3, 3, 2))
    y = getattr(ops, op)(x, 40000, None, "same")
    assert y.tolist() == ([[[[16, 17]]]] if op == "max_pool2d" else [[[[8, 9]]]])
    (dx,) = afina.gradients(y, [x], afina.ones(y.shape))
    assert dx.numpy().sum() == pytest.approx(2)


@pytest.mark.parametrize("op", ["max_pool2d", "average_pool2d"])
@pytest.mark.parametrize("pool_size", [2, 3])
def test_pooling_gives_the_same_bits_for_every_number_of_threads(op, pool_size, with_threads):
    values = np.random.default_rng(0).standard_normal((3, 41, 43, 37))

    def compute():
        x = tensor(values)
        y = getattr(ops, op)(x, pool_size, 2, "same")
        (dx,) = afina.gradients(y, [x], y.detach())
        return y.numpy().tobytes(), dx.numpy().tobytes()

    found = with_threads(compute, (1, 2, 3, 8))
    assert all(other == found[0] for other in found)
