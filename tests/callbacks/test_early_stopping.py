"""Early stopping on scripted validation costs: when it stops, and which weights stay, for each mode."""

import numpy as np
import pytest

from afina import Parameter
from afina.callbacks import EarlyStopping
from afina.errors import ArgumentError

SCRIPT = [5.0, 4.0, 3.0, 3.5, 3.2, 3.4, 2.0]


class Net:
    """Weights that say which epoch left them."""

    def __init__(self):
        self.weights = [Parameter([0.0, 0.0], "w"), Parameter([[0.0]], "b")]
        self.stop_training = False

    def trained(self, epoch):
        for weight in self.weights:
            weight.fill_(epoch + 1 + 0.1)

    @property
    def left_by_step(self):
        values = {round(float(v) - 0.1, 3) for weight in self.weights for v in weight.numpy().ravel()}
        assert len(values) == 1
        return values.pop()


def play(callback, script=SCRIPT, name="val_loss", training=None):
    """Run a script of validation values; returns the net and the number of epochs that ran."""
    net = Net()
    callback.set_model(net)
    callback.on_train_begin()
    for epoch, value in enumerate(script):
        callback.on_epoch_begin(epoch)
        net.trained(epoch)
        logs = {name: value}
        if training is not None:
            logs["loss"] = training[epoch]
        callback.on_epoch_end(epoch, logs)
        if net.stop_training:
            break
    callback.on_train_end()
    return net, epoch + 1


@pytest.mark.parametrize(
    ("options", "epochs", "weights_of"),
    [
        (
            {"patience": 0, "restore": "previous"},
            4,
            3,
        ),  # the lecture's rule: stop at the first rise, go one back
        ({"patience": 0, "restore": "best"}, 4, 3),
        ({"patience": 0, "restore": None}, 4, 4),
        ({"patience": 1, "restore": "best"}, 4, 3),
        ({"patience": 2, "restore": "best"}, 5, 3),
        ({"patience": 2, "restore": "previous"}, 5, 4),
        ({"patience": 2, "restore_best_weights": True}, 5, 3),
        ({"patience": 3, "restore": "best"}, 6, 3),
        ({"patience": 4, "restore": "best"}, 7, 7),  # 2.0 in the last epoch is the best
        ({"patience": 3, "start_from_epoch": 3, "restore": "best"}, 7, 7),
        (
            {"patience": 1, "min_delta": 1.5, "restore": "best"},
            2,
            1,
        ),  # 5 -> 4 is no improvement by more than 1.5
        ({"patience": 2, "baseline": 2.5, "restore": "best"}, 2, 1),
    ],
)
def test_a_scripted_sequence_stops_and_restores_as_told(options, epochs, weights_of):
    net, ran = play(EarlyStopping(**options))
    assert (ran, net.left_by_step) == (epochs, weights_of)


def test_the_best_weights_are_restored_when_all_epochs_run_out():
    callback = EarlyStopping(patience=10, restore="best")
    net, ran = play(callback, [5.0, 3.0, 4.0, 3.5])
    assert (ran, net.left_by_step, net.stop_training) == (4, 2, False)


def test_without_restore_the_last_weights_stay_when_all_epochs_run_out():
    net, _ = play(EarlyStopping(patience=10), [5.0, 3.0, 4.0, 3.5])
    assert net.left_by_step == 4


def test_restored_weights_are_bitwise_those_of_the_best_evaluation():
    callback = EarlyStopping(patience=1, restore="best")
    net = Net()
    callback.set_model(net)
    callback.on_train_begin()
    rng = np.random.default_rng(0)
    kept = None
    for epoch, value in enumerate([2.0, 1.0, 3.0]):
        for weight in net.weights:
            weight.assign(rng.normal(size=weight.shape))
        if epoch == 1:
            kept = [weight.numpy().copy() for weight in net.weights]
        callback.on_epoch_end(epoch, {"val_loss": value})
    assert net.stop_training
    for weight, expected in zip(net.weights, kept, strict=True):
        np.testing.assert_array_equal(weight.numpy(), expected)


def test_accuracy_is_maximized_and_an_explicit_mode_wins():
    net, ran = play(EarlyStopping("val_accuracy", restore="best"), [0.5, 0.7, 0.6], "val_accuracy")
    assert (ran, net.left_by_step) == (3, 2)
    net, ran = play(
        EarlyStopping("val_accuracy", mode="min", restore="best"), [0.5, 0.7, 0.6], "val_accuracy"
    )
    assert (ran, net.left_by_step) == (2, 1)


def test_the_gap_criterion_stops_when_validation_leaves_training_behind():
    validation, training = [5.0, 4.0, 3.0, 2.9], [4.5, 3.6, 2.7, 2.0]  # gaps 0.5 0.4 0.3 0.9, both falling
    net, ran = play(EarlyStopping(criterion="gap", restore="previous"), validation, training=training)
    assert (ran, net.left_by_step) == (4, 3)
    net, ran = play(EarlyStopping(restore="previous"), validation, training=training)
    assert (ran, net.stop_training) == (4, False)


def test_every_n_steps_evaluates_within_epochs_and_restores_the_previous_evaluation():
    costs = iter(SCRIPT)
    callback = EarlyStopping(patience=0, every_n_steps=5, restore="previous")
    net = Net()
    callback.set_model(net)
    callback.validate = lambda: {"val_loss": next(costs)}
    callback.on_train_begin()
    callback.on_epoch_begin(0)
    step = 0
    while not net.stop_training:
        net.trained(step)
        callback.on_train_batch_end(step, {"loss": 1.0})
        step += 1
    assert step == 20  # the fourth evaluation rose from 3.0 to 3.5
    assert net.left_by_step == 15  # the third was after step 15
    assert callback.evaluations == SCRIPT[:4]
    callback.on_epoch_end(0, {"val_loss": 0.0})
    assert callback.evaluations == SCRIPT[:4]


@pytest.mark.parametrize("cut", range(1, 6))
@pytest.mark.parametrize("restore", ["best", "previous"])
def test_state_and_arrays_continue_the_count(cut, restore):
    expected, epochs = play(EarlyStopping(patience=3, restore=restore))
    first, net = EarlyStopping(patience=3, restore=restore), Net()
    first.set_model(net)
    first.on_train_begin()
    for epoch in range(cut):
        net.trained(epoch)
        first.on_epoch_end(epoch, {"val_loss": SCRIPT[epoch]})
    second = EarlyStopping(patience=3, restore=restore)
    second.set_model(net)
    second.on_train_begin()
    second.set_state(first.get_state())
    second.set_arrays(first.get_arrays())
    for epoch in range(cut, len(SCRIPT)):
        net.trained(epoch)
        second.on_epoch_end(epoch, {"val_loss": SCRIPT[epoch]})
        if net.stop_training:
            break
    second.on_train_end()
    assert (epoch + 1, net.left_by_step) == (epochs, expected.left_by_step)


def test_a_missing_quantity_is_an_error_that_lists_what_there_is():
    callback = EarlyStopping("val_loss")
    callback.set_model(Net())
    with pytest.raises(ArgumentError, match="only accuracy, loss; pass validation_data"):
        callback.on_epoch_end(0, {"loss": 1.0, "accuracy": 0.5})


@pytest.mark.parametrize(
    "options",
    [
        {"restore": "last"},
        {"criterion": "train"},
        {"criterion": "gap", "monitor": "loss"},
        {"patience": -1},
        {"every_n_steps": 0},
        {"mode": "smallest"},
        {"restore": "previous", "restore_best_weights": True},
    ],
)
def test_early_stopping_rejects_arguments_outside_their_range(options):
    with pytest.raises(ArgumentError):
        EarlyStopping(**options)
