"""Walking the record backwards."""

import numpy as np
import pytest

import afina
from afina import ops
from afina.errors import GradientError, ShapeError


def leaf(values):
    return afina.tensor(np.asarray(values, dtype="float64"), requires_grad=True)


def test_gradient_of_a_tensor_used_twice_is_the_sum():
    x = leaf([2.0, 3.0])
    y = (x * x + x).sum()
    assert afina.gradients(y, [x])[0].tolist() == [5.0, 7.0]


def test_backward_adds_into_grad_until_it_is_cleared():
    x = leaf([1.0, 2.0])
    (x * 3.0).sum().backward()
    (x * 2.0).sum().backward()
    assert x.grad.tolist() == [5.0, 5.0]
    x.grad = None
    assert x.grad is None


def test_gradients_leaves_grad_alone_and_gives_none_where_nothing_depends():
    x, other = leaf([1.0]), leaf([1.0])
    found = afina.gradients((x * 2.0).sum(), [x, other])
    assert found[0].tolist() == [2.0]
    assert found[1] is None
    assert x.grad is None


def test_the_gradient_of_an_intermediate_tensor_is_given():
    x = leaf([2.0])
    middle = x * x
    y = (middle * 3.0).sum()
    assert [g.tolist() for g in afina.gradients(y, [middle, x])] == [[3.0], [12.0]]


def test_a_branch_nobody_asks_for_is_not_walked():
    x, frozen = leaf(np.ones((3, 3))), leaf(np.ones((3, 3)))
    hidden = ops.matmul(frozen, frozen)
    y = ops.matmul(hidden, x).sum()
    afina.gradients(y, [x])
    # hidden's own closure was not run, so it still has what it saved and can be walked now.
    assert afina.gradients(hidden.sum(), [frozen])[0].shape == (3, 3)


def test_two_inputs_that_get_the_same_gradient_do_not_share_its_memory():
    a, b = leaf([1.0]), leaf([1.0])
    da, db = afina.gradients((a + b).sum(), [a, b])
    da.fill_(7.0)
    assert db.tolist() == [1.0]


def test_walking_twice_needs_to_be_asked_for():
    x = leaf([3.0])
    y = (x * x).sum()
    y.backward(retain_graph=True)
    y.backward()
    assert x.grad.tolist() == [12.0]
    with pytest.raises(GradientError, match="retain_graph=True"):
        y.backward()


def test_only_a_scalar_has_a_gradient_without_a_seed():
    x = leaf([1.0, 2.0])
    with pytest.raises(ShapeError, match=r"\(2,\)"):
        (x * 2.0).backward()
    with pytest.raises(ShapeError, match="seed"):
        (x * 2.0).backward(afina.tensor(np.ones(3)))
    (x * 2.0).backward(afina.tensor(np.array([1.0, 10.0])))
    assert x.grad.tolist() == [2.0, 20.0]


def test_nothing_is_recorded_inside_no_grad():
    x = leaf([1.0])
    with afina.no_grad():
        y = x * 2.0
    assert not y.requires_grad
    with pytest.raises(GradientError, match="does not depend"):
        y.backward()


def test_a_chain_of_a_hundred_thousand_ops_is_walked_and_dropped():
    x = leaf([1.0])
    y = x
    for _ in range(100_000):
        y = y + 1.0
    assert afina.gradients(y.sum(), [x])[0].tolist() == [1.0]
    del y


def test_a_result_cannot_be_told_to_require_a_gradient():
    y = leaf([1.0]) * 2.0
    with pytest.raises(GradientError, match="detach"):
        y.requires_grad = False


def test_value_and_grad_differentiates_a_function():
    value, (dx, dy) = afina.value_and_grad(lambda x, y: (x * y).sum(), argnums=(0, 1))(
        afina.tensor([2.0]), afina.tensor([5.0])
    )
    assert value.item() == 10.0
    assert dx.tolist() == [5.0]
    assert dy.tolist() == [2.0]


def test_a_gradient_with_respect_to_the_input_reaches_it_through_a_model():
    model = afina.Sequential(
        [afina.layers.Dense(3, activation="tanh", input_shape=(4,)), afina.layers.Dense(1)]
    )
    x = afina.tensor(np.random.default_rng(0).standard_normal((2, 4)).astype("float32"), requires_grad=True)
    model(x).sum().backward()
    w1, b1, w2, _ = model.get_weights()
    slope = 1 - np.tanh(x.numpy() @ w1 + b1) ** 2
    np.testing.assert_allclose(x.grad.numpy(), (slope * w2[:, 0]) @ w1.T, rtol=1e-5, atol=1e-6)


def test_gradients_of_a_leaf_asked_for_twice_share_no_memory():
    x = afina.tensor(np.ones(4, "float32"), requires_grad=True)
    first, second = afina.gradients((x * 2.0).sum(), [x, x])
    first.fill_(0)
    assert second.tolist() == [2.0] * 4


def test_the_gradient_of_an_identity_is_not_the_seed_itself():
    x = afina.tensor(np.ones(4, "float32"), requires_grad=True)
    seed = afina.tensor(np.ones(4, "float32"))
    (dx,) = afina.gradients(x + 0.0, [x], seed)
    dx.fill_(7)
    assert seed.tolist() == [1.0] * 4
