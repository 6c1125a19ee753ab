"""Random numbers: their distributions, and that element i depends on seed, stream and i alone."""

from __future__ import annotations

import hashlib
import os
import subprocess
import sys

import numpy as np
import pytest
from scipy import stats

import afina
from afina import _C, ops

KEY = (7, 3)
MANY = 200_001


def philox(seed: int, stream: int, words: int) -> np.ndarray:
    """Philox 4x32-10 (Salmon et al. 2011) in NumPy."""
    block = np.arange((words + 3) // 4, dtype="uint64")
    low = np.uint64(0xFFFFFFFF)
    c = [
        block & low,
        block >> np.uint64(32),
        np.full_like(block, stream & 0xFFFFFFFF),
        np.full_like(block, stream >> 32),
    ]
    k0, k1 = seed & 0xFFFFFFFF, seed >> 32
    for _ in range(10):
        p0, p1 = np.uint64(0xD2511F53) * c[0], np.uint64(0xCD9E8D57) * c[2]
        c = [
            (p1 >> np.uint64(32)) ^ c[1] ^ np.uint64(k0),
            p1 & low,
            (p0 >> np.uint64(32)) ^ c[3] ^ np.uint64(k1),
            p0 & low,
        ]
        k0, k1 = (k0 + 0x9E3779B9) & 0xFFFFFFFF, (k1 + 0xBB67AE85) & 0xFFFFFFFF
    return np.stack(c, axis=-1).reshape(-1)[:words].astype("uint32")


@pytest.mark.parametrize("key", [(0, 0), (7, 3), (2**64 - 1, 2**40 + 5)])
def test_uniform_numbers_are_the_words_of_philox(key):
    words = philox(*key, 1003)
    np.testing.assert_array_equal(
        ops.random_uniform((1003,), seed=key).numpy(), (words >> 8) * np.float32(2**-24)
    )
    bits = words[:1002:2] + (words[1:1002:2].astype("uint64") << np.uint64(32))
    expected = (bits >> np.uint64(11)) * 2.0**-53
    np.testing.assert_array_equal(ops.random_uniform((501,), dtype="float64", seed=key).numpy(), expected)


@pytest.mark.parametrize("dtype", ["float32", "float64"])
@pytest.mark.parametrize(
    ("draw", "distribution"),
    [
        (lambda **k: ops.random_uniform((MANY,), -2.0, 3.0, **k), stats.uniform(-2, 5)),
        (lambda **k: ops.random_normal((MANY,), 1.0, 2.0, **k), stats.norm(1, 2)),
        (lambda **k: ops.truncated_normal((MANY,), 1.0, 2.0, **k), stats.truncnorm(-2, 2, 1, 2)),
    ],
    ids=["uniform", "normal", "truncated"],
)
def test_samples_have_their_distribution(draw, distribution, dtype):
    x = draw(dtype=dtype, seed=KEY).numpy().astype("float64")
    assert stats.kstest(x, distribution.cdf).pvalue > 1e-3
    error = distribution.std() / np.sqrt(MANY)
    assert x.mean() == pytest.approx(distribution.mean(), abs=4 * error)
    assert x.std() == pytest.approx(distribution.std(), rel=0.01)
    assert abs(np.corrcoef(x[:-1], x[1:])[0, 1]) < 4 / np.sqrt(MANY)


def test_normal_numbers_are_the_quantiles_of_their_bits():
    words = philox(*KEY, MANY)
    p = ((words >> 1) + 0.5) * 2.0**-32
    expected = stats.norm.ppf(p) * np.where(words & 1, -1, 1)
    np.testing.assert_allclose(ops.random_normal((MANY,), seed=KEY).numpy(), expected, rtol=1e-6, atol=1e-6)
    bits = words[:-1:2] + (words[1::2].astype("uint64") << np.uint64(32))
    p = ((bits >> np.uint64(1)).astype("float64") + 0.5) * 2.0**-64
    expected = stats.norm.ppf(p) * np.where(bits & np.uint64(1), -1, 1)
    ours = ops.random_normal((MANY // 2,), dtype="float64", seed=KEY).numpy()
    np.testing.assert_allclose(ours, expected, rtol=1e-12, atol=1e-15)


def test_bounds_hold():
    x = ops.random_uniform((MANY,), 1.0, 1.0 + 1e-6, seed=KEY).numpy()
    assert x.min() >= 1.0
    assert x.max() < np.float32(1.0 + 1e-6)
    assert (ops.random_uniform((9,), 2.0, 2.0, seed=KEY).numpy() == 2.0).all()
    assert abs(ops.truncated_normal((MANY,), seed=KEY).numpy()).max() <= 2.0


def test_a_prefix_does_not_depend_on_the_length():
    whole = ops.random_normal((40_000,), seed=KEY).numpy()
    for n in (1, 7, 17, 16_384, 16_385, 33_333):
        np.testing.assert_array_equal(ops.random_normal((n,), seed=KEY).numpy(), whole[:n])


def test_streams_and_seeds_differ_and_the_generator_advances():
    a, b, c = (ops.random_uniform((64,), seed=s).numpy() for s in [(1, 0), (1, 1), (2, 0)])
    assert not (a == b).any()
    assert not (a == c).any()
    afina.random.set_seed(1)
    np.testing.assert_array_equal(ops.random_uniform((64,)).numpy(), a)
    np.testing.assert_array_equal(ops.random_uniform((64,)).numpy(), b)
    assert afina.random.get_state() == (1, 2)


@pytest.mark.parametrize("p", [0.0, 1e-3, 0.3, 0.5, 1.0])
def test_bernoulli_is_true_with_probability_p(p):
    x = ops.random_bernoulli((MANY,), p, seed=KEY).numpy()
    assert x.dtype == bool
    assert x.mean() == pytest.approx(p, abs=4 * np.sqrt(p * (1 - p) / MANY) + 1e-12)


@pytest.mark.parametrize("rate", [0.2, 0.5, 0.8])
def test_dropout_keeps_its_share_and_divides_the_rest(rng, rate):
    x = rng.uniform(1, 2, (100, 501)).astype("float32")
    y = ops.dropout(afina.tensor(x), rate, seed=KEY).numpy()
    kept = y != 0
    assert kept.mean() == pytest.approx(1 - rate, abs=4 * np.sqrt(rate * (1 - rate) / x.size))
    np.testing.assert_array_equal(y, np.where(kept, x / np.float32(1 - rate), 0))
    assert not (kept[0] == kept[1]).all()
    classic = ops.dropout(afina.tensor(x), rate, scaled=False, seed=KEY).numpy()
    np.testing.assert_array_equal(classic, np.where(kept, x, 0))
    wide = ops.dropout(afina.tensor(x.astype("float64")), rate, seed=KEY).numpy()
    np.testing.assert_array_equal(wide != 0, kept)


def test_survivors_of_fifty_units_at_a_fifth():
    y = ops.dropout(afina.full((2000, 50), 1.0), 0.2, seed=KEY).numpy()
    assert set(np.unique(y).tolist()) == {0.0, 1.25}
    alive = (y != 0).sum(axis=1)
    assert alive.mean() == pytest.approx(40, abs=3 * np.sqrt(50 * 0.8 * 0.2 / 2000))


def test_the_gradient_of_dropout_uses_the_same_mask():
    x = afina.tensor(np.ones((40, 37), dtype="float32"), requires_grad=True)
    y = ops.dropout(x, 0.3)
    (dx,) = afina.gradients(y, [x], afina.full((40, 37), 1.0))
    np.testing.assert_array_equal(dx.numpy(), y.numpy())


@pytest.mark.parametrize("n", [1, 2, 10, 1000])
def test_a_permutation_holds_every_number_once(n):
    order = ops.random_permutation(n, seed=KEY).numpy()
    assert sorted(order.tolist()) == list(range(n))


def test_permutations_are_uniform():
    counts: dict[tuple[int, ...], int] = {}
    for stream in range(6000):
        order = tuple(ops.random_permutation(3, seed=(5, stream)).tolist())
        counts[order] = counts.get(order, 0) + 1
    assert len(counts) == 6
    assert stats.chisquare(list(counts.values())).pvalue > 1e-3


SCRIPT = """
import hashlib
from afina import ops, tensor, full
h = hashlib.sha256()
for d in ("float32", "float64"):
    for f in (ops.random_uniform, ops.random_normal, ops.truncated_normal):
        h.update(f((50_001,), 0.25, 1.75, d, seed=(11, 2)).numpy().tobytes())
h.update(ops.random_bernoulli((50_001,), 0.3, seed=(11, 2)).numpy().tobytes())
h.update(ops.dropout(full((50_001,), 1.7), 0.3, seed=(11, 2)).numpy().tobytes())
print(h.hexdigest())
"""


def digest(**environment: str) -> str:
    """What a process with these settings draws."""
    run = subprocess.run(
        [sys.executable, "-c", SCRIPT],
        env=os.environ | environment,
        capture_output=True,
        text=True,
        check=True,
    )
    assert len(run.stdout.strip()) == len(hashlib.sha256().hexdigest())
    return run.stdout


def test_the_same_bits_on_every_instruction_set_and_thread_count():
    wanted = digest()
    for threads in ("1", "2", "4", "8"):
        assert digest(AFINA_NUM_THREADS=threads) == wanted
    for isa in _C.usable_isas():
        assert digest(AFINA_ISA=isa) == wanted
