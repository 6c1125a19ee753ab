"""The other callbacks, each alone, on scripted logs."""

import csv
import io

import numpy as np
import pytest

from afina import optimizers
from afina.callbacks import (
    Callback,
    CallbackList,
    CSVLogger,
    History,
    LambdaCallback,
    LearningRateScheduler,
    ModelCheckpoint,
    MomentumScheduler,
    ProgressBar,
    ReduceLROnPlateau,
)
from afina.errors import ArgumentError


class Net:
    def __init__(self, optimizer=None):
        self.optimizer = optimizer or optimizers.SGD(1.0, 0.5)
        self.stop_training = False
        self.saved = []

    def save(self, path):
        self.saved.append(("model", path))

    def save_weights(self, path):
        self.saved.append(("weights", path))


def play(callback, script, net=None, name="val_loss"):
    """Epochs with scripted values; returns the logs as the callback left them."""
    callback.set_model(net or Net())
    callback.on_train_begin()
    seen = []
    for epoch, value in enumerate(script):
        callback.on_epoch_begin(epoch)
        logs = {name: value}
        callback.on_epoch_end(epoch, logs)
        seen.append(logs)
    callback.on_train_end()
    callback.close()
    return seen


def test_the_plateau_lowers_the_rate_after_patience_epochs_and_respects_cooldown_and_floor():
    net = Net()
    callback = ReduceLROnPlateau(factor=0.5, patience=2, cooldown=1, min_lr=0.2)
    logs = play(callback, [1.0, 1.0, 1.0, 1.0, 1.0, 1.0, 1.0, 1.0, 1.0, 1.0], net)
    assert [entry["learning_rate"] for entry in logs] == [1.0, 1.0, 1.0, 0.5, 0.5, 0.25, 0.25, 0.2, 0.2, 0.2]


def test_the_plateau_starts_counting_again_after_an_improvement():
    logs = play(ReduceLROnPlateau(factor=0.1, patience=2), [3.0, 3.0, 2.0, 2.0, 2.0, 2.0])
    assert [entry["learning_rate"] for entry in logs] == pytest.approx([1.0, 1.0, 1.0, 1.0, 1.0, 0.1])


def test_the_learning_rate_of_each_epoch_is_what_the_function_says():
    logs = play(LearningRateScheduler(lambda epoch: 0.1 / (epoch + 1)), [0.0] * 3)
    assert [entry["learning_rate"] for entry in logs] == [0.1, 0.05, 0.1 / 3]
    logs = play(LearningRateScheduler(lambda epoch, lr: lr * 0.5), [0.0] * 3)
    assert [entry["learning_rate"] for entry in logs] == [0.5, 0.25, 0.125]


def test_momentum_can_grow_over_the_epochs():
    logs = play(MomentumScheduler(lambda epoch: [0.5, 0.9, 0.99][epoch]), [0.0] * 3)
    assert [entry["momentum"] for entry in logs] == [0.5, 0.9, 0.99]


def test_a_model_checkpoint_fills_its_path_and_keeps_the_best_only(tmp_path):
    net = Net()
    path = str(tmp_path / "{epoch:02d}-{val_loss:.1f}.afina")
    play(ModelCheckpoint(path, save_best_only=True), [3.0, 4.0, 2.0], net)
    assert net.saved == [("model", str(tmp_path / "01-3.0.afina")), ("model", str(tmp_path / "03-2.0.afina"))]
    net = Net()
    play(ModelCheckpoint(str(tmp_path / "w"), save_weights_only=True), [3.0, 4.0], net)
    assert net.saved == [("weights", str(tmp_path / "w"))] * 2
    with pytest.raises(ArgumentError, match="val_acc"):
        play(ModelCheckpoint("{val_acc}"), [1.0])


def test_a_model_checkpoint_counts_updates(tmp_path):
    net = Net()
    callback = ModelCheckpoint(str(tmp_path / "{epoch}"), save_freq=3)
    callback.set_model(net)
    for epoch in range(2):
        callback.on_epoch_begin(epoch)
        for batch in range(4):
            callback.on_train_batch_end(batch, {})
        callback.on_epoch_end(epoch, {})
    assert [path for _, path in net.saved] == [str(tmp_path / "1"), str(tmp_path / "2")]


def rows(path):
    with path.open(newline="") as file:
        return list(csv.reader(file))


def test_the_csv_logger_writes_one_line_per_epoch(tmp_path):
    path = tmp_path / "log.csv"
    play(CSVLogger(path), [0.5, 0.25])
    assert rows(path) == [["epoch", "val_loss"], ["0", "0.5"], ["1", "0.25"]]
    play(CSVLogger(path, append=True), [0.125])
    assert rows(path)[-1] == ["0", "0.125"]
    assert len(rows(path)) == 4


def test_a_resumed_csv_log_is_cut_back_to_what_the_checkpoint_had_seen(tmp_path):
    path = tmp_path / "log.csv"
    first = CSVLogger(path)
    first.on_train_begin()
    first.on_epoch_end(0, {"loss": 1.0})
    state = first.get_state()
    first.on_epoch_end(1, {"loss": 2.0})  # written, but the checkpoint of this epoch was not
    first.close()
    second = CSVLogger(path)
    second.on_train_begin()
    second.set_state(state)
    second.on_epoch_end(1, {"loss": 3.0})
    second.close()
    assert rows(path) == [["epoch", "loss"], ["0", "1.0"], ["1", "3.0"]]


def test_a_list_calls_only_the_hooks_that_are_overridden_and_in_order():
    seen = []
    one = LambdaCallback(on_epoch_end=lambda epoch, logs: seen.append(("one", epoch)))
    two = LambdaCallback(on_epoch_end=lambda epoch, logs: seen.append(("two", epoch)))
    callbacks = CallbackList([one, two], Net(), {})
    assert callbacks.wants("on_epoch_end")
    assert not callbacks.wants("on_train_batch_end")
    callbacks.call("on_epoch_end", 4, {})
    callbacks.call("on_train_batch_end", 0, {})
    assert seen == [("one", 4), ("two", 4)]


def test_closing_reaches_every_callback_even_when_one_fails():
    closed = []

    class Bad(Callback):
        def close(self):
            raise OSError("disk full")

    class Good(Callback):
        def close(self):
            closed.append(True)

    with pytest.raises(OSError, match="disk full"):
        CallbackList([Bad(), Good()], Net(), {}).close()
    assert closed == [True]


def test_what_is_no_callback_is_refused():
    with pytest.raises(ArgumentError, match="42"):
        CallbackList([42], Net(), {})
    with pytest.raises(ArgumentError, match="on_epoch"):
        LambdaCallback(on_epoch=print)


def test_the_history_plots_training_and_validation(tmp_path):
    history = History()
    for epoch in range(3):
        history.on_epoch_end(epoch, {"loss": 1.0 / (epoch + 1), "val_loss": 0.5, "accuracy": 0.1 * epoch})
    figure = history.plot(str(tmp_path / "curves.png"))
    assert (tmp_path / "curves.png").read_bytes().startswith(b"\x89PNG")
    assert len(figure.axes) == 2
    np.testing.assert_allclose(figure.axes[0].lines[0].get_ydata(), [1.0, 0.5, 1 / 3])


class Terminal(io.StringIO):
    def isatty(self):
        return True


def progress(stream, verbose):
    bar = ProgressBar(verbose, stream)
    bar.set_params({"epochs": 2, "steps": 3})
    for epoch in range(2):
        bar.on_epoch_begin(epoch)
        for batch in range(3):
            bar.on_train_batch_end(batch, {"loss": 0.5})
        bar.on_epoch_end(epoch, {"loss": 0.25})
    bar.close()
    return stream.getvalue()


@pytest.mark.parametrize("verbose", ["auto", 1, 2, True])
def test_a_log_file_gets_one_line_per_epoch_and_no_control_characters(verbose):
    text = progress(io.StringIO(), verbose)
    assert text.count("\n") == 2
    assert "\r" not in text
    assert all("loss 0.25" in line and f"Epoch {n}/2" in line for n, line in enumerate(text.splitlines(), 1))


def test_a_terminal_gets_a_bar_that_is_redrawn_in_place():
    text = progress(Terminal(), "auto")
    assert text.count("\n") == 2
    assert "1/3" in text
    assert text.startswith("\r")


def test_verbose_2_in_a_terminal_is_one_line_per_epoch_and_0_is_silent():
    assert "\r" not in progress(Terminal(), 2)
    assert progress(Terminal(), 0) == ""


def test_an_interrupted_bar_leaves_the_cursor_on_a_new_line():
    stream = Terminal()
    bar = ProgressBar(1, stream)
    bar.set_params({"epochs": 1, "steps": 3})
    bar.on_epoch_begin(0)
    bar.on_train_batch_end(0, {"loss": 0.5})
    bar.close()
    assert stream.getvalue().endswith("\n")
