"""Runs stopped at random batches and resumed in a new process end bit-equal to one that never stopped."""

from __future__ import annotations

import hashlib
import os
import random
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest

import afina
from afina import layers, optimizers, schedules
from afina.callbacks import CSVLogger, EarlyStopping, LambdaCallback, LearningRateScheduler, ReduceLROnPlateau

EPOCHS, BATCH, COUNT = 3, 8, 60  # eight batches an epoch, the last one of four samples
UPDATES = EPOCHS * 8
OPTIMIZERS: dict[str, Callable[[], Any]] = {
    "sgd": lambda: optimizers.SGD(0.05),
    "sgd heavyball": lambda: optimizers.SGD(0.05, 0.9, decay=0.01),
    "sgd nesterov": lambda: optimizers.SGD(0.05, 0.9, nesterov=True, clipnorm=1.0),
    "sgd ema": lambda: optimizers.SGD(0.05, 0.9, style="ema", weight_decay=0.01),
    "sgd torch": lambda: optimizers.SGD(0.05, 0.9, style="torch", global_clipnorm=2.0),
    "sgd ramp": lambda: optimizers.SGD(schedules.CosineDecay(0.1, 20), schedules.MomentumRamp(0.5, 0.9, 15)),
    "rmsprop": lambda: optimizers.RMSprop(0.01),
    "rmsprop centered": lambda: optimizers.RMSprop(0.01, momentum=0.3, centered=True),
    "adam": lambda: optimizers.Adam(schedules.ExponentialDecay(0.01, 5, 0.9)),
    "amsgrad": lambda: optimizers.Adam(0.01, amsgrad=True, clipvalue=0.5),
    "adamw": lambda: optimizers.AdamW(0.01),
    "adadelta": lambda: optimizers.Adadelta(1.0),
    "adagrad": lambda: optimizers.Adagrad(0.1),
}
FIXED_RATE = {"sgd", "sgd nesterov", "sgd ema", "rmsprop", "amsgrad", "adamw", "adadelta", "adagrad"}
KILLED = 77


def make(optimizer: str) -> Any:
    model = afina.Sequential(
        [
            layers.Conv2D(4, 3, activation="relu", padding="same", input_shape=(6, 6, 2)),
            layers.BatchNormalization(momentum=0.8),
            layers.SpatialDropout2D(0.2),
            layers.Flatten(),
            layers.GaussianNoise(0.1),
            layers.Dense(8, activation="elu", kernel_regularizer="l2"),
            layers.Dropout(0.3),
            layers.Dense(3, activation="softmax"),
        ]
    )
    model.compile(OPTIMIZERS[optimizer](), "sparse_categorical_crossentropy", metrics=["accuracy"])
    return model


def run(optimizer: str, folder: str, seed: int, every: int, stop_at: int) -> str:
    """One process's worth: build, resume, train; dies without a word after its update `stop_at`."""
    rng = np.random.default_rng(11)
    x, y = rng.standard_normal((COUNT, 6, 6, 2)).astype("float32"), rng.integers(0, 3, COUNT)
    afina.utils.set_random_seed(seed)
    model = make(optimizer)
    done = []

    def count(batch: int, logs: Any) -> None:
        done.append(batch)
        if len(done) == stop_at:
            os._exit(KILLED)

    def end(epoch: int, logs: Any) -> None:
        if stop_at < 0 and epoch == -stop_at:  # behind the last batch of this epoch
            os._exit(KILLED)

    plateau = ReduceLROnPlateau(factor=0.5, patience=0, monitor="loss", min_delta=0.5)
    rate = LearningRateScheduler(lambda epoch, lr: lr * 0.9)
    history = model.fit(
        x, y,
        batch_size=BATCH, epochs=EPOCHS, verbose=0, validation_split=0.1,
        class_weight={0: 1.0, 1: 2.0, 2: 0.5},
        callbacks=[
            LambdaCallback(on_train_batch_end=count, on_epoch_end=end),
            EarlyStopping(patience=50, restore_best_weights=True),
            *([rate, plateau] if optimizer in FIXED_RATE else []),
            CSVLogger(Path(folder).with_suffix(".csv")),
        ],
        resume=folder, checkpoint_every=every,
    )  # fmt: skip
    slots = [value.numpy() for values in model.optimizer.slots.values() for value in values]
    sha = hashlib.sha256()
    for array in [*model.get_weights(), *slots]:
        sha.update(np.ascontiguousarray(array).tobytes())
    sha.update(repr(sorted(history.history.items())).encode())
    sha.update(repr((model.optimizer.get_state(), afina.random.get_state(), history.epoch)).encode())
    sha.update(Path(folder).with_suffix(".csv").read_bytes())
    return sha.hexdigest()


def in_process(optimizer: str, folder: Path, seed: int, every: int, stop_at: int) -> str | None:
    """The hash the process printed, or None when it was stopped."""
    command = [sys.executable, __file__, optimizer, str(folder), str(seed), str(every), str(stop_at)]
    environment = {**os.environ, "PYTHONPATH": os.pathsep.join(sys.path)}
    done = subprocess.run(command, env=environment, capture_output=True, text=True, timeout=120, check=False)
    assert done.returncode in (0, KILLED), done.stderr
    return done.stdout.strip() if done.returncode == 0 else None


def check(optimizer: str, folder: Path, chance: random.Random, stops: int) -> None:
    """`stops` random stops, one after another in the same run; then to the end."""
    wanted = in_process(optimizer, folder / "through", 7, 3, 0)
    every = chance.choice([1, 2, 3, 5])
    finished = None
    for _ in range(stops):
        finished = in_process(optimizer, folder / "stopped", 7, every, chance.randint(every, UPDATES // 2))
        if finished is not None:
            break
    if finished is None:
        saved = list((folder / "stopped").glob("state-*.afina"))  # from there on the seed does not matter
        finished = in_process(optimizer, folder / "stopped", 991 if saved else 7, every, 0)
    assert finished == wanted, f"{optimizer}, a checkpoint every {every} updates"


@pytest.mark.parametrize("optimizer", ["sgd ramp", "rmsprop centered", "adamw"])
def test_a_run_killed_at_random_and_resumed_is_bit_equal(optimizer, tmp_path):
    check(optimizer, tmp_path, random.Random(optimizer), 2)


@pytest.mark.parametrize("every", [1, 8])
def test_a_run_killed_between_the_last_batch_and_the_end_of_its_epoch_is_bit_equal(every, tmp_path):
    wanted = in_process("adam", tmp_path / "through", 7, 3, 0)
    assert in_process("adam", tmp_path / "stopped", 7, every, -1) is None
    assert in_process("adam", tmp_path / "stopped", 991, every, 0) == wanted


@pytest.mark.slow
@pytest.mark.parametrize("optimizer", OPTIMIZERS)
@pytest.mark.parametrize("seed", range(4))
def test_a_hundred_random_stops_resume_bit_equal(optimizer, seed, tmp_path):
    check(optimizer, tmp_path, random.Random(f"{optimizer} {seed}"), 2)


if __name__ == "__main__":
    name, where, number, often, last = sys.argv[1:]
    print(run(name, where, int(number), int(often), int(last)))
