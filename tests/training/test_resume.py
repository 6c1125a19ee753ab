"""A run that was stopped anywhere and resumed is bit-equal to one that never stopped."""

import numpy as np
import pytest

import afina
from afina import layers, optimizers, schedules
from afina.callbacks import CSVLogger, EarlyStopping, LambdaCallback, ReduceLROnPlateau
from afina.errors import ArgumentError
from afina.training.shuffle import new_key, permutation

from .conftest import blobs

EPOCHS, BATCH = 4, 16
X, Y = blobs(count=80)  # five batches an epoch
OPTIMIZERS = {
    "sgd-momentum": lambda: optimizers.SGD(0.1, 0.9, decay=0.01),
    "sgd-ramp-cosine": lambda: optimizers.SGD(
        schedules.CosineDecay(0.1, 20), schedules.MomentumRamp(0.5, 0.9, 15)
    ),
    "rmsprop": lambda: optimizers.RMSprop(0.01, momentum=0.3, centered=True),
    "adam": lambda: optimizers.Adam(0.01, amsgrad=True),
    "adamw": lambda: optimizers.AdamW(0.01),
    "adadelta": optimizers.Adadelta,
    "adagrad": lambda: optimizers.Adagrad(0.1),
}


class StopHere(Exception):
    """The crash of the test."""


def make(optimizer):
    model = afina.Sequential(
        [
            layers.Dense(8, activation="relu", input_shape=(6,)),
            layers.Dropout(0.3),
            layers.Dense(3, activation="softmax"),
        ]
    )
    model.compile(OPTIMIZERS[optimizer](), "sparse_categorical_crossentropy", metrics=["accuracy"])
    return model


def run(optimizer, folder, seed, *, log=None, crash_at=None, source=None):
    """One process's worth of work: build, fit, maybe crash after update number `crash_at`."""
    afina.random.set_seed(seed)
    model = make(optimizer)
    done = []

    def count(batch, logs):
        done.append(batch)
        if len(done) == crash_at:
            raise StopHere

    callbacks = [
        LambdaCallback(on_train_batch_end=count),
        EarlyStopping(patience=50, restore="best"),
        ReduceLROnPlateau(factor=0.5, patience=1) if "ramp" not in optimizer else EarlyStopping(patience=40),
        *([CSVLogger(log)] if log else []),
    ]
    data = {"x": X, "y": Y, "batch_size": BATCH} if source is None else {"x": source()}
    history = model.fit(
        **data,
        epochs=EPOCHS,
        verbose=0,
        validation_data=(X[:24], Y[:24]),
        callbacks=callbacks,
        resume=folder,
        checkpoint_every=2,
    )
    return model, history, len(done)


def state_of(model):
    slots = [value.numpy().copy() for values in model.optimizer.slots.values() for value in values]
    return [weight.numpy().copy() for weight in model.weights] + slots


def check_equal(one, other):
    (model, history, _), (again, history_again, _) = one, other
    for a, b in zip(state_of(model), state_of(again), strict=True):
        np.testing.assert_array_equal(a, b)
    assert history.history == history_again.history
    assert history.epoch == history_again.epoch
    assert model.optimizer.get_state() == again.optimizer.get_state()


@pytest.mark.parametrize("optimizer", OPTIMIZERS)
def test_a_run_resumed_after_a_crash_is_bit_equal(optimizer, tmp_path):
    through = run(optimizer, tmp_path / "through", 7)
    state = afina.random.get_state()
    for crash_at in (3, 5, 8, 14):
        folder = tmp_path / str(crash_at)
        with pytest.raises(StopHere):
            run(optimizer, folder, 7, crash_at=crash_at)
        resumed = run(optimizer, folder, 12345)  # the seed of the new process does not matter
        check_equal(through, resumed)
        assert afina.random.get_state() == state
        assert resumed[2] < through[2]  # work was saved


def test_a_run_resumed_twice_is_bit_equal_and_so_is_its_log(tmp_path):
    through = run("adam", tmp_path / "through", 7, log=tmp_path / "through.csv")
    for crash_at in (6, 7):
        with pytest.raises(StopHere):
            run("adam", tmp_path / "twice", 7, log=tmp_path / "twice.csv", crash_at=crash_at)
    check_equal(through, run("adam", tmp_path / "twice", 7, log=tmp_path / "twice.csv"))
    assert (tmp_path / "twice.csv").read_text() == (tmp_path / "through.csv").read_text()


def test_a_loader_resumes_within_an_epoch(tmp_path):
    def source():
        return afina.data.Loader((X, Y), BATCH, shuffle=True, seed=3)

    through = run("adam", tmp_path / "through", 7, source=source)
    for crash_at in (4, 12):
        folder = tmp_path / str(crash_at)
        with pytest.raises(StopHere):
            run("adam", folder, 7, crash_at=crash_at, source=source)
        check_equal(through, run("adam", folder, 8, source=source))


def test_a_finished_run_is_not_trained_again(tmp_path):
    first = run("adam", tmp_path, 7)
    again = run("adam", tmp_path, 7)
    assert again[2] == 0
    check_equal(first, again)


def test_a_damaged_newest_checkpoint_falls_back_to_the_one_before(tmp_path):
    through = run("adam", tmp_path / "through", 7)
    with pytest.raises(StopHere):
        run("adam", tmp_path / "crash", 7, crash_at=8)
    files = sorted((tmp_path / "crash").glob("*.afina"))
    assert len(files) == 2
    files[-1].write_bytes(files[-1].read_bytes()[:-7])
    with pytest.warns(UserWarning, match=files[-1].name):
        resumed = run("adam", tmp_path / "crash", 7)
    check_equal(through, resumed)


def test_a_checkpoint_of_another_run_is_refused_and_changes_nothing(tmp_path):
    run("adam", tmp_path, 7)
    with pytest.raises(ArgumentError, match="trained by Adam, this run by SGD"):
        run("sgd-momentum", tmp_path, 7)
    model = afina.Sequential([layers.Dense(3, activation="softmax", input_shape=(6,))])
    model.compile("adam", "sparse_categorical_crossentropy")
    before = model.get_weights()
    with pytest.raises(ArgumentError, match="not this model's"):
        model.fit(X, Y, verbose=0, resume=tmp_path)
    for a, b in zip(before, model.get_weights(), strict=True):
        np.testing.assert_array_equal(a, b)


def test_an_order_is_a_function_of_key_and_epoch():
    key = (3, 5)
    first = permutation(key, 0, 1000)
    np.testing.assert_array_equal(first, permutation(key, 0, 1000))
    assert sorted(first.tolist()) == list(range(1000))
    assert not np.array_equal(first, permutation(key, 1, 1000))
    assert not np.array_equal(first, permutation((3, 6), 0, 1000))
    assert new_key() != new_key()


def test_the_order_does_not_change_with_the_version_of_the_library():
    np.testing.assert_array_equal(permutation((1, 2), 3, 8), [7, 3, 1, 6, 2, 4, 0, 5])
