"""What all optimizers share: spellings, clipping, states, errors."""

import numpy as np
import pytest

from afina import Parameter, optimizers, tensor
from afina.errors import ArgumentError, GradientError

EVERY = [
    lambda: optimizers.SGD(0.1),
    lambda: optimizers.SGD(0.1, 0.9, True, style="torch"),
    lambda: optimizers.RMSprop(0.01, momentum=0.5, centered=True),
    lambda: optimizers.Adam(0.01, amsgrad=True),
    lambda: optimizers.AdamW(0.01, loss_scale_factor=8.0),
    optimizers.Adadelta,
    lambda: optimizers.Adagrad(0.1),
]


def weights():
    return [Parameter([[1.0, -2.0], [3.0, 4.0]], "kernel"), Parameter([0.5, -0.5], "bias")]


def slopes(t):
    rng = np.random.default_rng(t)
    return [tensor(rng.normal(size=(2, 2)).astype("float32")), tensor(rng.normal(size=2).astype("float32"))]


def test_the_lectures_spellings_are_accepted():
    assert optimizers.SGD(lr=0.01, momentum=0.9, decay=0.0).learning_rate == 0.01
    assert optimizers.RMSProp(lr=0.001, rho=0.99, decay=0.0).rho == 0.99
    assert optimizers.Adam(lr=0.001, beta_1=0.9, beta_2=0.999).lr == 0.001
    assert optimizers.RMSprop(lr=0.0008, clipvalue=1.0, decay=1e-8).clipvalue == 1.0
    assert optimizers.Adadelta().learning_rate == 1.0
    assert optimizers.Adam().epsilon == 1e-8


@pytest.mark.parametrize(
    "name", ["sgd", "RMSprop", "rmsprop", "RMSProp", "adam", "AdamW", "Adadelta", "adagrad"]
)
def test_names_in_any_case_give_the_optimizer(name):
    assert type(optimizers.get(name)).__name__.lower() == name.lower()


@pytest.mark.parametrize("make", EVERY)
def test_a_configuration_makes_an_optimizer_that_takes_the_same_steps(make):
    first, second = make(), optimizers.get(optimizers.serialize(make()))
    mine, theirs = weights(), weights()
    for t in range(3):
        first.apply(slopes(t), mine)
        second.apply(slopes(t), theirs)
    for a, b in zip(mine, theirs, strict=True):
        np.testing.assert_array_equal(a.numpy(), b.numpy())


@pytest.mark.parametrize("make", EVERY)
def test_slots_and_state_continue_a_run_bit_for_bit(make):
    through = make()
    mine = weights()
    for t in range(6):
        through.apply(slopes(t), mine)
    first, theirs = make(), weights()
    for t in range(3):
        first.apply(slopes(t), theirs)
    second = make()
    second.build(theirs)
    second.set_state(first.get_state())
    for slot, tensors in second.slots.items():
        for target, source in zip(tensors, first.slots[slot], strict=True):
            target.copy_(source)
    for t in range(3, 6):
        second.apply(slopes(t), theirs)
    for a, b in zip(mine, theirs, strict=True):
        np.testing.assert_array_equal(a.numpy(), b.numpy())


def moved_by(**clip):
    parameters = [Parameter([0.0, 0.0]), Parameter([0.0])]
    optimizers.SGD(1.0, **clip).apply([tensor([3.0, -4.0]), tensor([12.0])], parameters)
    return np.concatenate([-parameter.numpy() for parameter in parameters])


def test_clipvalue_cuts_each_element():
    np.testing.assert_allclose(moved_by(clipvalue=3.5), [3.0, -3.5, 3.5])


def test_clipnorm_scales_each_gradient_alone():
    np.testing.assert_allclose(moved_by(clipnorm=1.0), [0.6, -0.8, 1.0], rtol=1e-6)
    np.testing.assert_allclose(moved_by(clipnorm=6.0), [3.0, -4.0, 6.0], rtol=1e-6)


def test_global_clipnorm_scales_all_gradients_together():
    np.testing.assert_allclose(moved_by(global_clipnorm=1.3), [0.3, -0.4, 1.2], rtol=1e-6)
    np.testing.assert_allclose(moved_by(global_clipnorm=100.0), [3.0, -4.0, 12.0])


@pytest.mark.parametrize("clip", [{}, {"clipvalue": 3.5}, {"global_clipnorm": 1.3}])
def test_gradients_of_a_scaled_loss_are_unscaled_before_they_are_clipped(clip):
    parameters = [Parameter([0.0, 0.0]), Parameter([0.0])]
    optimizer = optimizers.SGD(1.0, loss_scale_factor=64.0, **clip)
    assert optimizer.scale_loss(tensor(2.0)).item() == 128.0
    optimizer.apply([tensor([192.0, -256.0]), tensor([768.0])], parameters)
    found = np.concatenate([-parameter.numpy() for parameter in parameters])
    np.testing.assert_array_equal(found, moved_by(**clip))


def test_a_parameter_without_a_gradient_stays_and_keeps_its_slots():
    mine = weights()
    optimizer = optimizers.Adam(0.1)
    optimizer.apply([slopes(0)[0], None], mine)
    np.testing.assert_array_equal(mine[1].numpy(), np.float32([0.5, -0.5]))
    assert not np.array_equal(mine[0].numpy(), np.float32([[1.0, -2.0], [3.0, 4.0]]))
    assert not optimizer.slots["m"][1].numpy().any()
    assert optimizer.slots["m"][0].numpy().all()


def test_no_gradient_at_all_is_an_error_that_names_the_weights():
    with pytest.raises(GradientError, match="kernel, bias"):
        optimizers.SGD().apply([None, None], weights())


def test_a_constraint_is_applied_after_the_update():
    parameter = Parameter([1.0, -1.0], constraint=lambda w: tensor(np.maximum(w.numpy(), 0.0)))
    optimizers.SGD(0.5).apply([tensor([1.0, 1.0])], [parameter])
    np.testing.assert_allclose(parameter.numpy(), [0.5, 0.0])


def test_building_again_keeps_the_slots_of_known_weights():
    mine = weights()
    optimizer = optimizers.Adam(0.1)
    optimizer.apply(slopes(0), mine)
    before = optimizer.slots["m"][0].numpy().copy()
    new = Parameter([7.0], "new")
    optimizer.build([new, mine[0]])
    np.testing.assert_array_equal(optimizer.slots["m"][1].numpy(), before)
    assert not optimizer.slots["m"][0].numpy().any()


def test_describe_says_which_formula_is_in_force():
    assert "(1 - m) * g" in optimizers.SGD(momentum=0.9, style="ema").describe()
    assert "lr / (1 + decay * t)" in optimizers.SGD(decay=0.1).describe()
    assert "(1 - decay) ** t" in optimizers.SGD(decay=0.1, decay_style="geometric").describe()
    assert "eps=1e-08" in optimizers.Adam().describe()
    assert "sqrt(s + eps)" in optimizers.RMSprop(eps_inside_sqrt=True).describe()
    assert "(sqrt(s) + eps)" in optimizers.RMSprop().describe()


@pytest.mark.parametrize(
    "make",
    [
        lambda: optimizers.SGD(-0.1),
        lambda: optimizers.SGD(float("nan")),
        lambda: optimizers.SGD(momentum=1.0),
        lambda: optimizers.SGD(momentum=0.9, style="heavy"),
        lambda: optimizers.SGD(nesterov=True),
        lambda: optimizers.SGD(decay=-1.0),
        lambda: optimizers.SGD(decay=0.1, decay_style="linear"),
        lambda: optimizers.SGD(decay=1.5, decay_style="geometric"),
        lambda: optimizers.SGD(lambda t: 0.1, decay=0.1),
        lambda: optimizers.SGD(clipvalue=0.0),
        lambda: optimizers.SGD(clipvalue=1.0, clipnorm=1.0),
        lambda: optimizers.SGD(weight_decay=-1.0),
        lambda: optimizers.SGD(weight_decay=0.1, weight_decay_style="both"),
        lambda: optimizers.Adam(beta_1=1.0),
        lambda: optimizers.Adam(epsilon=-1.0),
        lambda: optimizers.RMSprop(rho=1.0),
        lambda: optimizers.Adadelta(rho=-0.1),
        lambda: optimizers.Adagrad(initial_accumulator_value=-1.0),
        lambda: optimizers.get("adamm"),
        lambda: optimizers.get(3),
    ],
)
def test_an_optimizer_rejects_arguments_outside_their_range(make):
    with pytest.raises(ArgumentError):
        make()


def test_an_unknown_argument_is_a_type_error():
    with pytest.raises(TypeError, match="momentumm"):
        optimizers.SGD(momentumm=0.9)


def test_a_schedule_cannot_be_overwritten_by_a_number():
    optimizer = optimizers.SGD(lambda t: 0.1 / (t + 1))
    with pytest.raises(ArgumentError, match="schedule"):
        optimizer.learning_rate = 0.5
    assert optimizer.learning_rate == 0.1
