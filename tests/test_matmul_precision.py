"""Products on tensor cores: what the setting says is rounded, and nothing else is."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any

import numpy as np
import pytest

import afina
from afina import ops
from afina.errors import ArgumentError
from devices import DEVICES

ON_DEVICES = pytest.mark.parametrize("device", DEVICES[1:])
ROUNDED = pytest.mark.parametrize("precision", ["high", "medium"])


@pytest.fixture(autouse=True)
def restored() -> Iterator[None]:
    yield
    afina.set_float32_matmul_precision("highest")


def test_nothing_is_rounded_at_the_start_and_other_words_are_refused() -> None:
    assert afina.float32_matmul_precision() == "highest"
    with pytest.raises(ArgumentError, match='precision must be "highest", "high" or "medium", got "tf32"'):
        afina.set_float32_matmul_precision("tf32")
    afina.set_float32_matmul_precision("medium")
    assert afina.float32_matmul_precision() == "medium"


def whole(*shape: int, dtype: str = "float32") -> np.ndarray:
    """Numbers from -8 to 8, which neither rounding changes: sums of their products are exact."""
    return np.random.default_rng(sum(shape)).integers(-8, 9, shape).astype(dtype)


def computed(run: Callable[..., Any], device: str, *arrays: np.ndarray) -> list[np.ndarray]:
    """The result and all gradients, for a seed of whole numbers."""
    with afina.device(device):
        inputs = [afina.tensor(array, requires_grad=True) for array in arrays]
        y = run(*inputs)
        seed = afina.tensor(whole(*y.shape, dtype=str(arrays[0].dtype)))
        return [y.numpy(), *(gradient.numpy() for gradient in afina.gradients(y, inputs, seed))]


# Sizes that are and are not multiples of a tile, a fragment and a copy of four numbers; k long enough to be
# cut; stacks of matrices, one of them shared, whose gradient is a sum over the stack.
PRODUCTS: dict[str, tuple[Callable[..., Any], list[tuple[int, ...]]]] = {
    "one number": (ops.matmul, [(1, 1), (1, 1)]),
    "even": (ops.matmul, [(64, 32), (32, 64)]),
    "multiples of four": (ops.matmul, [(68, 20), (20, 132)]),
    "odd": (ops.matmul, [(67, 19), (19, 71)]),
    "odd columns": (ops.matmul, [(64, 16), (16, 33)]),
    "transposed": (
        lambda a, b: ops.matmul(a, b, transpose_a=True, transpose_b=True),
        [(20, 68), (36, 20)],
    ),
    "long k": (ops.matmul, [(20, 1300), (1300, 12)]),
    "stack": (ops.matmul, [(3, 2, 12, 8), (2, 8, 20)]),
    "odd stack": (ops.matmul, [(3, 5, 7), (3, 7, 9)]),
    "linear": (lambda x, k, b: ops.linear(x, k, b, "relu"), [(30, 24), (24, 40), (40,)]),
    "convolution": (
        lambda x, k: ops.conv2d(x, k, strides=1, padding="same"),
        [(2, 7, 6, 8), (3, 3, 8, 12)],
    ),
    "convolution of three channels": (
        lambda x, k: ops.conv2d(x, k, strides=2, padding="valid"),
        [(2, 9, 8, 3), (3, 2, 3, 16)],
    ),
    "groups": (
        lambda x, k: ops.conv2d(x, k, strides=1, padding="same", groups=2),
        [(2, 6, 6, 16), (3, 3, 8, 8)],
    ),
    "odd groups": (
        lambda x, k: ops.conv2d(x, k, strides=1, padding="same", groups=3),
        [(1, 6, 5, 9), (3, 3, 3, 6)],
    ),
    "dilated": (
        lambda x, k: ops.conv2d(x, k, strides=1, padding="same", dilation=2),
        [(1, 9, 9, 4), (3, 3, 4, 4)],
    ),
    "transposed convolution": (
        lambda x, k: ops.conv2d_transpose(x, k, strides=2, padding="same"),
        [(1, 5, 4, 8), (3, 3, 4, 8)],
    ),
}


@ON_DEVICES
@ROUNDED
@pytest.mark.parametrize("name", PRODUCTS)
def test_products_of_short_numbers_are_exact(device: str, precision: str, name: str) -> None:
    run, shapes = PRODUCTS[name]
    arrays = [whole(*shape) for shape in shapes]
    wanted = computed(run, "cpu", *(array.astype("float64") for array in arrays))
    afina.set_float32_matmul_precision(precision)
    for found, right in zip(computed(run, device, *arrays), wanted, strict=True):
        np.testing.assert_array_equal(found, right)


@ON_DEVICES
@ROUNDED
def test_large_products_take_large_tiles_and_are_exact(device: str, precision: str) -> None:
    a, b = whole(2060, 36), whole(36, 2100)
    afina.set_float32_matmul_precision(precision)
    with afina.device(device):
        found = ops.matmul(afina.tensor(a), afina.tensor(b)).numpy()
    np.testing.assert_array_equal(found, a @ b)


def truncated(x: np.ndarray, bits: int) -> np.ndarray:
    """Float32 with `bits` bits less, halves away from zero (TF32: 13) or to even (bfloat16: 16)."""
    words = x.view("uint32")
    half = (1 << (bits - 1)) - 1 + (1 if bits == 13 else words >> bits & 1)
    return ((words + half) >> bits << bits).astype("uint32").view("float32")


@ON_DEVICES
@pytest.mark.parametrize(("precision", "bits"), [("high", 13), ("medium", 16)])
def test_the_factors_are_rounded_as_the_setting_says(device: str, precision: str, bits: int) -> None:
    rng = np.random.default_rng(3)
    a, b = rng.standard_normal((40, 24)).astype("float32"), rng.standard_normal((24, 36)).astype("float32")
    afina.set_float32_matmul_precision(precision)
    with afina.device(device):
        found = ops.matmul(afina.tensor(a), afina.tensor(b)).numpy()
    rounded = truncated(a, bits).astype("float64") @ truncated(b, bits).astype("float64")
    np.testing.assert_allclose(found, rounded, rtol=2e-6, atol=2e-6)
    assert abs(found - a.astype("float64") @ b).max() > 2.0**-14


@ON_DEVICES
def test_the_cpu_and_float64_are_never_rounded(device: str) -> None:
    rng = np.random.default_rng(3)
    a, b = rng.standard_normal((40, 24)), rng.standard_normal((24, 36))
    single = [afina.tensor(x.astype("float32")) for x in (a, b)]
    before = ops.matmul(*single).numpy()
    afina.set_float32_matmul_precision("medium")
    np.testing.assert_array_equal(ops.matmul(*single).numpy(), before)
    with afina.device(device):
        np.testing.assert_allclose(ops.matmul(afina.tensor(a), afina.tensor(b)).numpy(), a @ b, rtol=1e-12)
