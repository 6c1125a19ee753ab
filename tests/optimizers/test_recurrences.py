"""Every optimizer against its recurrence for 1,000 updates, in both float types."""

import numpy as np
import pytest

from afina import Parameter, optimizers, schedules, tensor

from . import references

STEPS = 1000
SHAPES = [(3, 5), (7,), (1,)]

CASES = {
    "sgd": (lambda: optimizers.SGD(0.05), references.sgd, {"lr": 0.05}),
    **{
        f"sgd-{style}-{'nesterov' if nesterov else 'plain'}": (
            lambda style=style, nesterov=nesterov: optimizers.SGD(0.01, 0.9, nesterov, style=style),
            references.sgd,
            {"lr": 0.01, "m": 0.9, "style": style, "nesterov": nesterov},
        )
        for style in ("heavyball", "ema", "torch")
        for nesterov in (False, True)
    },
    "rmsprop": (optimizers.RMSprop, references.rmsprop, {"lr": 0.001, "rho": 0.9, "eps": 1e-7}),
    "rmsprop-centered-momentum": (
        lambda: optimizers.RMSprop(0.001, 0.99, 0.8, 1e-4, True),
        references.rmsprop,
        {"lr": 0.001, "rho": 0.99, "eps": 1e-4, "m": 0.8, "centered": True},
    ),
    "rmsprop-eps-inside": (
        lambda: optimizers.RMSProp(lr=0.001, rho=0.999, epsilon=1e-3, eps_inside_sqrt=True),
        references.rmsprop,
        {"lr": 0.001, "rho": 0.999, "eps": 1e-3, "inside": True},
    ),
    "adam": (lambda: optimizers.Adam(0.01), references.adam, {"lr": 0.01}),
    "adam-amsgrad": (
        lambda: optimizers.Adam(0.01, amsgrad=True),
        references.adam,
        {"lr": 0.01, "amsgrad": True},
    ),
    "adadelta": (optimizers.Adadelta, references.adadelta, {"lr": 1.0}),
    "adagrad": (lambda: optimizers.Adagrad(0.05), references.adagrad, {"lr": 0.05}),
}


def gradient(theta, t, index):
    """The slope of a bowl whose centre wanders: never zero for long, different for every tensor."""
    return 0.5 * theta + np.sin(0.1 * t + index + np.arange(theta.size).reshape(theta.shape))


def run(optimizer, dtype, rule, options, change=None):
    rng = np.random.default_rng(1)
    starts = [rng.normal(size=shape) for shape in SHAPES]
    parameters = [Parameter(start.astype(dtype), f"w{i}", dtype=dtype) for i, start in enumerate(starts)]
    expected = [p.numpy().astype(np.float64).copy() for p in parameters]
    slots = [{} for _ in SHAPES]
    for t in range(1, STEPS + 1):
        # both sides get the gradient at the reference's point, so that only the update is compared
        gradients = [gradient(theta, t, index) for index, theta in enumerate(expected)]
        rounded = [g.astype(dtype).astype(np.float64) for g in gradients]
        optimizer.apply([tensor(g.astype(dtype)) for g in rounded], parameters)
        now = change(t - 1, options) if change else options
        for theta, g, slot in zip(expected, rounded, slots, strict=True):
            np.add(theta, rule(g, slot, t, **now), out=theta)
    return parameters, expected


@pytest.mark.parametrize("dtype", ["float32", "float64"])
@pytest.mark.parametrize("name", CASES)
def test_an_optimizer_follows_its_recurrence_for_1000_updates(name, dtype):
    make, rule, options = CASES[name]
    parameters, expected = run(make(), dtype, rule, options)
    tolerance = {"float32": 2e-4, "float64": 1e-10}[dtype]
    for parameter, theta in zip(parameters, expected, strict=True):
        assert not np.allclose(theta, 0.0)
        np.testing.assert_allclose(parameter.numpy(), theta, rtol=tolerance, atol=tolerance)


@pytest.mark.parametrize("style", ["inverse_time", "geometric"])
def test_decay_changes_the_rate_of_every_update(style):
    def change(t, options):
        factor = 1 / (1 + 0.01 * t) if style == "inverse_time" else 0.99**t
        return {"lr": 0.05 * factor}

    parameters, expected = run(
        optimizers.SGD(0.05, decay=0.01, decay_style=style), "float64", references.sgd, {}, change
    )
    for parameter, theta in zip(parameters, expected, strict=True):
        np.testing.assert_allclose(parameter.numpy(), theta, rtol=1e-10)


def test_a_momentum_ramp_gives_each_update_its_own_momentum():
    ramp = schedules.MomentumRamp(0.5, 0.99, 500)
    parameters, expected = run(
        optimizers.SGD(0.01, ramp), "float64", references.sgd, {}, lambda t, _: {"lr": 0.01, "m": ramp(t)}
    )
    for parameter, theta in zip(parameters, expected, strict=True):
        np.testing.assert_allclose(parameter.numpy(), theta, rtol=1e-9)


def test_heavyball_and_torch_momentum_agree_while_the_rate_is_constant_and_differ_when_it_changes():
    def last(style, rate):
        parameter = Parameter([1.0, -2.0], dtype="float64")
        optimizer = optimizers.SGD(rate, 0.9, style=style)
        for t in range(50):
            optimizer.apply([tensor(gradient(parameter.numpy(), t, 0))], [parameter])
        return parameter.numpy()

    np.testing.assert_allclose(last("heavyball", 0.01), last("torch", 0.01), rtol=1e-12)
    halved = schedules.StepDecay(0.1, 0.5, 10)
    assert np.abs(last("heavyball", halved) - last("torch", halved)).max() > 1e-3


@pytest.mark.parametrize(
    "make",
    [
        lambda **k: optimizers.SGD(0.1, **k),
        lambda **k: optimizers.SGD(0.1, 0.9, **k),
        lambda **k: optimizers.RMSprop(0.01, **k),
        lambda **k: optimizers.Adam(0.01, **k),
        optimizers.Adadelta,
        lambda **k: optimizers.Adagrad(0.1, **k),
    ],
)
def test_decoupled_weight_decay_shrinks_by_rate_times_decay_and_leaves_the_update_alone(make):
    start, g = np.array([1.0, -2.0, 3.0]), np.array([0.3, 0.2, -0.1])
    plain, decayed = Parameter(start, dtype="float64"), Parameter(start, dtype="float64")
    optimizer = make(weight_decay=0.1)
    rate = optimizer.learning_rate
    make().apply([tensor(g)], [plain])
    optimizer.apply([tensor(g)], [decayed])
    np.testing.assert_allclose(decayed.numpy(), plain.numpy() - rate * 0.1 * start, rtol=1e-12)


def test_coupled_weight_decay_is_an_l2_term_of_the_gradient():
    start, g = np.array([1.0, -2.0, 3.0]), np.array([0.3, 0.2, -0.1])
    plain, decayed = Parameter(start, dtype="float64"), Parameter(start, dtype="float64")
    optimizers.Adam(0.01).apply([tensor(g + 0.1 * start)], [plain])
    optimizers.Adam(0.01, weight_decay=0.1, weight_decay_style="coupled").apply([tensor(g)], [decayed])
    np.testing.assert_allclose(decayed.numpy(), plain.numpy(), rtol=1e-12)


def test_adamw_is_adam_with_decoupled_decay():
    start, g = np.array([1.0, -2.0]), np.array([0.3, 0.2])
    one, two = Parameter(start, dtype="float64"), Parameter(start, dtype="float64")
    optimizers.AdamW(0.01, 0.02).apply([tensor(g)], [one])
    optimizers.Adam(0.01, weight_decay=0.02).apply([tensor(g)], [two])
    np.testing.assert_array_equal(one.numpy(), two.numpy())
    assert not np.array_equal(one.numpy(), start)


def test_a_small_rate_is_slow_a_large_one_diverges_and_a_decayed_one_converges():
    def ratio(**options):
        w = Parameter([1.0], dtype="float64")
        optimizer = optimizers.SGD(**options)
        for _ in range(50):
            optimizer.apply([tensor(w.numpy().copy())], [w])
        return abs(float(w.numpy()[0]))

    assert ratio(learning_rate=0.01) == pytest.approx(0.605, abs=1e-3)
    assert ratio(learning_rate=2.1) > 100
    assert ratio(learning_rate=1.9, decay=0.05) < 1e-3
