"""What the decks recommend to begin with: momentum or Adam, and Adam with a smaller step (D0; O8)."""

import pytest

import afina
from afina import layers, optimizers
from afina.examples.showing import load_digits

EPOCHS = 5


@pytest.fixture(scope="module")
def cost():
    """The training loss of one network on the digits after five epochs with an optimizer."""
    x, y, _, _ = load_digits()

    def trained(optimizer):
        afina.utils.set_random_seed(0)
        model = afina.Sequential([layers.Flatten(input_shape=(8, 8)), layers.Dense(64, "relu")])
        model.add(layers.Dense(64, "relu"))
        model.add(layers.Dense(10, "softmax"))
        model.compile(optimizer, "sparse_categorical_crossentropy")
        return model.fit(x, y, epochs=EPOCHS, verbose=0).history["loss"][-1]

    return trained


def test_momentum_and_adam_learn_faster_than_plain_descent(cost):
    plain = cost(optimizers.SGD(0.01))
    assert cost(optimizers.SGD(0.01, momentum=0.9)) < 0.5 * plain
    assert cost(optimizers.Adam(0.001)) < 0.5 * plain


def test_adam_wants_a_smaller_step_than_descent(cost):
    rates = (0.001, 0.1)
    adam = [cost(optimizers.Adam(rate)) for rate in rates]
    descent = [cost(optimizers.SGD(rate)) for rate in rates]
    assert adam[0] < adam[1]
    assert descent[1] < descent[0]
