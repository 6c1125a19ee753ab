"""Attention's dropped probabilities, its memory, and the library that people compare it with."""

import numpy as np
import pytest

import afina
from afina import ops
from devices import DEVICES

SEED = (7, 3)


def drawn(*shapes, dtype="float32", requires_grad=False):
    rng = np.random.default_rng(5)
    return [afina.tensor(rng.standard_normal(s).astype(dtype), requires_grad=requires_grad) for s in shapes]


def probabilities(queries, keys, heads=2, dtype="float32", **options):
    """P (heads, queries, keys): what attention makes of an identity as value."""
    query, key = drawn((1, queries, heads, 8), (1, keys, heads, 8), dtype=dtype)
    identity = afina.tensor(np.broadcast_to(np.eye(keys, dtype=dtype)[None, :, None], (1, keys, heads, keys)))
    return ops.dot_product_attention(query, key, identity, **options).numpy()[0].transpose(1, 0, 2)


@pytest.mark.parametrize("keys", [5, 64, 150])
def test_dropout_drops_probabilities_and_scales_the_others(keys):
    rate = 0.3
    whole = probabilities(140, keys)
    thinned = probabilities(140, keys, dropout=rate, seed=SEED)
    kept = thinned != 0
    np.testing.assert_allclose(thinned[kept], whole[kept] / (1 - rate), rtol=2e-5)
    error = (rate * (1 - rate) / kept.size) ** 0.5
    assert abs(1 - kept.mean() - rate) < 5 * error


def test_every_head_query_and_key_is_drawn_on_its_own():
    kept = probabilities(130, 130, heads=3, dropout=0.5, seed=SEED) != 0
    for axis in range(3):
        same = np.take(kept, range(kept.shape[axis] - 1), axis) == np.take(
            kept, range(1, kept.shape[axis]), axis
        )
        assert abs(same.mean() - 0.5) < 5 * 0.5 / same.size**0.5


def test_a_seed_draws_again_what_it_drew_and_float64_the_same():
    first = probabilities(20, 70, dropout=0.5, seed=SEED)
    np.testing.assert_array_equal(probabilities(20, 70, dropout=0.5, seed=SEED), first)
    assert (probabilities(20, 70, dropout=0.5, seed=(7, 4)) != first).any()
    wide = probabilities(20, 70, dtype="float64", dropout=0.5, seed=SEED)
    np.testing.assert_array_equal(wide != 0, first != 0)


def test_without_a_seed_the_generator_moves_on():
    afina.random.set_seed(1)
    first, second = (probabilities(9, 9, dropout=0.5) for _ in range(2))
    afina.random.set_seed(1)
    np.testing.assert_array_equal(probabilities(9, 9, dropout=0.5), first)
    assert (first != second).any()


@pytest.mark.parametrize("heads", [2, 16])
@pytest.mark.parametrize("is_causal", [False, True])
def test_the_gradient_drops_what_the_value_dropped(heads, is_causal):
    inputs = drawn(
        (1, 70, heads, 5), (1, 66, heads, 5), (1, 66, heads, 3), dtype="float64", requires_grad=True
    )
    (seed,) = drawn((1, 70, heads, 3), dtype="float64")

    def value():
        return ops.sum(ops.dot_product_attention(*inputs, is_causal=is_causal, dropout=0.4, seed=SEED) * seed)

    step = 1e-6
    for x, gradient in zip(inputs, afina.gradients(value(), inputs), strict=True):
        direction = np.random.default_rng(8).standard_normal(x.shape)
        start, ends = x.numpy().copy(), []
        for sign in (1, -1):
            x.copy_(afina.tensor(start + sign * step * direction))
            with afina.no_grad():
                ends.append(value().item())
        x.copy_(afina.tensor(start))
        slope = (ends[0] - ends[1]) / (2 * step)
        np.testing.assert_allclose((gradient.numpy() * direction).sum(), slope, rtol=1e-6)


def test_memory_is_linear_in_the_sequence():
    inputs = drawn(*[(1, 4096, 1, 8)] * 3, requires_grad=True)
    operand = 4096 * 8 * 4
    before = afina.memory_stats()["in_use"]
    y = ops.dot_product_attention(*inputs, is_causal=True)
    assert afina.memory_stats()["in_use"] - before < 2 * operand  # y and a number for each query
    afina.empty_cache()
    gradients = afina.gradients(y.sum(), inputs)
    stats = afina.memory_stats()
    assert stats["in_use"] - before < 6 * operand
    assert stats["cached"] < 4 * operand  # the matrix of scores alone would be 128 operands
    assert all(np.isfinite(g.numpy()).all() for g in gradients)


def test_large_scores_do_not_overflow():
    query, key, value = (afina.tensor(a.numpy() * 1e4) for a in drawn(*[(1, 70, 1, 8)] * 3))
    y = ops.dot_product_attention(query, key, value).numpy()
    best = np.einsum("tc,sc->ts", query.numpy()[0, :, 0], key.numpy()[0, :, 0]).argmax(axis=1)
    np.testing.assert_allclose(y[0, :, 0], value.numpy()[0, best, 0], rtol=1e-5)


def test_a_nan_reaches_the_queries_that_see_it_and_no_others():
    query, key, value = (a.numpy() for a in drawn(*[(1, 80, 1, 8)] * 3))
    key[0, 70] = np.nan
    y = ops.dot_product_attention(*map(afina.tensor, (query, key, value)), is_causal=True).numpy()
    assert np.isfinite(y[:, :70]).all()
    assert np.isnan(y[:, 70:]).all()


@pytest.mark.parametrize("is_causal", [False, True])
def test_torch_finds_the_same_values_and_gradients(is_causal):
    torch = pytest.importorskip("torch")
    inputs = drawn(*[(2, 150, 3, 32)] * 3, requires_grad=True)
    theirs = [torch.tensor(x.numpy().transpose(0, 2, 1, 3), requires_grad=True) for x in inputs]
    y = ops.dot_product_attention(*inputs, is_causal=is_causal)
    wanted = torch.nn.functional.scaled_dot_product_attention(*theirs, is_causal=is_causal)
    ours = [y, *afina.gradients(ops.square(y).sum(), inputs)]
    others = [wanted, *torch.autograd.grad(wanted.square().sum(), theirs)]
    for mine, other in zip(ours, others, strict=True):
        np.testing.assert_allclose(
            mine.numpy(), other.detach().numpy().transpose(0, 2, 1, 3), rtol=1e-4, atol=1e-5
        )


@pytest.mark.parametrize("device", DEVICES[1:])
def test_heads_whose_scores_do_not_fit_together_are_computed_in_groups(device):
    length = 1450  # two heads have more than the 2^22 scores that a device keeps at a time
    found = []
    for place in ("cpu", device):
        with afina.device(place):
            operands = drawn(*[(1, length, 2, 1)] * 3, requires_grad=True)
            y = ops.dot_product_attention(*operands)
            seed = afina.ones(y.shape)
            found.append([y.numpy(), *(gradient.numpy() for gradient in afina.gradients(y, operands, seed))])
    for here, there in zip(*found, strict=True):
        np.testing.assert_allclose(there, here, rtol=1e-4, atol=1e-4)
