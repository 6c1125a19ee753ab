"""The optimizer updates against their recurrences in float64 NumPy, for a thousand steps."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
import pytest

import afina
from afina import ops

SHAPES = [(3, 5), (17,), (1,), ()]
STEPS = 1000
Array = np.ndarray[Any, Any]
Slots = dict[str, list[Array]]


def fresh(start: float = 0.0) -> list[Array]:
    return [np.full(shape, start) for shape in SHAPES]


def tensors(arrays: list[Array], dtype: str) -> list[afina.Tensor]:
    return [afina.tensor(a.astype(dtype)) for a in arrays]


def gradient(p: Array, step: int) -> Array:
    """Pulls p towards 1, with a wave that changes its sign."""
    return (p - 1) + 0.5 * np.cos(0.1 * step + np.arange(p.size).reshape(p.shape))


def run(
    dtype: str,
    slots: Slots,
    recurrence: Callable[[Array, Array, list[Array], int], None],
    update: Callable[[list[afina.Tensor], list[afina.Tensor], dict[str, list[afina.Tensor]], int], None],
    steps: int = STEPS,
) -> None:
    """Both sides take the same steps with the gradient at their own parameters."""
    rng = np.random.default_rng(0)
    theirs = [rng.standard_normal(shape) for shape in SHAPES]
    ours = tensors(theirs, dtype)
    our_slots = {name: tensors(values, dtype) for name, values in slots.items()}
    for step in range(1, steps + 1):
        for i, p in enumerate(theirs):
            recurrence(p, gradient(p, step), [values[i] for values in slots.values()], step)
        grads = [afina.tensor(gradient(p.numpy(), step).astype(dtype)) for p in ours]
        update(ours, grads, our_slots, step)
    tolerance = 1e-4 if dtype == "float32" else 1e-10
    for p, q in zip(ours, theirs, strict=True):
        np.testing.assert_allclose(p.numpy(), q, rtol=tolerance, atol=tolerance)


@pytest.mark.parametrize("dtype", ["float32", "float64"])
@pytest.mark.parametrize("nesterov", [False, True])
@pytest.mark.parametrize("style", ["heavyball", "ema", "torch"])
def test_momentum_follows_its_recurrence(style, nesterov, dtype):
    lr, m = 0.02, 0.9

    def recurrence(p, g, slots, step):
        (v,) = slots
        if style == "heavyball":
            v[...] = m * v - lr * g
            p += m * v - lr * g if nesterov else v
        elif style == "ema":
            v[...] = m * v + (1 - m) * g
            p -= lr * (m * v + (1 - m) * g if nesterov else v)
        else:
            v[...] = m * v + g
            p -= lr * (m * v + g if nesterov else v)

    def update(p, g, s, step):
        ops.sgd_update(p, g, s["v"], lr, momentum=m, nesterov=nesterov, style=style)

    run(dtype, {"v": fresh()}, recurrence, update)


@pytest.mark.parametrize("decoupled", [False, True])
def test_sgd_decays_weights_both_ways(decoupled):
    lr, w = 0.05, 0.1

    def recurrence(p, g, slots, step):
        p[...] = p * (1 - lr * w) - lr * g if decoupled else p - lr * (g + w * p)

    def update(p, g, s, step):
        ops.sgd_update(p, g, [], lr, weight_decay=w, decoupled=decoupled)

    run("float64", {}, recurrence, update)


@pytest.mark.parametrize("dtype", ["float32", "float64"])
@pytest.mark.parametrize("inside", [False, True])
@pytest.mark.parametrize("momentum", [0.0, 0.8])
@pytest.mark.parametrize("centered", [False, True])
def test_rmsprop_follows_its_recurrence(centered, momentum, inside, dtype):
    lr, rho, eps = 0.003, 0.95, 1e-3

    def recurrence(p, g, slots, step):
        s, a, b = slots
        s[...] = rho * s + (1 - rho) * g * g
        a[...] = rho * a + (1 - rho) * g
        spread = s - a * a if centered else s
        b[...] = momentum * b + lr * g / (np.sqrt(spread + eps) if inside else np.sqrt(spread) + eps)
        p -= b

    def update(p, g, s, step):
        mean_grads = s["a"] if centered else []
        momenta = s["b"] if momentum else []
        ops.rmsprop_update(p, g, s["s"], mean_grads, momenta, lr, rho, momentum, eps, centered, inside)

    run(dtype, {"s": fresh(), "a": fresh(), "b": fresh()}, recurrence, update)


@pytest.mark.parametrize("dtype", ["float32", "float64"])
@pytest.mark.parametrize(("decay", "decoupled"), [(0.0, False), (0.1, False), (0.1, True)])
@pytest.mark.parametrize("amsgrad", [False, True])
def test_adam_follows_its_recurrence(amsgrad, decay, decoupled, dtype):
    lr, b1, b2, eps = 0.01, 0.9, 0.999, 1e-8

    def recurrence(p, g, slots, step):
        m, v, largest = slots
        g = g + (0 if decoupled else decay * p)
        p *= 1 - (lr * decay if decoupled else 0)
        m[...] = b1 * m + (1 - b1) * g
        v[...] = b2 * v + (1 - b2) * g * g
        largest[...] = np.maximum(largest, v)
        root = np.sqrt((largest if amsgrad else v) / (1 - b2**step))
        p -= lr * (m / (1 - b1**step)) / (root + eps)

    def update(p, g, s, step):
        extra = s["largest"] if amsgrad else []
        ops.adam_update(p, g, s["m"], s["v"], lr, b1, b2, eps, step, decay, decoupled, extra)

    run(dtype, {"m": fresh(), "v": fresh(), "largest": fresh()}, recurrence, update)


@pytest.mark.parametrize("dtype", ["float32", "float64"])
def test_adadelta_follows_its_recurrence(dtype):
    lr, rho, eps = 1.0, 0.95, 1e-6

    def recurrence(p, g, slots, step):
        s, u = slots
        s[...] = rho * s + (1 - rho) * g * g
        delta = np.sqrt(u + eps) / np.sqrt(s + eps) * g
        u[...] = rho * u + (1 - rho) * delta * delta
        p -= lr * delta

    run(dtype, {"s": fresh(), "u": fresh()}, recurrence,
        lambda p, g, s, _: ops.adadelta_update(p, g, s["s"], s["u"], lr, rho, eps))  # fmt: skip


@pytest.mark.parametrize("inside", [False, True])
def test_adagrad_follows_its_recurrence(inside):
    lr, eps = 0.1, 1e-5

    def recurrence(p, g, slots, step):
        (a,) = slots
        a += g * g
        p -= lr * g / (np.sqrt(a + eps) if inside else np.sqrt(a) + eps)

    run("float64", {"a": fresh(0.1)}, recurrence,
        lambda p, g, s, _: ops.adagrad_update(p, g, s["a"], lr, eps, 0.0, inside))  # fmt: skip


def test_a_large_parameter_is_cut_into_pieces_and_none_is_missed():
    p, g = np.ones((5, 9001), dtype="float32"), np.arange(45005, dtype="float32").reshape(5, 9001)
    small = afina.tensor([1.0, 2.0, 3.0])
    ours = [small, afina.tensor(p), afina.tensor([4.0])]
    ops.sgd_update(ours, [afina.tensor([1.0, 1.0, 1.0]), afina.tensor(g), afina.tensor([1.0])], [], 0.5)
    np.testing.assert_array_equal(ours[1].numpy(), p - np.float32(0.5) * g)
    assert ours[0].tolist() == [0.5, 1.5, 2.5]
    assert ours[2].tolist() == [3.5]


def test_float32_and_float64_parameters_are_updated_in_one_call():
    p = [afina.tensor([1.0, 2.0]), afina.tensor(np.array([3.0]))]
    ops.sgd_update(p, [afina.tensor([1.0, 1.0]), afina.tensor(np.array([2.0]))], [], 0.5)
    assert [q.tolist() for q in p] == [[0.5, 1.5], [2.0]]


def test_nothing_is_written_when_an_update_is_refused():
    p = [afina.tensor([1.0]), afina.tensor([2.0])]
    with pytest.raises(ValueError, match="grads"):
        ops.sgd_update(p, [afina.tensor([1.0]), afina.tensor([1.0, 2.0])], [], 0.5)
    assert [q.tolist() for q in p] == [[1.0], [2.0]]


def test_parts_of_one_array_that_do_not_overlap_may_be_updated():
    whole = np.ones(6, dtype="float32")
    ops.sgd_update(
        [afina.from_numpy(whole[:3]), afina.from_numpy(whole[3:])], [afina.tensor([1.0] * 3)] * 2, [], 1.0
    )
    assert whole.tolist() == [0.0] * 6


def test_parts_of_one_array_that_overlap_are_refused():
    whole = np.ones(6, dtype="float32")
    g = [afina.tensor([1.0] * 4)] * 2
    with pytest.raises(ValueError, match="shares memory"):
        ops.sgd_update([afina.from_numpy(whole[:4]), afina.from_numpy(whole[2:])], g, [], 1.0)


@pytest.mark.parametrize("dtype", ["float32", "float64"])
def test_norms_and_clipping(rng, dtype):
    arrays = [rng.standard_normal(shape).astype(dtype) * 10 for shape in SHAPES]
    norm = np.sqrt(sum((a.astype("float64") ** 2).sum() for a in arrays))
    assert ops.global_norm([afina.tensor(a) for a in arrays]) == pytest.approx(norm, rel=1e-13)

    clipped = [afina.tensor(a) for a in arrays]
    assert ops.clip_by_global_norm(clipped, 1.0) == pytest.approx(norm, rel=1e-13)
    for ours, a in zip(clipped, arrays, strict=True):
        np.testing.assert_allclose(ours.numpy(), a / norm, rtol=1e-6)

    clipped = [afina.tensor(a) for a in arrays]
    ops.clip_by_norm(clipped, 7.0)
    for ours, a in zip(clipped, arrays, strict=True):
        np.testing.assert_allclose(ours.numpy(), a * min(1, 7.0 / np.linalg.norm(a)), rtol=1e-6)

    clipped = [afina.tensor(a) for a in arrays]
    ops.clip_by_value(clipped, 0.5)
    for ours, a in zip(clipped, arrays, strict=True):
        np.testing.assert_array_equal(ours.numpy(), np.clip(a, -0.5, 0.5))


def test_squares_beyond_float32_do_not_overflow_the_norm():
    assert ops.global_norm([afina.tensor([3e30, 4e30])]) == pytest.approx(5e30)


def test_clipping_leaves_nan_visible():
    g = [afina.tensor([float("nan"), 5.0])]
    ops.clip_by_value(g, 1.0)
    assert np.isnan(g[0].numpy()[0])
    assert np.isnan(ops.clip_by_global_norm(g, 0.5))
    assert g[0].numpy()[1] == 1.0
