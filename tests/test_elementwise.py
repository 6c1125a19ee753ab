"""What the case table cannot say of elementwise ops: every float, special values, operators, threads."""

from __future__ import annotations

import math
from collections.abc import Callable
from typing import Any

import numpy as np
import pytest

import afina
from afina import ops
from afina.errors import DTypeError

Array = np.ndarray[Any, Any]
SPECIAL = np.array(
    [0.0, -0.0, math.inf, -math.inf, math.nan, 1e-45, -1e-45, 3.4e38, -3.4e38, 1.0, -1.0], "float32"
)
FUNCTIONS: dict[str, Callable[[Array], Array]] = {
    "exp": np.exp,
    "expm1": np.expm1,
    "log": np.log,
    "log1p": np.log1p,
    "tanh": np.tanh,
    "sqrt": np.sqrt,
    "rsqrt": lambda x: 1 / np.sqrt(x),
    "sin": np.sin,
    "cos": np.cos,
    "floor": np.floor,
    "ceil": np.ceil,
    "round": np.round,
    "reciprocal": lambda x: 1 / x,
}


def ulps(got: Array, wanted: Array) -> Array:
    """The error of float32 `got` in units of the last place of float64 `wanted`; 0 where both are NaN."""
    with np.errstate(all="ignore"):
        unit = np.exp2(np.clip(np.floor(np.log2(abs(wanted))), -126, 127) - 23)
        error = abs(got.astype("float64") - wanted) / np.where(wanted == 0, 2.0**-149, unit)
        same = (np.isnan(got) & np.isnan(wanted)) | (got == wanted.astype("float32"))
    return np.where(same, 0.0, np.where(np.isfinite(error), error, math.inf))


@pytest.mark.parametrize("name", FUNCTIONS)
def test_floats_of_the_whole_range_are_within_two_ulp(name):
    bits = np.arange(0, 2**32, 1997, dtype="uint64").astype("uint32")
    x = np.concatenate([bits.view("float32"), SPECIAL])
    with np.errstate(all="ignore"):
        wanted = FUNCTIONS[name](x.astype("float64"))
    got = getattr(ops, name)(afina.from_numpy(x)).numpy()
    error = ulps(got, wanted)
    worst = int(error.argmax())
    assert error[worst] <= 2, f"{name}({x[worst]!r}) is {got[worst]!r}, not {wanted[worst]!r}"
    zeros = wanted == 0
    np.testing.assert_array_equal(np.signbit(got[zeros]), np.signbit(wanted[zeros]))


def test_gelu_and_its_slope_are_within_a_few_ulp_and_keep_their_digits_in_the_lower_tail():
    x = np.linspace(-13, 8, 200_001, dtype="float32")
    wide = x.astype("float64")
    below = np.vectorize(math.erfc)(wide / -math.sqrt(2)) / 2
    density = np.exp(-wide * wide / 2) / math.sqrt(2 * math.pi)
    tensor = afina.tensor(x, requires_grad=True)
    y = ops.gelu(tensor)
    relative = 5e-7 + 4e-8 * wide**2  # e^(-x^2 / 2) has the rounding of its exponent
    assert (abs(y.numpy() - wide * below) <= relative * abs(wide * below)).all()
    (slope,) = afina.gradients(ops.sum(y), [tensor])
    exact = below + wide * density
    assert (abs(slope.numpy() - exact) <= relative * (below + abs(wide) * density)).all()


@pytest.mark.parametrize(
    "exponent", [0.25, 2.5, -1.5, 3, -3, 7, 0, 100.25, 1e-5, math.inf, -math.inf, math.nan, 1e30]
)
def test_power_is_within_two_ulp_of_the_c_library(exponent):
    x = np.concatenate([np.arange(0, 2**32, 99991, dtype="uint64").astype("uint32").view("float32"), SPECIAL])
    with np.errstate(all="ignore"):
        wanted = np.power(x.astype("float64"), np.float64(np.float32(exponent)))
    got = ops.power(afina.from_numpy(x), afina.tensor(exponent, dtype="float32")).numpy()
    assert ulps(got, wanted).max() <= 2


@pytest.mark.parametrize(
    "name", ["relu", "relu6", "leaky_relu", "sigmoid", "tanh", "elu", "selu", "softplus", "gelu"]
)
def test_nan_goes_through_every_activation(name):
    x = afina.tensor([1.0, math.nan, -1.0])
    assert np.isnan(getattr(ops, name)(x).numpy()).tolist() == [False, True, False]


def test_nan_wins_in_maximum_and_minimum():
    a, b = afina.tensor([1.0, math.nan, 3.0]), afina.tensor([math.nan, 2.0, 4.0])
    for name in ("maximum", "minimum"):
        assert np.isnan(getattr(ops, name)(a, b).numpy()).tolist() == [True, True, False]


def test_gradient_of_maximum_goes_to_the_first_operand_where_both_are_equal():
    a, b = (afina.tensor([1.0, 2.0], requires_grad=True) for _ in range(2))
    da, db = afina.gradients(ops.maximum(a, b).sum(), [a, b])
    assert da.tolist() == [1.0, 1.0]
    assert db.tolist() == [0.0, 0.0]


def test_gradient_of_cast_returns_in_the_dtype_it_came_from():
    x = afina.tensor([1.0, 2.0], requires_grad=True)
    (dx,) = afina.gradients(ops.cast(x, "float64").sum() * 3.0, [x])
    assert dx.dtype == "float32"
    assert dx.tolist() == [3.0, 3.0]


def test_integers_are_not_divided():
    a = afina.tensor([1, 2])
    with pytest.raises(DTypeError, match="divide: needs float32 or float64, got int64; cast"):
        a / 0


def test_integer_powers_are_exact_and_negative_exponents_truncate():
    base = afina.tensor([3, -2, 1, -1, 0, 5])
    assert (base**3).tolist() == [27, -8, 1, -1, 0, 125]
    assert ops.power(base, afina.tensor(-1)).tolist() == [0, 0, 1, -1, 0, 0]


def test_numbers_take_the_dtype_of_the_tensor():
    for dtype in ("float32", "float64", "int32", "int64"):
        x = afina.tensor([1, 2, 3], dtype=dtype)
        for y in (x + 1, 1 + x, x - 1, 1 - x, x * 2, 2 * x, x**2, -x, abs(x)):
            assert y.dtype == dtype
    assert (afina.tensor([2**62]) + 1).tolist() == [2**62 + 1]


def test_a_number_that_does_not_fit_is_refused():
    with pytest.raises(DTypeError, match="add: the number 5000000000 does not fit int32"):
        afina.tensor([1], dtype="int32") + 5_000_000_000


def test_operators_are_numpys(rng):
    a, b = rng.uniform(0.5, 2, (3, 4)), rng.uniform(0.5, 2, 4)
    x, y = afina.tensor(a), afina.tensor(b)
    for ours, theirs in [
        (x + y, a + b), (x - y, a - b), (x * y, a * b), (x / y, a / b), (x**y, a**b), (2.0 / x, 2.0 / a),
        (2.0**x, 2.0**a), (x < y, a < b), (x <= y, a <= b), (x > 1, a > 1), (x >= 1, a >= 1),
        (x == y, a == b), (x != y, a != b), (b + x, a + b), (x - b, a - b), (-x, -a), (abs(-x), a),
    ]:  # fmt: skip
        assert isinstance(ours, afina.Tensor)
        np.testing.assert_allclose(ours.numpy(), theirs, rtol=1e-14)


def test_a_tensor_can_still_be_a_key():
    x = afina.tensor([1.0])
    assert {x: "value"}[x] == "value"


@pytest.mark.parametrize(
    "run",
    [
        lambda x, row: ops.tanh(x),
        lambda x, row: x * row + 1.0,
        lambda x, row: ops.where(x > row, x, row),
        ops.prelu,
    ],
    ids=["tanh", "scale and shift", "where", "prelu"],
)
def test_results_are_the_same_bits_for_any_number_of_threads(run, rng, with_threads):
    data, row = rng.standard_normal((300, 701)).astype("float32"), rng.standard_normal(701).astype("float32")

    def compute():
        x, scale = afina.tensor(data, requires_grad=True), afina.tensor(row, requires_grad=True)
        y = run(x, scale)
        gradients = afina.gradients((y * y).sum(), [x, scale])
        return [y.numpy().tobytes()] + [g.numpy().tobytes() for g in gradients if g is not None]

    found = with_threads(compute)
    assert all(bits == found[0] for bits in found)


@pytest.mark.parametrize("columns", [1, 3, 10, 64, 65])
@pytest.mark.parametrize("dtype", ["float32", "float64", "int32", "int64"])
def test_a_short_row_is_repeated_over_many_rows(columns, dtype, rng):
    x, row = (rng.integers(1, 50, shape).astype(dtype) for shape in ((1031, columns), (columns,)))
    ours = [afina.tensor(x) - afina.tensor(row), afina.tensor(row) - afina.tensor(x)]
    for got, wanted in zip(
        [*ours, afina.tensor(x) > afina.tensor(row)], [x - row, row - x, x > row], strict=True
    ):
        np.testing.assert_array_equal(got.numpy(), wanted)
