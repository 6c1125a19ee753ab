"""Copies, fills and transposes of every width, in long rows and short ones, by any threads: numpy's."""

import numpy as np
import pytest

import afina
from afina import ops

DTYPES = ["bool", "uint8", "int32", "int64", "float32", "float64"]


def values(shape, dtype):
    return np.random.default_rng(0).integers(0, 2 if dtype == "bool" else 100, size=shape).astype(dtype)


@pytest.mark.parametrize("dtype", DTYPES)
@pytest.mark.parametrize(
    ("shape", "axes"),
    [
        ((1, 1), (1, 0)),
        ((16, 16), (1, 0)),
        ((17, 33), (1, 0)),
        ((130, 1100), (1, 0)),  # source rows pages apart
        ((2100, 70), (1, 0)),
        ((3, 37, 41), (0, 2, 1)),
        ((3, 37, 41), (2, 1, 0)),
        ((2, 5, 7, 9), (0, 2, 3, 1)),
        ((2, 9, 64, 3), (0, 2, 1, 3)),
        ((0, 5), (1, 0)),
    ],
)
def test_transposes(shape, axes, dtype):
    x = values(shape, dtype)
    assert np.array_equal(ops.transpose(afina.tensor(x), axes).numpy(), x.transpose(axes))


@pytest.mark.parametrize("dtype", DTYPES)
@pytest.mark.parametrize("size", [0, 1, 63, 64, 65, 40_001, 300_007])
def test_copies_and_fills(size, dtype):
    x = values(size, dtype)
    assert np.array_equal(afina.tensor(x).copy().numpy(), x)
    assert np.array_equal(afina.full((size,), 1, dtype).numpy(), np.ones(size, dtype))
    assert np.array_equal(afina.zeros((size,), dtype).numpy(), np.zeros(size, dtype))


@pytest.mark.parametrize("dtype", DTYPES)
def test_long_rows_that_begin_anywhere(dtype):
    x = values((3, 100_003), dtype)
    assert np.array_equal(afina.tensor(x)[:, 1:99_998].numpy(), x[:, 1:99_998])
    assert np.array_equal(afina.tensor(x)[:, ::3].numpy(), x[:, ::3])
    joined = ops.concatenate([afina.tensor(x), afina.tensor(x[:, 5:])], axis=1)
    assert np.array_equal(joined.numpy(), np.concatenate([x, x[:, 5:]], axis=1))
    spread = ops.broadcast_to(afina.tensor(x[:, :1]), (3, 70_001))
    assert np.array_equal(spread.numpy(), np.broadcast_to(x[:, :1], (3, 70_001)))


def test_a_copy_into_its_own_memory():
    x = values(50_000, "float32")
    whole = afina.tensor(x)
    memory = whole.numpy()  # the same memory
    target, source = afina.from_numpy(memory[:49_000]), afina.from_numpy(memory[1000:])
    target.copy_(source)
    assert np.array_equal(memory[:49_000], x[1000:])
