"""Products by warpgroups of compute capability 9.0, of any size, are those of other kernels."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import numpy as np
import pytest

import afina
from afina import _C, ops
from afina.errors import ArgumentError
from products import PRODUCTS, computed, truncated, whole

pytestmark = pytest.mark.skipif(
    not _C.has_warpgroup_products(),
    reason="needs a CUDA device of compute capability 9.0, or the simulator's",
)
BITS_TAKEN = {"high": 13, "medium": 16}
PRECISIONS = pytest.mark.parametrize("precision", ["medium", "high"])


@pytest.fixture(autouse=True)
def by_warpgroups() -> Iterator[None]:
    afina.set_float32_matmul_precision("medium")
    _C.set_product_tier("warpgroups")
    yield
    _C.set_product_tier("by size")
    afina.set_float32_matmul_precision("highest")


def product(a: np.ndarray, b: np.ndarray, **options: Any) -> np.ndarray:
    with afina.device("cuda"):
        return ops.matmul(afina.tensor(a), afina.tensor(b), **options).numpy()


def workspace(a: np.ndarray, b: np.ndarray) -> int:
    """The bytes that a product takes for itself for a while."""
    with afina.device("cuda"):
        x, y = afina.tensor(a), afina.tensor(b)
        afina.reset_peak_memory("cuda")
        before = afina.memory_stats("cuda")["in_use"]
        z = ops.matmul(x, y)
        return afina.memory_stats("cuda")["peak"] - before - z.size * 4


def test_small_products_go_there_only_when_told_to() -> None:
    a, b = whole(130, 40), whole(40, 70)
    for precision, element in (("medium", 2), ("high", 4)):  # bytes of a rounded factor's elements
        afina.set_float32_matmul_precision(precision)
        _C.set_product_tier("warpgroups")
        assert workspace(a, b) >= element * (a.size + b.size)
        for tier in ("by size", "warps"):
            _C.set_product_tier(tier)
            assert workspace(a, b) < element * (a.size + b.size)
    _C.set_product_tier("warpgroups")
    afina.set_float32_matmul_precision("highest")
    assert workspace(a, b) < 2 * (a.size + b.size)
    with pytest.raises(ArgumentError, match='tier must be "by size", "warps" or "warpgroups", got "wgmma"'):
        _C.set_product_tier("wgmma")


# Sizes around a tile's 128 rows, 128 columns and 64 steps; rows of bfloat16 that end within 16 bytes; more
# tiles and stages than the simulator has multiprocessors and a ring has places.
SIZES = [
    (1, 1, 1),
    (2, 3, 5),
    (127, 129, 63),
    (128, 128, 64),
    (129, 127, 65),
    (64, 130, 136),
    (257, 1, 19),
    (1, 300, 72),
    (385, 258, 130),
    (70, 66, 700),
]
TRANSPOSES = pytest.mark.parametrize(
    "options",
    [{}, {"transpose_a": True}, {"transpose_b": True}, {"transpose_a": True, "transpose_b": True}],
    ids=["a b", "aT b", "a bT", "aT bT"],
)


def stored(shape: tuple[int, ...], transposed: bool) -> np.ndarray:
    """Whole numbers, of which the transpose has that shape where one is asked for."""
    return whole(*shape[:-2], shape[-1], shape[-2]) if transposed else whole(*shape)


def read(x: np.ndarray, transposed: bool) -> np.ndarray:
    return np.swapaxes(x, -1, -2) if transposed else x


def assert_exact(a_shape: tuple[int, ...], b_shape: tuple[int, ...], options: dict[str, bool]) -> None:
    turned_a, turned_b = options.get("transpose_a", False), options.get("transpose_b", False)
    a, b = stored(a_shape, turned_a), stored(b_shape, turned_b)
    np.testing.assert_array_equal(product(a, b, **options), read(a, turned_a) @ read(b, turned_b))


@PRECISIONS
@TRANSPOSES
@pytest.mark.parametrize(("m", "n", "k"), SIZES)
def test_products_of_short_numbers_are_exact(
    m: int, n: int, k: int, options: dict[str, bool], precision: str
) -> None:
    afina.set_float32_matmul_precision(precision)
    assert_exact((m, k), (k, n), options)


# Of odd sizes, so that matrices begin where no vector does; some of them shared.
@PRECISIONS
@TRANSPOSES
@pytest.mark.parametrize(
    ("a_shape", "b_shape"),
    [
        ((5, 33, 70), (5, 70, 41)),
        ((2, 3, 20, 7), (3, 7, 9)),
        ((3, 20, 7), (2, 1, 7, 130)),
        ((3, 130, 67), (67, 5)),
        ((2, 8, 16), (2, 16, 32)),
    ],
)
def test_stacks_are_exact(
    a_shape: tuple[int, ...], b_shape: tuple[int, ...], options: dict[str, bool], precision: str
) -> None:
    afina.set_float32_matmul_precision(precision)
    assert_exact(a_shape, b_shape, options)


# So many tiles that they are 256 columns wide; an odd number of columns in one.
@TRANSPOSES
def test_large_products_take_wide_tiles_and_are_exact(options: dict[str, bool]) -> None:
    assert_exact((1150, 40), (40, 2601 if "transpose_b" in options else 2600), options)


def test_large_products_in_tf32_take_wide_tiles_and_are_exact() -> None:
    afina.set_float32_matmul_precision("high")
    assert_exact((1150, 40), (40, 2600), {})


@PRECISIONS
@pytest.mark.parametrize("name", PRODUCTS)
def test_values_and_gradients_are_exact(name: str, precision: str) -> None:
    afina.set_float32_matmul_precision(precision)
    run, shapes = PRODUCTS[name]
    arrays = [whole(*shape) for shape in shapes]
    wanted = computed(run, "cpu", *(array.astype("float64") for array in arrays))
    for found, right in zip(computed(run, "cuda", *arrays), wanted, strict=True):
        np.testing.assert_array_equal(found, right)


@pytest.mark.parametrize("activation", ["linear", "relu", "tanh"])
def test_bias_and_activation_agree_with_float64_and_so_do_all_gradients(activation: str) -> None:
    rng = np.random.default_rng(4)
    x, kernel = (rng.uniform(-1, 1, shape) for shape in ((150, 90), (90, 140)))
    bias = np.where(np.arange(140) % 2 == 0, 20.0, -20.0)  # sums lie within 15: no relu is at its kink
    if activation == "tanh":
        x, bias = x / 5, bias / 20

    def results(device: str, dtype: str) -> list[np.ndarray]:
        arrays = (array.astype("float32").astype(dtype) for array in (x, kernel, bias))
        return computed(lambda x, k, b: ops.linear(x, k, b, activation), device, *arrays)

    for found, right in zip(results("cuda", "float32"), results("cpu", "float64"), strict=True):
        np.testing.assert_allclose(found, right, rtol=0, atol=2.0**-7 * abs(right).max())


@PRECISIONS
def test_the_factors_are_rounded_to_the_nearest(precision: str) -> None:
    afina.set_float32_matmul_precision(precision)
    rng = np.random.default_rng(3)
    a, b = (rng.standard_normal(shape).astype("float32") for shape in ((140, 200), (200, 136)))
    rounded = (truncated(x, BITS_TAKEN[precision]).astype("float64") for x in (a, b))
    found = product(a, b)
    np.testing.assert_allclose(found, np.matmul(*rounded), rtol=1e-5, atol=1e-5)
    assert abs(found - a.astype("float64") @ b).max() > 2.0**-12


@PRECISIONS
def test_what_is_not_a_number_stays_so(precision: str) -> None:
    afina.set_float32_matmul_precision(precision)
    a, b = np.ones((140, 72), "float32"), np.ones((72, 36), "float32")
    a[3, 5], a[137, 0], b[71, 35] = np.nan, np.inf, -np.inf
    with np.errstate(invalid="ignore"):
        np.testing.assert_array_equal(product(a, b), a @ b)


def test_an_empty_product_is_zero_or_empty() -> None:
    assert product(np.ones((3, 0), "float32"), np.ones((0, 5), "float32")).tolist() == [[0.0] * 5] * 3
    assert product(np.ones((0, 4), "float32"), np.ones((4, 5), "float32")).shape == (0, 5)


def test_large_products_go_there_by_size() -> None:
    a, b = whole(1100, 1700), whole(1700, 1100)
    _C.set_product_tier("by size")
    assert workspace(a, b) >= 2 * (a.size + b.size)
