"""Ctrl-C stops what runs within 100 ms, wherever it falls, and everything works afterwards."""

from __future__ import annotations

import random
import signal
import subprocess
import sys
import threading
import time

import pytest

import afina

LIMIT = 0.1
SECONDS = 120  # after which a child that did not hear its signal is ended
HEAD = """
import os, signal, sys, time
signal.signal(signal.SIGINT, signal.default_int_handler)  # a shell's background job starts with it ignored
import numpy as np
import afina
from afina import layers, ops
rng = np.random.default_rng(0)
def told(*words):
    sys.stdout.write(" ".join(map(str, words)) + "\\n")
    sys.stdout.flush()
"""
FIT = (
    HEAD
    + """
x, y = rng.normal(size=(4096, 16, 16, 3)).astype("float32"), rng.integers(0, 10, 4096)
model = afina.Sequential([
    layers.Conv2D(16, 3, activation="relu", input_shape=(16, 16, 3)), layers.BatchNormalization(),
    layers.MaxPooling2D(), layers.Dropout(0.2), layers.Flatten(), layers.Dense(10, activation="softmax")])
model.compile("adam", "sparse_categorical_crossentropy", metrics=["accuracy"])
model.fit(x[:64], y[:64], verbose=0)
for line in sys.stdin:
    try:
        told("running")
        model.fit(x, y, epochs=10_000, verbose=0, validation_data=(x[:128], y[:128]))
    except KeyboardInterrupt:
        told(time.time())
    loss = model.fit(x[:64], y[:64], verbose=0).history["loss"]
    assert np.isfinite(loss).all(), loss
    assert np.isfinite(model.predict(x[:8], verbose=0)).all()
"""
)
WALK = (
    HEAD
    + """
x = afina.ones((64, 64))
x.requires_grad = True
def chain(length):
    y = x
    for _ in range(length):
        y = ops.tanh(ops.matmul(y, x) * 0.01)
    return y.sum()
start = time.time(); chain(500).backward(); each = (time.time() - start) / 500
length = int(2.0 / each) + 500   # seconds of walking
for line in sys.stdin:
    try:
        loss = chain(length)
        told("running")
        loss.backward()
        told("too soon")
    except KeyboardInterrupt:
        told(time.time())
    x.grad = None
    small = chain(3)
    small.backward()
    assert np.isfinite(x.grad.numpy()).all()
"""
)
SAVES = (
    HEAD
    + """
folder = sys.argv[1]
x, y = rng.normal(size=(256, 8)).astype("float32"), rng.integers(0, 3, 256)
def make():
    hidden = layers.Dense(64, activation="relu", input_shape=(8,))
    model = afina.Sequential([hidden, layers.Dense(3, activation="softmax")])
    model.compile("adam", "sparse_categorical_crossentropy")
    return model
make().fit(x, y, epochs=1, verbose=0, resume=folder)
for line in sys.stdin:
    try:
        told("running")
        make().fit(x, y, epochs=100_000, verbose=0, resume=folder, checkpoint_every=1)
    except KeyboardInterrupt:
        told(time.time())
    from afina.checkpoint import newest_valid
    import warnings
    with warnings.catch_warnings():
        warnings.simplefilter("error")   # a damaged file would be warned about
        found = newest_valid(__import__("pathlib").Path(folder), "state-*.afina")
    assert found is not None
    leftovers = [n for n in os.listdir(folder) if not n.endswith(".afina")]
    assert not leftovers, leftovers
"""
)


def delays(program: str, count: int, *arguments: str) -> list[float]:
    """Seconds from the signal to the KeyboardInterrupt, `count` times in one process."""
    command = [sys.executable, "-c", program, *arguments]
    child = subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)
    assert child.stdin is not None
    assert child.stdout is not None
    watchdog = threading.Timer(SECONDS, child.kill)
    watchdog.start()
    chance = random.Random(4)
    found = []
    try:
        for _ in range(count):
            child.stdin.write("go\n")
            child.stdin.flush()
            assert child.stdout.readline() == "running\n"
            time.sleep(chance.uniform(0.02, 0.4))
            sent = time.time()
            child.send_signal(signal.SIGINT)
            found.append(float(child.stdout.readline()) - sent)
        child.stdin.close()
        assert child.wait(60) == 0  # what it checked after the last interruption held, too
    finally:
        watchdog.cancel()
        child.kill()
        child.wait()
        child.stdin.close()
        child.stdout.close()
    return sorted(found)


def check(found: list[float]) -> None:
    """All but one in twenty within the limit, and that one not far off: the machine has other work, too."""
    print(f"median {found[len(found) // 2] * 1e3:.1f} ms, longest {found[-1] * 1e3:.1f} ms")
    assert found[int(len(found) * 0.95) - 1] < LIMIT, found
    assert found[-1] < 10 * LIMIT, found


def test_fit_stops_within_a_tenth_of_a_second_and_goes_on_afterwards():
    check(delays(FIT, 20))


def test_a_long_backward_walk_stops_within_a_tenth_of_a_second():
    check(delays(WALK, 5))


def test_an_interrupted_save_leaves_no_damaged_checkpoint(tmp_path):
    check(delays(SAVES, 10, str(tmp_path / "run")))


def test_no_interruption_leaves_the_record_switched_off():
    def stop(*_signal):
        raise KeyboardInterrupt

    def enter_and_leave(seconds):
        signal.setitimer(signal.ITIMER_REAL, seconds)
        while True:
            with afina.no_grad():
                pass

    chance = random.Random(3)
    before = signal.signal(signal.SIGALRM, stop)
    try:
        for _ in range(4000):
            with pytest.raises(KeyboardInterrupt):
                enter_and_leave(chance.uniform(5e-6, 3e-4))
            assert afina._C.recording()
    finally:
        signal.signal(signal.SIGALRM, before)


@pytest.mark.slow
@pytest.mark.parametrize("program", ["FIT", "WALK"])
def test_fifty_interruptions_stop_within_a_tenth_of_a_second(program):
    check(delays(globals()[program], 50))


@pytest.mark.slow
def test_fifty_interrupted_saves_leave_no_damaged_checkpoint(tmp_path):
    check(delays(SAVES, 50, str(tmp_path / "run")))
