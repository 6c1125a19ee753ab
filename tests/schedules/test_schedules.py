"""Every schedule against its closed form, written out again with NumPy."""

import numpy as np
import pytest

from afina import optimizers, schedules
from afina.errors import ArgumentError

T = np.arange(0, 400)


def values(schedule):
    return np.array([schedule(int(t)) for t in T])


CASES = [
    (schedules.ExponentialDecay(0.1, 50, 0.9), 0.1 * 0.9 ** (T / 50)),
    (schedules.ExponentialDecay(0.1, 50, 0.9, staircase=True), 0.1 * 0.9 ** (T // 50)),
    (schedules.InverseTimeDecay(0.1, 10, 0.5), 0.1 / (1 + 0.5 * T / 10)),
    (schedules.InverseTimeDecay(0.1, 10, 0.5, staircase=True), 0.1 / (1 + 0.5 * (T // 10))),
    (schedules.GeometricDecay(0.1, 0.01), 0.1 * 0.99**T),
    (schedules.StepDecay(0.1, 0.5, 30), 0.1 * 0.5 ** (T // 30)),
    (schedules.PolynomialDecay(0.1, 200, 0.01, 2.0), 0.09 * (1 - np.minimum(T, 200) / 200) ** 2 + 0.01),
    (
        schedules.CosineDecay(0.1, 200, 0.1),
        0.1 * (0.9 * 0.5 * (1 + np.cos(np.pi * np.minimum(T, 200) / 200)) + 0.1),
    ),
    (
        schedules.PiecewiseConstantDecay([100, 200], [1.0, 0.5, 0.1]),
        np.where(T <= 100, 1.0, np.where(T <= 200, 0.5, 0.1)),
    ),
    (schedules.MomentumRamp(0.5, 0.99, 100), 0.5 + 0.49 * np.minimum(T, 100) / 100),
]


@pytest.mark.parametrize(("schedule", "expected"), CASES, ids=lambda value: type(value).__name__)
def test_a_schedule_equals_its_closed_form(schedule, expected):
    np.testing.assert_allclose(values(schedule), expected, rtol=1e-12)


def test_the_cosine_starts_after_a_straight_warm_up():
    schedule = schedules.CosineDecay(0.01, 100, warmup_target=0.1, warmup_steps=50)
    warm = 0.01 + 0.09 * T[:50] / 50
    cosine = 0.1 * 0.5 * (1 + np.cos(np.pi * np.minimum(T[50:] - 50, 100) / 100))
    np.testing.assert_allclose(values(schedule), np.concatenate([warm, cosine]), rtol=1e-12)


def test_a_cycling_polynomial_starts_again_from_the_top_with_a_longer_period():
    schedule = schedules.PolynomialDecay(1.0, 10, 0.0, cycle=True)
    assert schedule(10) == 0.0
    assert schedule(11) == pytest.approx(1 - 11 / 20)
    assert schedule(25) == pytest.approx(1 - 25 / 30)


@pytest.mark.parametrize(
    ("style", "expected"), [("inverse_time", 0.1 / (1 + 0.01 * T)), ("geometric", 0.1 * (1 - 0.01) ** T)]
)
def test_decay_of_an_optimizer_follows_the_style_it_names(style, expected):
    optimizer = optimizers.SGD(lr=0.1, decay=0.01, decay_style=style)
    found = []
    for t in T:
        optimizer.iterations = int(t)
        found.append(optimizer.current_learning_rate)
    np.testing.assert_allclose(found, expected, rtol=1e-7)
    assert style == "geometric" or "legacy Keras" in optimizer.describe()


def test_decay_is_hyperbolic_unless_it_says_geometric():
    assert optimizers.SGD(decay=0.5).decay_style == "inverse_time"


@pytest.mark.parametrize("schedule", [case[0] for case in CASES], ids=lambda value: type(value).__name__)
def test_a_schedule_survives_serialization(schedule):
    again = schedules.get(schedules.serialize(schedule))
    assert type(again) is type(schedule)
    np.testing.assert_array_equal(values(again), values(schedule))


@pytest.mark.parametrize(
    "make",
    [
        lambda: schedules.ExponentialDecay(-0.1, 10, 0.5),
        lambda: schedules.InverseTimeDecay(0.1, 0, 0.5),
        lambda: schedules.GeometricDecay(0.1, 1.0),
        lambda: schedules.PiecewiseConstantDecay([1], [0.1]),
        lambda: schedules.PiecewiseConstantDecay([2, 1], [0.1, 0.2, 0.3]),
        lambda: schedules.CosineDecay(0.1, 100, warmup_steps=5),
        lambda: schedules.MomentumRamp(0.5, 1.5, 10),
        lambda: schedules.StepDecay(0.1, float("nan"), 10),
        lambda: schedules.get({"class_name": "Nothing", "config": {}}),
    ],
)
def test_a_schedule_rejects_arguments_outside_their_range(make):
    with pytest.raises(ArgumentError):
        make()
