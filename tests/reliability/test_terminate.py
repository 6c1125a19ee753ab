"""SIGTERM while `fit` keeps checkpoints: the running batch ends, the state is saved, the run stops."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import threading

import numpy as np
import pytest

import afina
from afina import callbacks, layers
from afina.training.termination import Terminated

PROGRAM = """
import sys
import numpy as np
import afina
from afina import callbacks, layers
folder, stop_at = sys.argv[1], sys.argv[2]
rng = np.random.default_rng(0)
x, y = rng.normal(size=(96, 6)).astype("float32"), rng.integers(0, 3, 96)
afina.utils.set_random_seed(0)
model = afina.Sequential([layers.Dense(8, activation="relu", input_shape=(6,)), layers.Dropout(0.3),
                          layers.Dense(3, activation="softmax")])
model.compile("adam", "sparse_categorical_crossentropy", metrics=["accuracy"])
class Wait(callbacks.Callback):
    '''Tells where it is, and goes on when the signal has been sent.'''
    def on_train_batch_begin(self, batch, logs=None):
        self.at(f"batch {batch} of epoch {self.epoch}")
    def on_test_batch_begin(self, batch, logs=None):
        self.at(f"validation {batch} of epoch {self.epoch}")
    def on_epoch_begin(self, epoch, logs=None):
        self.epoch = epoch
    def on_epoch_end(self, epoch, logs=None):
        self.at(f"end of epoch {epoch}")
    def at(self, where):
        if where == stop_at:
            print(where, flush=True)
            sys.stdin.readline()
history = model.fit(x, y, epochs=4, batch_size=16, verbose=0, validation_data=(x[:32], y[:32]),
                    validation_batch_size=16, callbacks=[Wait()], resume=folder)
print(history.history["loss"], history.history["val_loss"])
print([weight.numpy().tolist() for weight in model.weights])
"""


def run(folder, stop_at=""):
    """The program's exit status and what it said; SIGTERM is sent while it is at `stop_at`."""
    command = [sys.executable, "-c", PROGRAM, str(folder), stop_at]
    child = subprocess.Popen(
        command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True
    )
    try:
        if stop_at:
            assert child.stdout.readline() == f"{stop_at}\n"
            child.send_signal(signal.SIGTERM)
        out, err = child.communicate("go\n", timeout=120)
    finally:
        child.kill()
    return child.returncode, out, err


@pytest.mark.parametrize(
    ("where", "after"),
    [
        ("batch 0 of epoch 0", "after batch 1 of epoch 1"),
        ("batch 5 of epoch 1", "after batch 6 of epoch 2"),
        ("validation 0 of epoch 1", "after batch 6 of epoch 2"),
        ("end of epoch 2", "after epoch 3"),
    ],
)
def test_sigterm_saves_and_stops_and_the_resumed_run_is_bit_equal(tmp_path, where, after):
    status, through, _ = run(tmp_path / "through")
    assert status == 0
    folder = tmp_path / "stopped"
    status, out, err = run(folder, where)
    assert status == 128 + signal.SIGTERM
    assert out == ""
    assert err == (
        f"fit: stopped by SIGTERM {after}; the state is saved, and fit(..., resume={str(folder)!r}) goes on "
        "from there\n"
    )
    status, resumed, err = run(folder)
    assert (status, err) == (0, "")
    assert resumed == through


def fit(folder, act):
    rng = np.random.default_rng(0)
    model = afina.Sequential([layers.Dense(1, input_shape=(3,))])
    model.compile("sgd", "mse")
    hook = callbacks.LambdaCallback(on_train_batch_begin=act)
    x = rng.normal(size=(64, 3)).astype("float32")
    model.fit(x, x[:, :1], batch_size=16, verbose=0, callbacks=[hook], resume=folder)
    return model.optimizer.iterations


def test_a_handler_of_the_callers_own_is_left_in_force(tmp_path):
    heard = []
    before = signal.signal(signal.SIGTERM, lambda *_: heard.append(1))
    try:
        done = fit(tmp_path, lambda batch, logs: batch == 1 and os.kill(os.getpid(), signal.SIGTERM))
        assert done == 4
        assert heard == [1]
    finally:
        signal.signal(signal.SIGTERM, before)


def test_the_signals_old_meaning_comes_back_and_the_stop_can_be_caught(tmp_path, capfd):
    assert signal.getsignal(signal.SIGTERM) is signal.SIG_DFL
    fit(tmp_path / "a", lambda *_: None)
    assert signal.getsignal(signal.SIGTERM) is signal.SIG_DFL
    with pytest.raises(Terminated, match="after batch 2 of epoch 1") as stop:
        fit(tmp_path / "b", lambda batch, logs: batch == 1 and os.kill(os.getpid(), signal.SIGTERM))
    assert stop.value.code == 143
    assert signal.getsignal(signal.SIGTERM) is signal.SIG_DFL
    assert "stopped by SIGTERM" in capfd.readouterr().err


def test_a_thread_trains_without_touching_signals(tmp_path):
    found = []
    thread = threading.Thread(target=lambda: found.append(fit(tmp_path, lambda *_: None)))
    thread.start()
    thread.join()
    assert found == [4]


def test_without_checkpoints_sigterm_ends_the_process_as_ever(tmp_path):
    program = PROGRAM.replace(", resume=folder", "")
    command = [sys.executable, "-c", program, str(tmp_path), "batch 1 of epoch 0"]
    child = subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)
    try:
        child.stdout.readline()
        child.send_signal(signal.SIGTERM)
        assert child.wait(60) == -signal.SIGTERM
    finally:
        child.kill()
        child.communicate()
