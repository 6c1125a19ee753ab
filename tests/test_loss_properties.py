"""What losses and norms promise beyond their formula: finite values, known figures, one result."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
import pytest

import afina
from afina import ops, tensor

Y = np.array([[0.0, 1.0], [1.0, 0.0]], dtype="float32")


def gradient_of(loss: Callable[[Any], Any], x: np.ndarray) -> np.ndarray:
    leaf = tensor(x, requires_grad=True)
    (dx,) = afina.gradients(loss(leaf), [leaf])
    return dx.numpy()


@pytest.mark.parametrize("wrong", [False, True])
@pytest.mark.parametrize(
    "loss",
    [ops.binary_crossentropy, ops.categorical_crossentropy, ops.kl_divergence],
    ids=lambda f: f.__name__,
)
def test_probabilities_of_zero_and_one_cost_something_finite(loss, wrong):
    p = 1 - Y if wrong else Y
    value = loss(tensor(Y), tensor(p)).item()
    assert value == pytest.approx(-np.log(1e-7) if wrong else 0.0, rel=1e-2, abs=1e-6)
    assert np.isfinite(gradient_of(lambda x: loss(tensor(Y), x), p)).all()


def test_a_wrong_certainty_can_be_unlearned():
    dp = gradient_of(
        lambda p: ops.binary_crossentropy(tensor([[1.0]]), p), np.array([[0.0]], dtype="float32")
    )
    assert dp[0, 0] < -1e6


@pytest.mark.parametrize("size", [1e-30, 1.0, 100.0, 1e30])
def test_logits_of_any_size_cost_something_finite(size):
    x = np.array([[size, -size, 0.0], [-size, 0.0, size]], dtype="float32")
    labels = tensor(np.array([1, 1]))
    assert np.isfinite(ops.sparse_categorical_crossentropy(labels, tensor(x), from_logits=True).item())
    assert np.isfinite(
        gradient_of(lambda x: ops.sparse_categorical_crossentropy(labels, x, from_logits=True), x)
    ).all()
    y = tensor(np.eye(3, dtype="float32")[[1, 1]])
    assert np.isfinite(ops.binary_crossentropy(y, tensor(x), from_logits=True).item())


def test_the_known_figures_in_bits():
    p, q = tensor(np.array([[0.5, 0.5]])), tensor(np.array([[0.25, 0.75]]))
    bit = np.log(2)
    assert ops.categorical_crossentropy(p, q).item() / bit == pytest.approx(1.2075, abs=5e-5)
    assert ops.kl_divergence(p, q).item() / bit == pytest.approx(0.2075, abs=5e-5)


def test_the_sum_is_n_times_the_mean(rng):
    y, p = tensor(rng.random((40, 1))), tensor(rng.uniform(0.1, 0.9, (40, 1)))
    mean, total = (ops.binary_crossentropy(y, p, reduction=r).item() for r in ("mean", "sum"))
    assert total == pytest.approx(40 * mean)


def test_the_probabilities_are_normalized_before_the_logarithm(rng):
    p = rng.uniform(0.1, 0.9, (5, 4))
    labels = tensor(np.array([0, 1, 2, 3, 0]))
    scaled = [ops.sparse_categorical_crossentropy(labels, tensor(p * k)).item() for k in (1.0, 7.0)]
    assert scaled[0] == pytest.approx(scaled[1])


def test_softmax_and_cross_entropy_agree_with_the_logits_form(rng):
    x = rng.standard_normal((6, 9))
    labels = tensor(np.arange(6))
    by_logits = gradient_of(lambda x: ops.sparse_categorical_crossentropy(labels, x, from_logits=True), x)
    by_softmax = gradient_of(lambda x: ops.sparse_categorical_crossentropy(labels, ops.softmax(x)), x)
    np.testing.assert_allclose(by_logits, by_softmax, atol=1e-12)


def test_ignored_rows_have_no_gradient_and_are_not_counted(rng):
    x = rng.standard_normal((4, 3))
    labels = np.array([0, 255, 2, 255])

    def loss(x: Any) -> Any:
        return ops.sparse_categorical_crossentropy(tensor(labels), x, from_logits=True, ignore_class=255)

    kept = labels != 255
    alone = ops.sparse_categorical_crossentropy(tensor(labels[kept]), tensor(x[kept]), from_logits=True)
    assert loss(tensor(x)).item() == pytest.approx(alone.item())
    assert (gradient_of(loss, x)[~kept] == 0).all()
    none = ops.sparse_categorical_crossentropy(
        tensor(labels[~kept]), tensor(x[~kept]), True, ignore_class=255
    )
    assert none.item() == 0.0


def test_a_loss_that_is_scaled_afterwards_scales_its_gradient(rng):
    x = rng.standard_normal((4, 3))
    labels = tensor(np.array([0, 1, 2, 1]))
    (once, thrice) = (
        gradient_of(lambda x, k=k: ops.sparse_categorical_crossentropy(labels, x, from_logits=True) * k, x)
        for k in (1.0, 3.0)
    )
    np.testing.assert_allclose(3 * once, thrice)


def results(rng: np.random.Generator) -> list[np.ndarray]:
    """One of each kernel that adds up, on arrays of several chunks."""
    x = rng.standard_normal((40_003, 11)).astype("float32")
    y = rng.standard_normal((40_003, 11)).astype("float32")
    labels = rng.integers(0, 11, 40_003)
    found = [ops.global_norm([tensor(x), tensor(y)])]
    for f in (
        lambda x: ops.mean_squared_error(tensor(y), x),
        lambda x: ops.sparse_categorical_crossentropy(tensor(labels), x, from_logits=True),
        lambda x: ops.batch_norm(x)[0],
        lambda x: ops.layer_norm(x, tensor(y[0])),
        lambda x: ops.instance_norm(afina.ops.reshape(x, (1, 40_003, 11)), tensor(y[0])),
        lambda x: ops.softmax(x, axis=0),
    ):
        leaf = tensor(x, requires_grad=True)
        out = f(leaf)
        (dx,) = afina.gradients(out, [leaf], tensor(y.reshape(out.shape)) if out.ndim else None)
        found += [out.numpy(), dx.numpy()]
    return found


def test_results_are_the_same_bits_for_any_number_of_threads(with_threads):
    runs = with_threads(lambda: results(np.random.default_rng(3)))
    for run in runs[1:]:
        for a, b in zip(runs[0], run, strict=True):
            np.testing.assert_array_equal(a, b)


@pytest.mark.parametrize("channels", [1, 3, 16, 200])
def test_statistics_keep_their_digits_far_from_zero(rng, channels):
    x = (rng.standard_normal((5000, channels)) + 10_000).astype("float32")
    _, mean, variance = ops.batch_norm(tensor(x))
    exact = x.astype("float64")
    np.testing.assert_allclose(mean.numpy(), exact.mean(0), rtol=1e-7)
    np.testing.assert_allclose(variance.numpy(), exact.var(0), rtol=1e-5)


def test_an_outlier_in_the_first_row_does_not_spoil_the_variance(rng):
    x = rng.standard_normal((4096, 64)).astype("float32")
    x[0] = 1e4
    _, _, variance = ops.batch_norm(tensor(x))
    np.testing.assert_allclose(variance.numpy(), x.astype("float64").var(0), rtol=1e-5)


def test_the_statistics_of_batch_norm_carry_no_gradient():
    y, mean, variance = ops.batch_norm(tensor(np.ones((3, 2), "float32"), requires_grad=True))
    assert y.requires_grad
    assert not mean.requires_grad
    assert not variance.requires_grad
