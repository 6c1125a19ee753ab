"""Regularizers in every convention of the decks, and constraints."""

import numpy as np
import pytest

import afina
from afina import constraints, regularizers
from afina.errors import ArgumentError

W = np.array([[1.0, -2.0, 0.0], [0.5, 3.0, -1.5]])


@pytest.mark.parametrize(
    ("penalty", "value", "slope"),
    [
        (regularizers.L2(0.1), 0.1 * (W**2).sum(), 0.2 * W),
        (regularizers.L2(0.1, half=True), 0.05 * (W**2).sum(), 0.1 * W),
        (regularizers.L1(0.1), 0.1 * np.abs(W).sum(), 0.1 * np.sign(W)),
        (regularizers.L1(0.1, half=True), 0.05 * np.abs(W).sum(), 0.05 * np.sign(W)),
        (regularizers.L1L2(0.1, 0.2), 0.1 * np.abs(W).sum() + 0.2 * (W**2).sum(), 0.1 * np.sign(W) + 0.4 * W),
    ],
    ids=lambda v: v.formula if isinstance(v, regularizers.Regularizer) else "",
)
def test_value_and_gradient_are_those_of_the_formula(penalty, value, slope):
    found, gradient = afina.value_and_grad(penalty)(afina.tensor(W))
    np.testing.assert_allclose(found.item(), value, rtol=1e-12)
    np.testing.assert_allclose(gradient.numpy(), slope, atol=1e-12)


def test_the_formula_names_the_convention():
    assert regularizers.L2(0.1).formula == "0.1 * sum(w^2)"
    assert regularizers.L2(0.1, half=True).formula == "0.1/2 * sum(w^2)"


def test_a_regularizer_of_the_model_leaves_biases_out_unless_told():
    for include_bias, count in ((False, 2), (True, 6)):
        penalty = regularizers.L2(0.5, include_bias=include_bias)
        model = afina.Sequential(
            [
                afina.layers.Dense(3, input_shape=(4,)),
                afina.layers.BatchNormalization(),
                afina.layers.Dense(1),
            ],
            regularizer=penalty,
        )
        assert len(model.losses) == count
        total = sum(loss.item() for loss in model.losses)
        chosen = model.trainable_weights if include_bias else [w for w in model.weights if w.name == "kernel"]
        np.testing.assert_allclose(total, sum(0.5 * (w.numpy() ** 2).sum() for w in chosen), rtol=1e-5)


def test_frozen_weights_carry_no_penalty():
    layer = afina.layers.Dense(3, kernel_regularizer="l2")
    layer.build((None, 4))
    assert len(layer.losses) == 1
    layer.trainable = False
    assert layer.losses == []


def test_a_negative_strength_is_refused():
    with pytest.raises(ArgumentError, match="l2 must be finite and not negative"):
        regularizers.L2(-0.1)


def test_constraints_do_what_they_say():
    w = afina.tensor(W)
    norms = np.linalg.norm(W, axis=0)
    unit = constraints.UnitNorm()(w).numpy()
    np.testing.assert_allclose(np.linalg.norm(unit, axis=0)[:2], 1.0, rtol=1e-6)
    capped = np.linalg.norm(constraints.MaxNorm(1.2)(w).numpy(), axis=0)
    np.testing.assert_allclose(capped, np.minimum(norms, 1.2), rtol=1e-6)
    np.testing.assert_array_equal(constraints.NonNeg()(w).numpy(), np.maximum(W, 0))
    between = np.linalg.norm(constraints.MinMaxNorm(1.3, 2.0)(w).numpy(), axis=0)
    np.testing.assert_allclose(between, np.clip(norms, 1.3, 2.0), rtol=1e-6)


@pytest.mark.parametrize("name", ["l1", "L2", "l1_l2"])
def test_regularizers_are_found_by_name(name):
    assert isinstance(regularizers.get(name), regularizers.Regularizer)


def test_unknown_names_are_refused():
    with pytest.raises(ArgumentError):
        regularizers.get("l3")
    with pytest.raises(ArgumentError):
        constraints.get(3)
