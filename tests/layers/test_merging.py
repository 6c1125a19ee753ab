"""Layers of several inputs against NumPy."""

import numpy as np
import pytest

from afina import layers
from afina.errors import ArgumentError, ShapeError
from afina.layers import Add, Concatenate, Dot, Input, Subtract

A = np.arange(6.0).reshape(2, 3)
B = np.array([[3.0, -1.0, 2.0], [0.5, 4.0, -2.0]])


@pytest.mark.parametrize(
    ("name", "expected"),
    [
        ("Add", A + B),
        ("Subtract", A - B),
        ("Multiply", A * B),
        ("Average", (A + B) / 2),
        ("Maximum", np.maximum(A, B)),
        ("Minimum", np.minimum(A, B)),
        ("Concatenate", np.concatenate([A, B], -1)),
    ],
)
def test_a_layer_and_its_function_give_numpys_answer(name, expected):
    np.testing.assert_allclose(getattr(layers, name)(dtype="float64")([A, B]).numpy(), expected, rtol=1e-15)
    function = getattr(layers, name.lower())
    np.testing.assert_allclose(function([A, B], dtype="float64").numpy(), expected, rtol=1e-15)
    assert function([Input(shape=(3,)), Input(shape=(3,))]).shape == (None, *expected.shape[1:])


def test_three_inputs_add_up():
    np.testing.assert_allclose(Add(dtype="float64")([A, B, A]).numpy(), 2 * A + B)


def test_sizes_of_one_broadcast():
    assert Add()([Input(shape=(4, 1, 3)), Input(shape=(1, 5, 3))]).shape == (None, 4, 5, 3)


@pytest.mark.parametrize("axes", [1, (2, 1), (1, 2)])
def test_dot_sums_products_sample_by_sample(axes, rng):
    a = rng.standard_normal((4, 3, 3))
    b = rng.standard_normal((4, 3, 3))
    first, second = (axes, axes) if isinstance(axes, int) else axes
    y = Dot(axes, dtype="float64")([a, b]).numpy()
    expected = np.stack([np.tensordot(p, q, (first - 1, second - 1)) for p, q in zip(a, b, strict=True)])
    np.testing.assert_allclose(y, expected, atol=1e-12)


def test_normalized_dot_of_vectors_is_the_cosine():
    y = Dot(1, normalize=True, dtype="float64")([A, B]).numpy()
    lengths = np.linalg.norm(A, axis=1) * np.linalg.norm(B, axis=1)
    np.testing.assert_allclose(y[:, 0], (A * B).sum(1) / lengths, rtol=1e-10)


def test_one_tensor_alone_is_refused():
    with pytest.raises(ArgumentError, match="Add 'lonely': inputs must be a list of tensors"):
        Add(name="lonely")(A)
    with pytest.raises(ArgumentError, match="a list of 2 tensors or more, got 1"):
        Add()([A])
    with pytest.raises(ArgumentError, match="two tensors, got 3"):
        Subtract()([A, A, A])


def test_shapes_that_do_not_fit_are_named():
    with pytest.raises(ShapeError, match=r"\(None, 3\) and \(None, 4\) do not fit: 3 against 4"):
        Add()([Input(shape=(3,)), Input(shape=(4,))])
    with pytest.raises(ShapeError, match="inputs must agree outside axis -1"):
        Concatenate()([Input(shape=(3, 4)), Input(shape=(2, 4))])
