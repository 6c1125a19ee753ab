"""Products on tensor cores and AVX512-BF16: what the setting says is rounded, and nothing else is."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any

import numpy as np
import pytest

import afina
from afina import _C, ops
from afina.errors import ArgumentError
from devices import DEVICES
from products import PRODUCTS, computed, truncated, whole

ON_DEVICES = pytest.mark.parametrize("device", DEVICES[1:])
# What rounds here, and the bits it takes away.
ROUNDINGS = [
    (device, precision, bits) for device in DEVICES[1:] for precision, bits in (("high", 13), ("medium", 16))
]
if _C.can_round_products():
    ROUNDINGS.append(("cpu", "medium", 16))
ROUNDED = pytest.mark.parametrize(("device", "precision"), [rounding[:2] for rounding in ROUNDINGS])
TRUNCATED = pytest.mark.parametrize(("device", "precision", "bits"), ROUNDINGS)


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


@ROUNDED
@pytest.mark.parametrize("name", PRODUCTS)
def test_products_of_short_numbers_are_exact(device: str, precision: str, name: str) -> None:
    run, shapes = PRODUCTS[name]
    arrays = [whole(*shape) for shape in shapes]
    wanted = computed(run, "cpu", *(array.astype("float64") for array in arrays))
    afina.set_float32_matmul_precision(precision)
    for found, right in zip(computed(run, device, *arrays), wanted, strict=True):
        np.testing.assert_array_equal(found, right)


@ROUNDED
def test_large_products_take_large_tiles_and_are_exact(device: str, precision: str) -> None:
    a, b = whole(2060, 36), whole(36, 2100)
    afina.set_float32_matmul_precision(precision)
    with afina.device(device):
        found = ops.matmul(afina.tensor(a), afina.tensor(b)).numpy()
    np.testing.assert_array_equal(found, a @ b)


@TRUNCATED
def test_the_factors_are_rounded_as_the_setting_says(device: str, precision: str, bits: int) -> None:
    rng = np.random.default_rng(3)
    a, b = rng.standard_normal((40, 24)).astype("float32"), rng.standard_normal((24, 36)).astype("float32")
    afina.set_float32_matmul_precision(precision)
    with afina.device(device):
        found = ops.matmul(afina.tensor(a), afina.tensor(b)).numpy()
    rounded = truncated(a, bits).astype("float64") @ truncated(b, bits).astype("float64")
    np.testing.assert_allclose(found, rounded, rtol=2e-6, atol=2e-6)
    assert abs(found - a.astype("float64") @ b).max() > 2.0**-14


@TRUNCATED
@pytest.mark.parametrize(
    ("x_shape", "kernel_shape", "options"),
    [
        ((2, 9, 7, 16), (3, 3, 16, 40), {"strides": 1, "padding": "same"}),
        ((2, 9, 9, 16), (5, 5, 16, 40), {"strides": 2, "padding": "valid"}),
        ((2, 8, 9, 64), (1, 1, 64, 32), {"strides": 1, "padding": "valid"}),
        ((1, 9, 9, 64), (3, 3, 32, 40), {"strides": 1, "padding": "same", "groups": 2}),
    ],
)
def test_a_convolution_and_both_gradients_round_the_same_way(
    device: str,
    precision: str,
    bits: int,
    x_shape: tuple[int, ...],
    kernel_shape: tuple[int, ...],
    options: dict[str, Any],
) -> None:
    rng = np.random.default_rng(5)
    x, kernel = (rng.standard_normal(shape).astype("float32") for shape in (x_shape, kernel_shape))

    def results(cut: Callable[[np.ndarray], np.ndarray], where: str) -> list[np.ndarray]:
        with afina.device(where):
            inputs = [afina.tensor(cut(array), requires_grad=True) for array in (x, kernel)]
            y = ops.conv2d(*inputs, **options)
            seed = np.random.default_rng(6).standard_normal(y.shape).astype("float32")
            gradients = afina.gradients(y, inputs, afina.tensor(cut(seed)))
            return [y.numpy(), *(gradient.numpy() for gradient in gradients)]

    rounded = results(lambda array: truncated(array, bits).astype("float64"), "cpu")
    exact = results(lambda array: array.astype("float64"), "cpu")
    afina.set_float32_matmul_precision(precision)
    for found, right, unrounded in zip(results(np.array, device), rounded, exact, strict=True):
        np.testing.assert_allclose(found, right, rtol=1e-5, atol=1e-5 * abs(right).max())
        assert abs(found - unrounded).max() > 2.0**-14


@TRUNCATED
def test_what_is_not_a_number_stays_so(device: str, precision: str, bits: int) -> None:
    a, b = np.ones((40, 24), "float32"), np.ones((24, 36), "float32")
    a[3, 5], a[7, 0], b[23, 35] = np.nan, np.inf, -np.inf
    afina.set_float32_matmul_precision(precision)
    with afina.device(device):
        found = ops.matmul(afina.tensor(a), afina.tensor(b)).numpy()
    with np.errstate(invalid="ignore"):
        np.testing.assert_array_equal(found, a @ b)


@pytest.mark.skipif(not _C.can_round_products(), reason="this CPU has no AVX512-BF16")
def test_a_rounded_product_has_the_same_bits_on_any_number_of_threads() -> None:
    rng = np.random.default_rng(4)
    x, k = (afina.tensor(rng.standard_normal(shape).astype("float32")) for shape in ((300, 700), (700, 260)))
    afina.set_float32_matmul_precision("medium")
    threads = afina.thread_count()
    try:
        results = []
        for count in (1, 2, 4):
            afina.set_thread_count(count)
            results.append(ops.matmul(x, k).numpy().copy())
    finally:
        afina.set_thread_count(threads)
    for result in results[1:]:
        np.testing.assert_array_equal(result, results[0])


def products_without_tensor_cores() -> tuple[np.ndarray, np.ndarray]:
    """A product in float64 and attention in float32, both large enough to be rounded if they were."""
    rng = np.random.default_rng(3)
    a, b = rng.standard_normal((40, 24)), rng.standard_normal((24, 36))
    query, key, value = (
        afina.tensor(rng.standard_normal((1, 40, 1, 32)).astype("float32")) for _ in range(3)
    )
    attended = ops.dot_product_attention(query, key, value)
    return ops.matmul(afina.tensor(a), afina.tensor(b)).numpy(), attended.numpy()


@pytest.mark.parametrize("device", DEVICES)
def test_float64_and_attention_are_never_rounded(device: str) -> None:
    with afina.device(device):
        before = products_without_tensor_cores()
        afina.set_float32_matmul_precision("medium")
        for found, right in zip(products_without_tensor_cores(), before, strict=True):
            np.testing.assert_array_equal(found, right)


@pytest.mark.skipif(_C.can_round_products(), reason="this CPU has AVX512-BF16")
def test_a_cpu_without_bfloat16_rounds_nothing() -> None:
    a, b = (np.random.default_rng(3).standard_normal((64, 64)).astype("float32") for _ in range(2))
    before = ops.matmul(afina.tensor(a), afina.tensor(b)).numpy()
    afina.set_float32_matmul_precision("medium")
    np.testing.assert_array_equal(ops.matmul(afina.tensor(a), afina.tensor(b)).numpy(), before)
